// Paths of requests in the normal form that `http.path` caveats have (RFC 3986 section 6.2.2).

const LONGEST = 1024;
const PLAIN = /[A-Za-z0-9\-._~]/;
const ALLOWED = /[/!$&'()+,;=:@]/;

/** Reads what people write, as in `/status` or `/data/*`, and encodes what must be. Null for what no caveat may hold. */
export function readPattern(text) {
  const encoded = text.replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character));
  const isAll = encoded.endsWith("/*");
  const path = normal(isAll ? encoded.slice(0, -1) : encoded);
  const pattern = path === null || !isAll ? path : `${path}*`;
  return pattern !== null && pattern.length <= LONGEST ? pattern : null;
}

/** Whether text is a pattern in normal form already. */
export function isPattern(text) {
  return /^[\x21-\x7e]+$/.test(text) && readPattern(text) === text;
}

/** Null for a path that programs read differently. */
function normal(path) {
  let text = "";
  for (let at = 0; at < path.length; at += 1) {
    const isEncoded = path[at] === "%";
    const digits = path.slice(at + 1, at + 3);
    if (isEncoded && !/^[0-9A-Fa-f]{2}$/.test(digits)) {
      return null;
    }
    const code = isEncoded ? Number.parseInt(digits, 16) : path.charCodeAt(at);
    const character = String.fromCharCode(code);
    if (code < 32 || code === 127 || character === "\\" || (isEncoded && character === "/")) {
      return null;
    }
    if (PLAIN.test(character) || (!isEncoded && ALLOWED.test(character))) {
      text += character;
    } else if (isEncoded || "|*[]^".includes(character)) {
      text += `%${code.toString(16).toUpperCase().padStart(2, "0")}`;
    } else {
      return null;
    }
    at += isEncoded ? 2 : 0;
  }
  return text.startsWith("/") && text.slice(1).split("/").every(isClear) ? text : null;
}

/** Only the last component may be empty, and none is `.` or `..` before a `;`. */
function isClear(component, at, components) {
  const name = component.split(";")[0];
  return ["", ".", ".."].includes(name) ? component === "" && at === components.length - 1 : true;
}
