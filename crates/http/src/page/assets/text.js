// The text of a token: base64 (RFC 4648 sections 4 and 5), or base64url escaped to alphanumerics ("base62").
// Each byte string has exactly one text in each encoding; every other spelling is refused, as the server does.

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));
const ESCAPES = { 0: "00", _: "01", "-": "02" };
const UNESCAPES = { "00": "0", "01": "_", "02": "-" };

// Where base64 puts `cation` of `location`, the name of every token's first packet. Base62 has an escaped 0 there.
const LOCATION_AT = 8;
const LOCATION_TEXT = "Y2F0aW9u";
// What base64 makes of the first byte of version 2. A text of version 1 never starts with an A.
const V2_TEXT = "Ag";

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

/** The bytes of a text, and the encoding that it is in: version, alphabet ("base62", "base64url", "base64") and padding. */
export function decode(text) {
  const version = text.startsWith(V2_TEXT) ? 2 : 1;
  if (version === 1 && !text.startsWith(LOCATION_TEXT, LOCATION_AT)) {
    return { encoding: ENCODINGS.onezone, bytes: fromBase64url(unescape62(text)) };
  }
  const encoding = { version, alphabet: /[+/]/.test(text) ? "base64" : "base64url", padded: text.endsWith("=") };
  const digits = text.replace(/=+$/, "");
  if (encoding.alphabet === "base64" && /[-_]/.test(digits)) {
    throw new Unreadable("base64");
  }
  const bytes = fromBase64url(digits.replaceAll("+", "-").replaceAll("/", "_"));
  if (encode(bytes, encoding) !== text) {
    throw new Unreadable("base64");
  }
  return { encoding, bytes };
}

export function encode(bytes, { alphabet, padded }) {
  const base64url = toBase64url(bytes);
  if (alphabet === "base62") {
    return base64url.replace(/[0_-]/g, (digit) => ESCAPES[digit]);
  }
  const digits = alphabet === "base64" ? base64url.replaceAll("-", "+").replaceAll("_", "/") : base64url;
  return padded ? digits + "=".repeat((4 - (digits.length % 4)) % 4) : digits;
}

/** The form of other software that a text is in, which cannot be read: "json", "lines" or null. */
export function foreign(text) {
  const [one, two] = [...text.trimStart().slice(0, 2)];
  const value = (digit) => VALUES.get(digit) ?? 0;
  // A JSON web token starts likewise, but has dots.
  const decoded = text.includes(".") ? "" : String.fromCharCode((value(one) << 2) | (value(two) >> 4));
  if ("{[".includes(one) || decoded === "{" || decoded === "[") {
    return "json";
  }
  return /[\r\n]/.test(text) ? "lines" : null;
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
  return encode(bytes, { alphabet: "base64", padded: true });
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
