// A session that is over stays over, whatever answers come later.

import assert from "node:assert/strict";
import { test } from "node:test";

import { makeSession } from "../../src/http/page/assets/session.js";

/** Answers each call when the test says so: by default at once. */
function server() {
  const held = [];
  const calls = [];
  let holds = false;
  globalThis.fetch = async (url, { signal, headers } = {}) => {
    calls.push({ url, authorization: headers?.authorization });
    if (holds) {
      await new Promise((resolve) => held.push(resolve));
    }
    // An answer that was held had come before the call was aborted.
    if (!holds) {
      signal?.throwIfAborted();
    }
    const body = url.endsWith("/temporary") ? { token: `token-${calls.length}` } : { username: "admin" };
    return new Response(JSON.stringify(body), { headers: { date: new Date().toUTCString() } });
  };
  return {
    calls,
    hold: () => (holds = true),
    /** Lets the calls that wait go on, until none waits any more. */
    async release() {
      while (held.length > 0) {
        held.shift()();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

async function signedIn() {
  const answers = server();
  const told = [];
  const session = makeSession((why) => told.push(why));
  await session.signIn("admin", "word");
  return { answers, told, session };
}

test("a renewal gives the session another token and the whole time", async () => {
  const { answers, session } = await signedIn();
  await session.renew("word");
  await session.call("GET", "/user");
  assert.equal(answers.calls.at(-1).authorization, "Bearer token-5");
});

for (const [name, end] of [
  ["a sign-out", "signOut"],
  ["the end of the session", "expire"],
]) {
  test(`a renewal that is under way does not survive ${name}`, async () => {
    const { answers, told, session } = await signedIn();
    answers.hold();
    const refused = assert.rejects(session.renew("word"), { name: "AbortError" });
    session[end]();
    await answers.release();
    await refused;
    assert.equal(session.user(), null);
    assert.equal(session.isOver(), false, "there is a token again");
    assert.equal(told.length, 2);
  });
}

test("a renewal does not give its token to who signs in meanwhile", async () => {
  const { answers, session } = await signedIn();
  answers.hold();
  const refused = assert.rejects(session.renew("word"), { name: "AbortError" });
  session.signOut();
  const next = session.signIn("other", "word");
  await answers.release();
  await refused;
  await next;
  const tokens = answers.calls.filter(({ authorization }) => authorization?.startsWith("Bearer"));
  const call = session.call("GET", "/user");
  await answers.release();
  await call;
  assert.equal(answers.calls.at(-1).authorization, tokens.at(-1).authorization);
});
