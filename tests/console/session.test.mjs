// A session that is over stays over, whatever answers come later.

import assert from "node:assert/strict";
import { test } from "node:test";

import { makeSession } from "../../crates/http/src/page/assets/session.js";

/** Answers each call when the test says so: by default at once. */
function server(ahead = 0) {
  const held = [];
  const calls = [];
  const refused = new Set();
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
    const status = refused.has(headers?.authorization) ? 401 : 200;
    const body = url.endsWith("/temporary")
      ? { token: `token-${calls.length}` }
      : url.endsWith("/get_current_time")
        ? { timeMillis: Date.now() + ahead }
        : { username: "admin" };
    // The time of a clock that the server does not believe.
    return new Response(JSON.stringify(body), { status, headers: { date: "Thu, 01 Jan 2099 00:00:00 GMT" } });
  };
  return {
    calls,
    refused,
    hold: () => (holds = true),
    /** The first call that waits: another moment lets it go on. */
    takeFirst: () => held.shift(),
    /** Lets the calls that wait go on, until none waits any more. */
    async release() {
      while (held.length > 0) {
        held.shift()();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

async function signedIn(ahead) {
  const answers = server(ahead);
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

test("a refusal of the token before a renewal does not end the session", async () => {
  const { answers, told, session } = await signedIn();
  answers.hold();
  answers.refused.add("Bearer token-2");
  const refused = assert.rejects(session.call("GET", "/user"), { status: 401 });
  const renewal = session.renew("word");
  // The call that began first is answered last.
  const first = answers.takeFirst();
  await answers.release();
  await renewal;
  first();
  await refused;
  assert.deepEqual(told, ["signed_in"]);
  answers.refused.add("Bearer token-6");
  const last = assert.rejects(session.call("GET", "/user"), { status: 401 });
  await answers.release();
  await last;
  assert.deepEqual(told, ["signed_in", "expired"]);
});

test("the session ends by the time that the server believes", async () => {
  const { session } = await signedIn(3_600_000);
  const ends = Math.floor(Date.now() / 1000) + 3600 + 30 * 60;
  assert.ok(Math.abs(session.until() - ends) <= 2, `${session.until()} ${ends}`);
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
