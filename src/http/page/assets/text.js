// The text of a token: base64url without padding (RFC 4648 section 5), plain or escaped to alphanumerics ("base62").
// Each byte string has exactly one text in each alphabet; every other spelling is refused, as the server does.

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));
const ESCAPES = { 0: "00", _: "01", "-": "02" };
const UNESCAPES = { "00": "0", "01": "_", "02": "-" };

// Where base64url puts `cation` of `location`, the name of every token's first packet. Base62 has an escaped 0 there.
const LOCATION_AT = 8;
const LOCATION_TEXT = "Y2F0aW9u";

/** What is wrong with a token's text or packets. `rule` names the rule that is broken, never the content. */
export class Unreadable extends Error {
  constructor(rule, limit = null) {
    super(rule);
    this.rule = rule;
    this.limit = limit;
  }
}

/** The bytes of a text, and the alphabet that it is written in: "base62" or "base64url". */
export function decode(text) {
  const alphabet = text.startsWith(LOCATION_TEXT, LOCATION_AT) ? "base64url" : "base62";
  return { alphabet, bytes: fromBase64url(alphabet === "base62" ? unescape62(text) : text) };
}

export function encode(bytes, alphabet) {
  const base64url = toBase64url(bytes);
  return alphabet === "base62" ? base64url.replace(/[0_-]/g, (digit) => ESCAPES[digit]) : base64url;
}

export function toBase64url(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = Math.min(3, bytes.length - at);
    const group = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let digit = 0; digit <= left; digit += 1) {
      text += DIGITS[(group >> (18 - 6 * digit)) & 63];
    }
  }
  return text;
}

export function fromBase64url(text) {
  if (text.length % 4 === 1) {
    throw new Unreadable("base64");
  }
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let group = 0;
  let bits = 0;
  let end = 0;
  for (const digit of text) {
    const value = VALUES.get(digit);
    if (value === undefined) {
      throw new Unreadable("base64");
    }
    group = ((group << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[end] = (group >> bits) & 0xff;
      end += 1;
    }
  }
  // Bits after the last byte would be a second spelling of the same bytes.
  if ((group & ((1 << bits) - 1)) !== 0) {
    throw new Unreadable("base64");
  }
  return bytes;
}

/** Base64 with padding and the standard alphabet, as `data.path` and HTTP Basic have it. */
export function toBase64(bytes) {
  const text = toBase64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text + "=".repeat((4 - (text.length % 4)) % 4);
}

/** Takes back what `toBase64` gave, and refuses every other spelling. */
export function fromBase64(text) {
  const digits = text.replace(/={1,2}$/, "");
  if (/[-_]/.test(digits)) {
    throw new Unreadable("base64");
  }
  const bytes = fromBase64url(digits.replaceAll("+", "-").replaceAll("/", "_"));
  if (toBase64(bytes) !== text) {
    throw new Unreadable("base64");
  }
  return bytes;
}

function unescape62(text) {
  if (!/^(?:[1-9A-Za-z]|0[012])*$/.test(text)) {
    throw new Unreadable("base62");
  }
  return text.replace(/0[012]/g, (escape) => UNESCAPES[escape]);
}
