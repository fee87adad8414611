// The lines for a token are ones that can succeed, whatever limits it has.

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.location = { origin: "https://zone.example.org" };
const { recipes } = await import("../../crates/http/src/page/assets/recipes.js");
const { narrow, parse, write } = await import("../../crates/http/src/page/assets/macaroon.js");
import { served } from "./served.mjs";

/** A token with these caveats alone. */
async function token(...caveats) {
  const [{ token: text }] = served.tokens;
  return write(await narrow(parse(text), caveats));
}

const titles = ({ lines }) => lines.map(([title]) => title);

test("a token that this server accepts is used, by the variables that the command reads", { skip: served.skip }, async () => {
  for (const caveats of [
    [],
    ["time < 1893553440", "interface = rest", "ip = 127.0.0.0/8"],
    ["service = opw-x|ozw-onezone"],
    ["service = ozw-*", "service = ozw-onezone"],
    ["api = ozw/get/*.*.*:*"],
    ["api = ozw/create/token.*.*:*|all/all/user.*.instance:protected"],
  ]) {
    const { lines, note } = recipes(await token(...caveats), "act");
    assert.equal(note, null, caveats);
    assert.ok(lines[0][1].includes("X-Auth-Token"), caveats);
    const variables = [...lines[2][1].matchAll(/^export ([A-Z_]+)=/gm)].map(([, name]) => name);
    assert.deepEqual(variables, ["ONEZONE_HOST", "ONEZONE_API_KEY"]);
    assert.ok(lines[2][1].includes("'https://zone.example.org'"), "a name without a port is not this server");
  }
});

test("a token that its limits keep from this server is verified for what they name", { skip: served.skip }, async () => {
  for (const [caveats, curl, command] of [
    [["data.readonly"], '"allowDataAccessCaveats":true', "--data"],
    [["interface = oneclient"], '"interface":"oneclient"', "--interface oneclient"],
    [["http.method = PUT"], '"httpMethod":"PUT"', "--method PUT --http-path '/'"],
    [["http.path = /a'b/*"], "\"httpPath\":\"/a'\\''b/\"", "--http-path '/a'\\''b/'"],
    [["http.method = PUT|GET", "http.method = HEAD|GET"], '"httpMethod":"GET"', "--method GET"],
    [["http.path = /x|/a/b/*", "http.path = /a/*"], '"httpPath":"/a/b/"', "--http-path '/a/b/'"],
    [["api = ozw/create/token.*.*:*"], "verify_access_token", "tokens verify"],
    [["api = ozw/get/user.x.instance:protected"], "verify_access_token", "tokens verify"],
    [["api = ozw/get/user.*.instance:private"], "verify_access_token", "tokens verify"],
    [["api = ozw/get/*.*.*:*", "api = ozw/get/token.*.*:*"], "verify_access_token", "tokens verify"],
  ]) {
    const { lines } = recipes(await token(...caveats), "act");
    assert.ok(lines[0][1].includes(curl), `${caveats}: ${lines[0][1]}`);
    assert.ok(lines[2][1].includes(command), `${caveats}: ${lines[2][1]}`);
    assert.ok(!lines.some(([, text]) => text.includes("X-Auth-Token")), caveats);
  }
});

test("a token that nobody here can use has no lines", { skip: served.skip }, async () => {
  for (const [type, ...caveats] of [
    ["act", "service = opw-*"],
    ["act", "service = ozw-other"],
    ["act", "service = ozw-*", "service = ozw-other"],
    ["act", "consumer = usr-x"],
    ["act", "authorization = none"],
    ["act", "unheard = of"],
    ["act", "interface = rest", "interface = oneclient"],
    ["act", "http.method = GET", "http.method = PUT"],
    ["act", "http.path = /a/*", "http.path = /b"],
    ["idn", "consumer = usr-x"],
    ["idn", "unheard = of"],
    ["idn", "service = ozw-onezone"],
  ]) {
    assert.deepEqual(titles(recipes(await token(...caveats), type)), [], caveats);
  }
});

test("an identity token is shown to the server, never sent as a credential", { skip: served.skip }, async () => {
  const { lines } = recipes(await token("time < 1893553440", "interface = rest"), "idn");
  assert.ok(lines[0][1].includes("verify_identity_token"));
  assert.ok(lines[2][1].includes("--identity --interface rest"));
});
