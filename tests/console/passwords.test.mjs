// A password stays in its field until it has done its work: after a refusal nothing is typed twice.

import assert from "node:assert/strict";
import { test } from "node:test";

import { spend } from "../../crates/http/src/page/assets/passwords.js";

function field(value) {
  return { input: { value, hasFocus: false, focus() { this.hasFocus = true; } } };
}

const refusal = (status) => Object.assign(new Error(), { status });

test("it goes when it has done its work", async () => {
  const one = field("word");
  assert.equal(await spend(one, async (given) => `used ${given}`), "used word");
  assert.equal(one.input.value, "");
});

test("it goes when it is wrong, and the field is where one types", async () => {
  const one = field("word");
  await assert.rejects(spend(one, () => Promise.reject(refusal(401))));
  assert.deepEqual([one.input.value, one.input.hasFocus], ["", true]);
});

test("it stays when something else is refused", async () => {
  for (const status of [0, 400, 403, 429, 503]) {
    const one = field("word");
    await assert.rejects(spend(one, () => Promise.reject(refusal(status))));
    assert.deepEqual([one.input.value, one.input.hasFocus], ["word", false], status);
  }
});
