// Texts are found by key, filled in, and chosen by number; moments are those of the server.

import assert from "node:assert/strict";
import { test } from "node:test";

import { either, t } from "../../crates/http/src/page/assets/texts.js";
import { clock, rfc3339 } from "../../crates/http/src/page/assets/moments.js";

test("a text is filled in, and a key that there is not is an error", () => {
  assert.equal(t("tokens.revoked", { name: "{name}" }), "{name} is revoked");
  assert.equal(t("tokens.shown", { count: 1 }), "One token is shown");
  assert.equal(t("tokens.shown", { count: 2 }), "2 tokens are shown");
  assert.throws(() => t("tokens.nothing"));
});

test("lists are part of a sentence", () => {
  assert.deepEqual(
    [either([]), either(["A"]), either(["A", "B"]), either(["A", "B", "C"])],
    ["", "A", "A or B", "A, B or C"],
  );
});

test("moments are written as the server writes them", () => {
  assert.equal(rfc3339("0"), "1970-01-01T00:00:00Z");
  assert.equal(rfc3339("18446744073709551615"), "18446744073709551615 seconds after 1970");
  assert.deepEqual([clock(1800), clock(65), clock(-3)], ["30:00", "1:05", "0:00"]);
});
