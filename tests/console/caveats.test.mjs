// Caveats are read, written and told in words as the server does.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  encodePath,
  fromJson,
  kindsFor,
  parseCaveat,
  toJson,
  validUntil,
  words,
  writeCaveat,
  wrongEnd,
} from "../../crates/http/src/page/assets/caveats.js";
import { readNetwork } from "../../crates/http/src/page/assets/addresses.js";
import { readPattern } from "../../crates/http/src/page/assets/http_paths.js";
import { KINDS_WITH_FORMS } from "../../crates/http/src/page/assets/caveat_forms.js";
import { served } from "./served.mjs";

const vectors = JSON.parse(readFileSync(new URL("../vectors/caveats.json", import.meta.url)));
/** Numbers beyond this lose digits in JSON as JavaScript reads it. */
const exact = ({ kind, json }) => kind !== "time" || Number.isSafeInteger(json.validUntil);

test("every caveat of the vectors is read, written the same, and is the same in JSON", () => {
  for (const row of vectors.accepted) {
    const caveat = parseCaveat(row.text);
    assert.notEqual(caveat, null, row.id);
    assert.equal(writeCaveat(caveat), row.text, row.id);
    if (exact(row)) {
      assert.deepEqual(toJson(caveat), row.json, row.id);
      assert.deepEqual(fromJson(row.json), caveat, row.id);
    }
  }
});

test("other texts that holders write are read, and minted as the server does", () => {
  const rows = vectors.accepted.filter(({ texts }) => texts !== undefined);
  assert.ok(rows.length > 3);
  for (const row of rows) {
    row.texts.forEach((text) => assert.equal(writeCaveat(parseCaveat(text)), row.text, text));
  }
});

test("every text that the server refuses is unknown here", () => {
  assert.ok(vectors.refused_texts.length > 100);
  for (const { id, text, text_hex: hex } of vectors.refused_texts) {
    if (hex === undefined) {
      assert.equal(parseCaveat(text), null, id);
    }
  }
});

test("the words are those of the vectors", () => {
  const told = vectors.accepted.filter((row) => row.words !== undefined);
  assert.ok(told.length > 20);
  told.forEach((row) => assert.equal(words(parseCaveat(row.text)), row.words, row.id));
});

test("the words of all caveats are those that the server says", { skip: served.skip }, () => {
  assert.ok(served.caveats.length > 100);
  served.caveats.forEach((row) => assert.equal(words(parseCaveat(row.text)), row.words, row.text));
});

test("a new end is a moment to come, and not one in milliseconds", () => {
  for (const [until, wrong] of [
    [NaN, "limit.time_missing"],
    [1800000000, "limit.time_past"],
    [1800000001, null],
    [253402300799, null],
    [253402300800, "limit.time_late"],
    [1830000000000, "limit.time_late"],
  ]) {
    assert.equal(wrongEnd(until, 1800000000), wrong, String(until));
  }
});

test("networks are written in the one spelling that the server reads", () => {
  for (const [given, written] of [
    ["192.0.2.7", "192.0.2.7/32"],
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["2001:DB8::/32", "2001:db8::/32"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1/128"],
    ["::", "::/128"],
    ["1:0:2:3:4:5:6:7/64", "1:0:2:3:4:5:6:7/64"],
    ["::1.2.3.4/128", "::102:304/128"],
    ["::ffff:0:0/90", "::ffff:0.0.0.0/90"],
  ]) {
    assert.equal(readNetwork(given), written, given);
    assert.notEqual(parseCaveat(`ip = ${written}`), null, written);
  }
  for (const wrong of [
    "",
    "10",
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4/33",
    "1.2.3.4/08",
    "::/129",
    ":::",
    "1::2::3",
    "1.2.3.4/8/8",
    "::ffff:1.2.3.4",
    "fe80::1%eth0",
    "1:2:3:4:5:6:7:8:9",
  ]) {
    assert.equal(readNetwork(wrong), null, wrong);
  }
});

test("paths are encoded only in canonical form", () => {
  assert.equal(encodePath("/space/dir"), "L3NwYWNlL2Rpcg==");
  for (const wrong of ["", "/", "a", "/a/", "//a", "/a/../b", "/a\n"]) {
    assert.equal(encodePath(wrong), null, wrong);
  }
});

test("the earliest end counts, and a token's type decides which limits it can have", () => {
  assert.equal(validUntil([{ kind: "time", until: "9" }, { kind: "scope" }, { kind: "time", until: "5" }]), 5);
  assert.equal(validUntil([]), null);
  assert.ok(kindsFor("act").includes("api") && !kindsFor("idn").includes("api"));
  assert.ok(kindsFor("act").includes("scope") && !kindsFor("idn").includes("scope"));
});

test("paths of requests are brought into normal form, and the same ones as the server's are refused", () => {
  for (const [given, written] of [
    ["/data/*", "/data/*"],
    ["/żółć a", "/%C5%BC%C3%B3%C5%82%C4%87%20a"],
    ["/%7ea%c3%a9", "/~a%C3%A9"],
    ["/a|b*c", "/a%7Cb%2Ac"],
  ]) {
    assert.equal(readPattern(given), written, given);
    assert.notEqual(parseCaveat(`http.path = ${written}`), null, written);
  }
  for (const wrong of ["", "a", "//", "/a/../b", "/..;x", "/a%2Fb", "/a%2", "/a?b", "/a\\b", `/${"a".repeat(1024)}`]) {
    assert.equal(readPattern(wrong), null, wrong);
  }
});

test("every kind that the server knows has a form", () => {
  assert.deepEqual(new Set(KINDS_WITH_FORMS), new Set(vectors.accepted.map(({ kind }) => kind)));
});
