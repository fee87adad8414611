// Macaroons in both versions of the format: a strict parser, and confining by first-party caveats with WebCrypto's HMAC-SHA256.
// Nothing here is sent anywhere, and nothing is verified: that needs the server's key.

import { readFields, writeFields } from "./macaroon_v2.js";
import { ENCODINGS, Unreadable, check, decode, encode, foreign, unlessUnreadable } from "./text.js";

export { ENCODINGS, Unreadable, unlessUnreadable };

/** What the server accepts unless its settings say otherwise: characters, caveats, bytes of one caveat. */
export const SERVER_LIMITS = { text: 8 << 10, caveats: 1000, caveat: 0xffff - 9 };
/** What the format itself allows. */
export const FORMAT_LIMITS = { text: 1 << 20, caveats: Infinity, caveat: 0xffff };

const MAX_PACKET = 0xffff;
const SIGNATURE_LENGTH = 32;
const VID_LENGTH = 72;
const LF = 10;
const SPACE = 32;
// Identity tokens of a Oneprovider and of its panel carry these before the token itself.
const SERVICES = ["opw-", "opp-"];

const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const bytesOf = (text) => new TextEncoder().encode(text);

/** Reads a token's text. Throws `Unreadable`. */
export function parse(whole, limits = SERVER_LIMITS) {
  const prefix = SERVICES.find((service) => whole.startsWith(service)) ?? "";
  const text = whole.slice(prefix.length);
  check(text.length <= limits.text, "too_long", limits.text);
  try {
    const { encoding, bytes } = decode(text);
    const fields = encoding.version === 1 ? parsePackets(bytes, limits) : parseFields(bytes, limits);
    return { ...fields, encoding, prefix };
  } catch (error) {
    const form = foreign(text);
    throw form === null ? error : new Unreadable(form);
  }
}

/** Reads packets: location, identifier, caveats, signature, in this order, once each, and nothing after them. */
export function parsePackets(bytes, limits = SERVER_LIMITS) {
  const location = expect(next(bytes, 0), "location");
  const identifier = expect(next(bytes, location.end), "identifier");
  const caveats = [];
  let packet = next(bytes, identifier.end);
  while (packet.name === "cid") {
    const cid = packet.value;
    packet = next(bytes, packet.end);
    if (packet.name === "vid") {
      const cl = expect(next(bytes, packet.end), "cl");
      caveats.push(checkedCaveat(cid, packet.value, cl.value, caveats.length, limits));
      packet = next(bytes, cl.end);
    } else {
      caveats.push(checkedCaveat(cid, null, null, caveats.length, limits));
    }
  }
  expect(packet, "signature");
  check(packet.end === bytes.length, "trailing_data");
  return checked({ location: location.value, identifier: identifier.value, caveats, signature: packet.value });
}

/** Reads the fields of version 2. */
export function parseFields(bytes, limits = SERVER_LIMITS) {
  return checked(readFields(bytes, (cid, vid, cl, before) => checkedCaveat(cid, vid, cl, before, limits)));
}

function checkedCaveat(cid, vid, cl, before, limits) {
  check(before !== limits.caveats, "too_many_caveats", limits.caveats);
  check(cid.length !== 0, "empty_caveat");
  check(cid.length <= limits.caveat, "caveat_too_long", limits.caveat);
  check(vid === null || vid.length === VID_LENGTH, "verification_id");
  framed("cid", cid);
  return { cid, vid, cl: cl === null ? null : readable(cl) };
}

/** The location is null only in version 2. */
function checked({ location, identifier, caveats, signature }) {
  check(identifier.length !== 0, "empty_identifier");
  check(signature.length === SIGNATURE_LENGTH, "signature_length");
  return { location: location === null ? null : readable(location), identifier, caveats, signature };
}

/** A copy of the token with more first-party caveats, texts like "time < 5". */
export async function narrow(macaroon, caveats, limits = SERVER_LIMITS) {
  let signature = macaroon.signature;
  const all = [...macaroon.caveats];
  for (const caveat of caveats) {
    const cid = bytesOf(caveat);
    check(cid.length !== 0, "empty_caveat");
    // What cannot be seen would not survive being shown, logged or pasted.
    check(cid.every((byte) => byte >= SPACE && byte !== 127), "control_character");
    signature = await hmac(signature, cid);
    all.push({ cid, vid: null, cl: null });
  }
  const text = write({ ...macaroon, caveats: all, signature });
  // The same bounds as for reading, so that a token which would be refused is never handed out.
  return parse(text, limits);
}

/** The token's text, in the encoding and with the prefix that it was read with, or in another encoding. */
export function write(macaroon, encoding = macaroon.encoding) {
  const bytes = encoding.version === 1 ? writePackets(macaroon) : writeFields(inBytes(macaroon));
  return macaroon.prefix + encode(bytes, encoding);
}

function writePackets(macaroon) {
  const { location, identifier, caveats, signature } = inBytes(macaroon);
  check(location !== null, "no_location");
  const packets = caveats.flatMap(({ cid, vid, cl }) =>
    vid === null ? [framed("cid", cid)] : [framed("cid", cid), framed("vid", vid), framed("cl", cl)],
  );
  return concat(
    framed("location", location),
    framed("identifier", identifier),
    ...packets,
    framed("signature", signature),
  );
}

function inBytes({ location, identifier, caveats, signature }) {
  const orNull = (text) => (text === null ? null : bytesOf(text));
  return {
    location: orNull(location),
    identifier,
    caveats: caveats.map(({ cid, vid, cl }) => ({ cid, vid, cl: orNull(cl) })),
    signature,
  };
}

/** What a token's identifier claims: subject, kind, persistence. Null for an identifier that no version has. */
export function claims(identifier) {
  const text = decoded(identifier);
  if (text === null) {
    return null;
  }
  const parts = text.split("/");
  if (parts.length === 1) {
    return isId(text) ? { id: text, kind: "act", persistence: "named", generation: null, subject: null } : null;
  }
  const [version, persistence, subject, type, id] = parts;
  const temporary = /^tmp-(0|[1-9][0-9]{0,19})$/.exec(persistence ?? "");
  const who = /^(usr|prv)-(.*)$/s.exec(subject ?? "");
  const [kind] = (type ?? "").split(":");
  const isKind = /^[a-z]{3}$/.test(kind);
  const good = version === "2" && parts.length === 5 && (persistence === "nmd" || temporary) && who && isKind;
  if (!good || !isId(id) || !isId(who[2])) {
    return null;
  }
  return {
    id,
    kind,
    persistence: temporary ? "temporary" : "named",
    generation: temporary?.[1] ?? null,
    subject: { kind: who[1], id: who[2] },
  };
}

/** Bytes for people: UTF-8 as it is; control characters, what turns the direction of text, and other bytes escaped. */
export function printable(bytes) {
  const text = decoded(bytes);
  if (text === null) {
    return [...bytes].map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : escape(byte))).join("");
  }
  return text.replace(UNSEEN, (character) => escape(character.codePointAt(0)));
}

function escape(code) {
  const hex = code.toString(16);
  return code > 255 ? `\\u{${hex}}` : `\\x${hex.padStart(2, "0")}`;
}

function decoded(bytes) {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

function readable(bytes) {
  const text = decoded(bytes);
  check(text !== null, "location");
  return text;
}

function isId(text) {
  return /^[A-Za-z0-9_.@-]{1,128}$/.test(text);
}

function expect(found, name) {
  check(found.name === name, "order");
  return found;
}

function next(bytes, at) {
  const digits = String.fromCharCode(...bytes.subarray(at, at + 4));
  check(/^[0-9a-f]{4}$/.test(digits), "length");
  const end = at + Number.parseInt(digits, 16);
  check(end >= at + 4 && end <= bytes.length, "truncated");
  check(end !== at + 4 && bytes[end - 1] === LF, "terminator");
  const content = bytes.subarray(at + 4, end - 1);
  const space = content.indexOf(SPACE);
  check(space !== -1, "order");
  return { name: String.fromCharCode(...content.subarray(0, space)), value: content.slice(space + 1), end };
}

function framed(name, value) {
  const length = 4 + name.length + 1 + value.length + 1;
  check(length <= MAX_PACKET, "caveat_too_long", MAX_PACKET - 9);
  return concat(bytesOf(`${length.toString(16).padStart(4, "0")}${name} `), value, Uint8Array.of(LF));
}

function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function hmac(key, message) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}
