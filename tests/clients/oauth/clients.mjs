// Clients of OAuth for Node: each finds the endpoints, gets a token without and with a scope, uses, introspects and revokes
// it, and is refused. Takes a client's name; prints a line a case.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const modules = process.env.ZONEMINT_NODE;
const require = createRequire(modules + "/");
const { ZONEMINT_URL, ZONEMINT_USER: name, ZONEMINT_PASSWORD: password } = process.env;
const packageOf = (name) => JSON.parse(readFileSync(`${modules}/node_modules/${name}/package.json`));
const load = (name, file) => import(`file://${modules}/node_modules/${name}/${file}`);
const user = `${ZONEMINT_URL}/api/v3/onezone/user`;
const scope = "data.readonly";

async function show(name, run) {
  let outcome;
  try {
    outcome = await run();
  } catch (error) {
    const { status, error: code, error_description: text, response } = error;
    const payload = error.data?.payload;
    // A challenge is an error of its own in these libraries; the answer's text comes with it.
    if (response && !response.bodyUsed) {
      const told = await response.json();
      outcome = `${status} ${told.error}: ${told.error_description} (${error.name})`;
    } else if (code) outcome = `${status} ${code}: ${text}`;
    else if (payload) outcome = `${error.output.statusCode} ${payload.error}: ${payload.error_description}`;
    else if (error.data?.isResponseError) outcome = `${error.data.res.statusCode} ${JSON.stringify(payload)}`;
    else outcome = `${error.name}: ${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ""}`;
  }
  console.log(`${name}\t${outcome.replaceAll("\n", " ")}`);
}
const granted = (answer) => `token, ${answer.scope ? `scope ${answer.scope}` : "no scope"}`;
const used = async (token) => {
  const answer = await fetch(user, { headers: { Authorization: `Bearer ${token}` } });
  return `${answer.status} ${await answer.text()}`;
};

const clients = {
  oauth4webapi: async () => {
    const oauth = await load("oauth4webapi", "build/index.js");
    const issuer = new URL(ZONEMINT_URL);
    let server, token;
    await show("discovery", async () => {
      const answer = await oauth.discoveryRequest(issuer, { algorithm: "oauth2" });
      server = await oauth.processDiscoveryResponse(issuer, answer);
      return server.issuer === ZONEMINT_URL ? "found" : server.issuer;
    });
    const client = { client_id: name };
    const ask = async (authentication, parameters) => {
      const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters);
      return oauth.processClientCredentialsResponse(server, client, answer);
    };
    const ways = { Basic: oauth.ClientSecretBasic(password), body: oauth.ClientSecretPost(password) };
    for (const [how, authentication] of Object.entries(ways)) {
      await show(`mint by ${how}`, async () => {
        const answer = await ask(authentication, {});
        token = answer.access_token;
        return granted(answer);
      });
    }
    await show("use", () => used(token));
    await show("mint with a scope", async () => granted(await ask(ways.Basic, { scope })));
    const introspect = async (additionalParameters) => {
      const answer = await oauth.introspectionRequest(server, client, ways.body, token, { additionalParameters });
      const told = await oauth.processIntrospectionResponse(server, client, answer);
      return told.active ? `active, ${told.username}` : "not active";
    };
    await show("introspect", () => introspect({}));
    await show("introspect, enforces=api", () => introspect({ enforces: "api" }));
    await show("revoke", async () => {
      const answer = await oauth.revocationRequest(server, client, ways.body, token);
      return (await oauth.processRevocationResponse(answer)) ?? "done";
    });
    await show("refused", () => ask(oauth.ClientSecretBasic("wrong"), {}).then(granted));
  },
  "openid-client": async () => {
    const openid = await load("openid-client", "build/index.js");
    const configured = (authentication, algorithm) =>
      openid.discovery(new URL(ZONEMINT_URL), name, undefined, authentication, { algorithm });
    await show("discovery as OpenID Connect", () => configured(openid.ClientSecretBasic(password), "oidc").then(() => "found"));
    let basic, token;
    await show("discovery", async () => {
      basic = await configured(openid.ClientSecretBasic(password), "oauth2");
      return "found";
    });
    const mint = async (configuration) => {
      const answer = await openid.clientCredentialsGrant(configuration, {});
      token = answer.access_token;
      return granted(answer);
    };
    await show("mint by Basic", () => mint(basic));
    await show("mint by body", async () => mint(await configured(openid.ClientSecretPost(password), "oauth2")));
    await show("use", () => used(token));
    await show("mint with a scope", () => openid.clientCredentialsGrant(basic, { scope }).then(granted));
    const introspect = async (parameters) => {
      const told = await openid.tokenIntrospection(basic, token, parameters);
      return told.active ? `active, ${told.username}` : "not active";
    };
    await show("introspect", () => introspect({}));
    await show("introspect, enforces=api", () => introspect({ enforces: "api" }));
    await show("revoke", async () => (await openid.tokenRevocation(basic, token)) ?? "done");
    await show("refused", async () => mint(await configured(openid.ClientSecretBasic("wrong"), "oauth2")));
  },
  "simple-oauth2": async () => {
    const { ClientCredentials, ResourceOwnerPassword } = require("simple-oauth2");
    const auth = { tokenHost: ZONEMINT_URL, tokenPath: "/oauth/token", revokePath: "/oauth/revoke" };
    const configured = (secret, options) => ({ client: { id: name, secret }, auth, options });
    const ways = { Basic: {}, "Basic, loose": { credentialsEncodingMode: "loose" }, body: { authorizationMethod: "body" } };
    let access;
    for (const [how, options] of Object.entries(ways)) {
      await show(`mint by ${how}`, async () => {
        access = await new ClientCredentials(configured(password, options)).getToken({});
        return granted(access.token);
      });
    }
    await show("mint by the password grant", async () => {
      const grant = new ResourceOwnerPassword(configured(password, ways.body));
      return granted((await grant.getToken({ username: name, password })).token);
    });
    await show("use", () => used(access.token.access_token));
    const post = new ClientCredentials(configured(password, ways.body));
    await show("mint with a scope", async () => granted((await post.getToken({ scope })).token));
    await show("revoke", async () => JSON.stringify(await access.revoke("access_token")));
    await show("refused", async () => granted((await new ClientCredentials(configured("wrong", {})).getToken({})).token));
  },
};

const chosen = process.argv[2];
console.log(`version\t${packageOf(chosen).version}`);
await clients[chosen]();
