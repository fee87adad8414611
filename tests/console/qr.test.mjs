// QR codes are those that another library makes, up to the largest version.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { qrCode } from "../../crates/http/src/page/assets/qr.js";
import { alignments, codewords } from "../../crates/http/src/page/assets/qr_tables.js";

const { codes } = JSON.parse(readFileSync(new URL("qr.json", import.meta.url)));
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function textOf(length) {
  return Array.from({ length }, (_, at) => LETTERS[(at * at * 7 + at * 13 + length) % LETTERS.length]).join("");
}

function digest(modules) {
  const rows = modules.map((row) => row.map((dark) => (dark ? "1" : "0")).join(""));
  return createHash("sha256").update(rows.join("\n")).digest("hex");
}

for (const { length, level, version, mask, sha256 } of codes) {
  test(`version ${version}-${level} with mask ${mask} is the one that another library makes`, () => {
    const modules = qrCode(textOf(length), { level, mask });
    assert.equal((modules.length - 17) / 4, version);
    assert.equal(digest(modules), sha256);
  });
}

test("capacities and alignment patterns are those of the standard's tables", () => {
  assert.deepEqual([1, 2, 7, 14, 40].map(codewords), [26, 44, 196, 581, 3706]);
  assert.deepEqual(alignments(1), []);
  assert.deepEqual(alignments(7), [6, 22, 38]);
  assert.deepEqual(alignments(32), [6, 34, 60, 86, 112, 138]);
  assert.deepEqual(alignments(40), [6, 30, 58, 86, 114, 142, 170]);
});

test("the mask that is chosen is one of the eight", () => {
  const chosen = digest(qrCode("a token", { level: "M" }));
  const all = [0, 1, 2, 3, 4, 5, 6, 7].map((mask) => digest(qrCode("a token", { level: "M", mask })));
  assert.ok(all.includes(chosen));
  assert.equal(new Set(all).size, 8);
});

test("what does not fit into the largest version is told", () => {
  assert.notEqual(qrCode("x".repeat(2953)), null);
  assert.equal(qrCode("x".repeat(2954)), null);
});
