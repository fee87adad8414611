// HTTP clients of Node: each mints, uses the token, and is refused. Takes a client's name; prints a line a case.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.env.ZONEMINT_NODE + "/");
const { ZONEMINT_URL, ZONEMINT_USER: username, ZONEMINT_PASSWORD: password, NODE_EXTRA_CA_CERTS } = process.env;
const mint = `${ZONEMINT_URL}/api/v3/onezone/user/client_tokens`;
const user = `${ZONEMINT_URL}/api/v3/onezone/user`;
const basic = (secret) => "Basic " + Buffer.from(`${username}:${secret}`).toString("base64");
const version = (name) => JSON.parse(readFileSync(`${process.env.ZONEMINT_NODE}/node_modules/${name}/package.json`)).version;
const text = (body) => (typeof body === "string" ? body : JSON.stringify(body));

const clients = {
  fetch: async () => {
    const ask = async (url, options) => {
      const answer = await fetch(url, options);
      return [answer.status, await answer.text()];
    };
    return {
      version: process.versions.node,
      mint: () => ask(mint, { method: "POST", headers: { Authorization: basic(password) } }),
      use: (token) => ask(user, { headers: { Authorization: `Bearer ${token}` } }),
      refused: () => ask(mint, { method: "POST", headers: { Authorization: basic("wrong") }, body: "{}" }),
    };
  },
  axios: async () => {
    const axios = require("axios");
    const ask = (promise) => promise.then((r) => r, (error) => error.response).then((r) => [r.status, text(r.data)]);
    return {
      version: version("axios"),
      // Its documentation's order: address, body, options. Without a body its own content type is the form's.
      mint: () => ask(axios.post(mint, null, { auth: { username, password } })),
      "mint with {}": () => ask(axios.post(mint, {}, { auth: { username, password } })),
      use: (token) => ask(axios.get(user, { headers: { "X-Auth-Token": token } })),
      refused: () => ask(axios.post(mint, {}, { auth: { username, password: "wrong" } })),
    };
  },
  got: async () => {
    const { default: got } = await import(`file://${process.env.ZONEMINT_NODE}/node_modules/got/dist/source/index.js`);
    const ask = (promise) => promise.then((r) => r, (error) => error.response).then((r) => [r.statusCode, text(r.body)]);
    const clients = { "": got, " over HTTP/2": got.extend({ http2: true }) };
    const cases = { version: version("got") };
    for (const [how, client] of Object.entries(clients)) {
      cases[`mint${how}`] = () => ask(client.post(mint, { username, password, json: {} }));
      cases[`use${how}`] = (token) => ask(client(user, { headers: { authorization: `Bearer ${token}` } }));
      cases[`refused${how}`] = () => ask(client.post(mint, { username, password: "wrong", json: {} }));
    }
    return cases;
  },
};

const { version: number, ...cases } = await clients[process.argv[2]]();
console.log(`version\t${number}`);
let token;
for (const [name, run] of Object.entries(cases)) {
  let outcome;
  try {
    const [status, body] = await run(token);
    if (name.startsWith("mint") && status === 200) token = JSON.parse(body).token;
    outcome = `${status} ${body}`;
  } catch (error) {
    outcome = `${error.name}: ${error.message}`;
  }
  console.log(`${name}\t${outcome}`);
}
