// What was asked for last is what is shown.

import assert from "node:assert/strict";
import { test } from "node:test";

import { show } from "../../crates/http/src/page/assets/widgets.js";

/** As much of an element as is used here. */
function element() {
  const attributes = new Map();
  return {
    attributes,
    children: [],
    dataset: {},
    setAttribute: (name, value) => attributes.set(name, value),
    removeAttribute: (name) => attributes.delete(name),
    addEventListener: () => {},
    append(...children) {
      this.children.push(...children);
    },
    replaceChildren(...children) {
      this.children = children;
    },
  };
}

globalThis.document = { createElement: element };

/** A load whose answer the test gives. */
function load() {
  let answer;
  const answered = new Promise((resolve, reject) => (answer = { resolve, reject }));
  const run = async (isLatest) => {
    run.isLatest = isLatest;
    return answered;
  };
  return Object.assign(run, answer);
}

test("an older search that is slower does not replace a newer one", async () => {
  const place = element();
  const [older, newer] = [load(), load()];
  const shows = [show(place, older), show(place, newer)];
  assert.deepEqual([older.isLatest(), newer.isLatest()], [false, true]);
  newer.resolve("newer");
  await shows[1];
  older.resolve("older");
  await shows[0];
  assert.deepEqual(place.children, ["newer"]);
  assert.equal(place.attributes.has("aria-busy"), false);
});

test("an older search that fails later does not hide a newer one", async () => {
  const place = element();
  const [older, newer] = [load(), load()];
  const shows = [show(place, older), show(place, newer)];
  newer.resolve("newer");
  await shows[1];
  older.reject(new Error("too late"));
  await shows[0];
  assert.deepEqual(place.children, ["newer"]);
});

test("an older search that comes first is not shown while a newer one is under way", async () => {
  const place = element();
  const [older, newer] = [load(), load()];
  const shows = [show(place, older), show(place, newer)];
  older.resolve("older");
  await shows[0];
  assert.notDeepEqual(place.children, ["older"]);
  assert.equal(place.attributes.get("aria-busy"), "true");
  newer.resolve("newer");
  await shows[1];
  assert.deepEqual(place.children, ["newer"]);
});

test("places do not get in each other's way", async () => {
  const [one, other] = [element(), element()];
  const [first, second] = [load(), load()];
  const shows = [show(one, first), show(other, second)];
  second.resolve("second");
  first.resolve("first");
  await Promise.all(shows);
  assert.deepEqual([one.children, other.children], [["first"], ["second"]]);
});
