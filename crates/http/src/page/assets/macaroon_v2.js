// The binary form of version 2 of the format: fields of a type, a length as a varint, and so many bytes, in sections.
// Each token has one form, as the server has it: fields in one order, lengths in the fewest bytes, nothing behind.

import { Unreadable, check } from "./text.js";

const VERSION = 2;
const LOCATION = 1;
const IDENTIFIER = 2;
const VID = 4;
const SIGNATURE = 6;
const END = 0;

/** The fields of a token. `caveat` makes one of each `cid`, verification id and location, the last two null without a third party. */
export function readFields(bytes, caveat) {
  let at = 0;
  const expect = (byte) => {
    check(at < bytes.length, "truncated");
    check(bytes[at] === byte, "order");
    at += 1;
  };
  const required = (type) => {
    expect(type);
    const length = varint();
    check(at + length <= bytes.length, "truncated");
    at += length;
    return bytes.slice(at - length, at);
  };
  const optional = (type) => (bytes[at] === type ? required(type) : null);
  const varint = () => {
    let length = 0;
    for (let digit = 0; digit < 3; digit += 1) {
      check(at < bytes.length, "truncated");
      const byte = bytes[at];
      at += 1;
      length |= (byte & 127) << (7 * digit);
      if (byte < 128) {
        check(digit === 0 || byte !== 0, "length");
        return length;
      }
    }
    throw new Unreadable("length");
  };
  expect(VERSION);
  const location = optional(LOCATION);
  const identifier = required(IDENTIFIER);
  expect(END);
  const caveats = [];
  while (bytes[at] !== END) {
    const cl = optional(LOCATION);
    const cid = required(IDENTIFIER);
    const vid = optional(VID);
    expect(END);
    check((cl === null) === (vid === null), "order");
    caveats.push(caveat(cid, vid, cl, caveats.length));
  }
  expect(END);
  const signature = required(SIGNATURE);
  check(at === bytes.length, "trailing_data");
  return { location, identifier, caveats, signature };
}

/** The bytes of a token's fields, as `readFields` gives them. */
export function writeFields({ location, identifier, caveats, signature }) {
  const out = [VERSION];
  const put = (type, value) => {
    if (value === null) {
      return;
    }
    out.push(type);
    let rest = value.length;
    for (; rest > 127; rest >>= 7) {
      out.push((rest & 127) | 128);
    }
    out.push(rest, ...value);
  };
  put(LOCATION, location);
  put(IDENTIFIER, identifier);
  out.push(END);
  for (const { cid, vid, cl } of caveats) {
    put(LOCATION, cl);
    put(IDENTIFIER, cid);
    put(VID, vid);
    out.push(END);
  }
  out.push(END);
  put(SIGNATURE, signature);
  return Uint8Array.from(out);
}
