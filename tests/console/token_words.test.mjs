// Before its end a token is marked, by the rule that the command line has too.

import assert from "node:assert/strict";
import { test } from "node:test";

import { markOf, nameOf } from "../../crates/http/src/page/assets/views/token_words.js";

const DAY = 86400;

test("a token is marked 30, 7 and 1 days before its end", () => {
  const end = 400 * DAY;
  for (const [left, days] of [
    [31, null],
    [30, 30],
    [8, 30],
    [7, 7],
    [2, 7],
    [1, 1],
    [0, 1],
  ]) {
    assert.equal(markOf(0, end, end - left * DAY)?.[0] ?? null, days, `${left} days before`);
  }
});

test("a token that was made to live a short while ends as it was meant to", () => {
  for (const [life, left, days] of [
    [0.5, 0.5, null],
    [3, 3, null],
    [3, 1, 1],
    [30, 29, null],
    [30, 7, 7],
    [31, 30, 30],
  ]) {
    assert.equal(markOf(0, life * DAY, (life - left) * DAY)?.[0] ?? null, days, `${left} of ${life} days`);
  }
});

test("a token without a name is called by the beginning of its id", () => {
  assert.equal(nameOf({ name: "laptop", id: "01a22b82da74666ca97790" }), "laptop");
  assert.equal(nameOf({ name: null, id: "01a22b82da74666ca97790" }), "Unnamed 01a22b82da7466…");
});
