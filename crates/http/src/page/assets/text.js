// The text of a token: base64 (RFC 4648 sections 4 and 5), or base64url escaped to alphanumerics ("base62").
// Each byte string has exactly one text in each encoding; every other spelling is refused, as the server does.

const ESCAPES = { 0: "00", _: "01", "-": "02" };
const UNESCAPES = { "00": "0", "01": "_", "02": "-" };

// Where base64 puts `cation` of `location`, the name of every token's first packet. Base62 has an escaped 0 there.
const LOCATION_AT = 8;
const LOCATION_TEXT = "Y2F0aW9u";
// What base64 makes of the first byte of version 2. A text of version 1 never starts with an A.
const V2_TEXT = "Ag";

const BASE64 = { alphabet: "base64", padded: true };

/** The encodings that a token may be written in, by the names that the server has for them. */
export const ENCODINGS = {
  onezone: { version: 1, alphabet: "base62", padded: false },
  base64url: { version: 1, alphabet: "base64url", padded: false },
  v2: { version: 2, alphabet: "base64url", padded: false },
};

/** What is wrong with a token's text or packets. `rule` names the rule that is broken, never the content. */
export class Unreadable extends Error {
  constructor(rule, limit = null) {
    super(rule);
    this.rule = rule;
    this.limit = limit;
  }
}

/** Throws `Unreadable` with the rule unless it holds. */
export function check(holds, rule, limit) {
  if (!holds) {
    throw new Unreadable(rule, limit);
  }
}

/** What `work` gives; null if it throws `Unreadable`. */
export function unlessUnreadable(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unreadable) {
      return null;
    }
    throw error;
  }
}

/** The bytes of a text, and the encoding that it is in: version, alphabet ("base62", "base64url", "base64") and padding. */
export function decode(text) {
  const version = text.startsWith(V2_TEXT) ? 2 : 1;
  const encoding =
    version === 1 && !text.startsWith(LOCATION_TEXT, LOCATION_AT)
      ? ENCODINGS.onezone
      : { version, alphabet: /[+/]/.test(text) ? "base64" : "base64url", padded: text.endsWith("=") };
  return { encoding, bytes: bytesOf(text, encoding) };
}

export function encode(bytes, { alphabet, padded }) {
  const padding = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const base64 = padded ? padding : padding.replace(/=+$/, "");
  if (alphabet === "base64") {
    return base64;
  }
  const base64url = base64.replaceAll("+", "-").replaceAll("/", "_");
  return alphabet === "base62" ? base64url.replace(/[0_-]/g, (digit) => ESCAPES[digit]) : base64url;
}

/** The bytes of a text that `encode` wrote. Throws `Unreadable` for every other text. */
export function bytesOf(text, encoding) {
  const is62 = encoding.alphabet === "base62";
  const base64 = is62 ? text.replace(/0[012]/g, (escape) => UNESCAPES[escape]) : text;
  const bytes = decoded(base64);
  // `atob` skips whitespace and takes texts with wrong padding or bits after the last byte.
  check(bytes !== null && encode(bytes, encoding) === text, is62 ? "base62" : "base64");
  return bytes;
}

/** The form of other software that a text is in, which cannot be read: "json", "lines" or null. */
export function foreign(text) {
  const start = text.trimStart();
  // A JSON web token starts with an encoded brace too, but has dots.
  const code = text.includes(".") ? undefined : decoded(start.slice(0, 2))?.[0];
  if (/^[{[]/.test(start) || code === 0x7b || code === 0x5b) {
    return "json";
  }
  return /[\r\n]/.test(text) ? "lines" : null;
}

/** Base64 with padding and the standard alphabet, as `data.path` and HTTP Basic have it. */
export function toBase64(bytes) {
  return encode(bytes, BASE64);
}

/** The bytes of a text that `toBase64` wrote. Throws `Unreadable` for every other text. */
export function fromBase64(text) {
  return bytesOf(text, BASE64);
}

/** Null for a text that is no base64 of either alphabet. */
function decoded(text) {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
  } catch {
    return null;
  }
}
