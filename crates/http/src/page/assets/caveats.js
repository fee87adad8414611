// The language of caveats: each kind's text, its JSON and its words, as the server has them. A text that no kind reads is
// unknown, and no server honours a token that has one.
//
// A caveat here is an object with `kind` and `items` (a list of texts), `filter` for places, or `until` for time (digits).
// Where the next thing goes: a kind is an entry of KINDS, and a form in caveat_forms.js.

import { readNetwork } from "./addresses.js";
import { isPattern } from "./http_paths.js";
import { printable } from "./macaroon.js";
import { either, t } from "./texts.js";
import { rfc3339 } from "./moments.js";
import { fromBase64, toBase64 } from "./text.js";

export const REGIONS = ["Africa", "Antarctica", "Asia", "Europe", "EU", "NorthAmerica", "Oceania", "SouthAmerica"];
export const INTERFACES = ["rest", "oneclient", "graphsync"];
const SERVICE_TITLES = { ozw: "party.ozw", ozp: "party.ozp", opw: "party.opw", opp: "party.opp" };
const CONSUMER_TITLES = { usr: "party.usr", grp: "party.grp", prv: "party.prv" };
export const SERVICES = Object.keys(SERVICE_TITLES);
export const CONSUMERS = Object.keys(CONSUMER_TITLES);
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const OPERATIONS = ["create", "get", "update", "delete"];
const SCOPES = ["private", "protected", "shared", "public", "auto"];
const MOST = 2n ** 64n - 1n;
/** The latest end that a new caveat may have: the last second of the year 9999. */
const LATEST = 253402300799;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const exactly = (test) => (text) => (test(text) ? text : null);
const oneOf = (list) => exactly((text) => list.includes(text));
const party = (kinds) =>
  exactly((text) => {
    const [, kind, id] = /^([^-]*)-(.*)$/s.exec(text) ?? [];
    return kinds.includes(kind) && (id === "*" || isId(id, ","));
  });
const isAsn = (text) => /^(0|[1-9][0-9]*)$/.test(text) && BigInt(text) <= MOST;
const isMethod = (text) => /^[A-Z-]{1,32}$/.test(text);
const isCountry = (text) => new TextEncoder().encode(text).length === 2 && isId(text, " ");

/**
 * Each kind: what reads an item of its list (the text that is minted, or null), which JSON key holds the list, whether only access
 * tokens have it, and its words, with how an item is shown in them. A kind with `not` can also name what is not allowed, and one with
 * `text` has no other text. Three kinds also read other texts, as the server does.
 */
const KINDS = {
  time: { words: "caveat.time" },
  ip: { read: readWrittenNetwork, key: "whitelist", words: "caveat.ip" },
  asn: { read: exactly(isAsn), key: "whitelist", words: "caveat.asn" },
  "geo.country": { read: exactly(isCountry), key: "list", words: "caveat.country", not: "caveat.not_country" },
  "geo.region": { read: oneOf(REGIONS), key: "list", words: "caveat.region", not: "caveat.not_region" },
  service: { read: party(SERVICES), key: "whitelist", isAccess: true, words: "caveat.service", shown: partyWords },
  consumer: { read: party(CONSUMERS), key: "whitelist", words: "caveat.consumer", shown: partyWords },
  interface: { words: "caveat.interface" },
  api: { read: readOperation, key: "whitelist", isAccess: true, words: "caveat.api" },
  "data.readonly": { text: "data.readonly", isAccess: true, words: "caveat.readonly" },
  "data.path": {
    read: exactly((text) => pathOf(text) !== null),
    key: "whitelist",
    isAccess: true,
    words: "caveat.path",
    shown: (item) => quoted(pathOf(item)),
  },
  "http.method": { read: exactly(isMethod), key: "whitelist", isAccess: true, words: "caveat.method" },
  "http.path": {
    read: exactly(isPattern),
    key: "whitelist",
    isAccess: true,
    words: "caveat.http_path",
    shown: (item) => `"${item}"`,
  },
  "data.objectid": { read: readObjectId, key: "whitelist", isAccess: true, words: "caveat.object_id" },
  scope: { text: "authorization = none", isAccess: true, words: "caveat.scope" },
};

/** The kinds that a token of a type can carry: "act" for access, "idn" for identity. */
export function kindsFor(type) {
  return Object.keys(KINDS).filter((kind) => type === "act" || !KINDS[kind].isAccess);
}

/** Why a moment, in seconds since 1970, is no end of a new token: the key of a text, or null. */
export function wrongEnd(until, now) {
  if (Number.isNaN(until)) {
    return "limit.time_missing";
  }
  if (until <= now) {
    return "limit.time_past";
  }
  return until > LATEST ? "limit.time_late" : null;
}

/** Reads text as an item of a kind's list: the item as it is minted. Null if it is none. */
export function readItem(kind, text) {
  return KINDS[kind].read(text);
}

/** Reads a caveat's text. Null for a text of no kind. */
export function parseCaveat(text) {
  const bare = Object.keys(KINDS).find((one) => KINDS[one].text === text);
  if (bare !== undefined) {
    return { kind: bare };
  }
  const until = /^time < (0|[1-9][0-9]*)$/.exec(text)?.[1];
  if (until !== undefined) {
    return BigInt(until) <= MOST ? { kind: "time", until } : null;
  }
  const [, kind, operator, list] = /^([a-z.]+) (!?=) (.*)$/s.exec(text) ?? [];
  if (kind === "interface" && operator === "=") {
    return INTERFACES.includes(list) ? { kind, items: [list] } : null;
  }
  const { read, not } = Object.hasOwn(KINDS, kind ?? "") ? KINDS[kind] : {};
  if (read === undefined || (operator === "!=" && !not)) {
    return null;
  }
  const items = list.split("|").map(read);
  if (items.includes(null)) {
    return null;
  }
  return not ? { kind, filter: operator === "=" ? "whitelist" : "blacklist", items } : { kind, items };
}

/** The caveat in a token; null for one of a third party or of no kind. */
export function caveatIn({ cid, cl }) {
  return cl === null ? parseCaveat(printable(cid)) : null;
}

/** The text of a caveat, as it is minted. */
export function writeCaveat({ kind, items, until, filter }) {
  if (kind === "time") {
    return `time < ${until}`;
  }
  return KINDS[kind].text ?? `${kind} ${filter === "blacklist" ? "!=" : "="} ${items.join("|")}`;
}

/** Onezone's JSON form. */
export function toJson({ kind, items, until, filter }) {
  switch (kind) {
    case "time":
      return { type: kind, validUntil: Number(until) };
    case "interface":
      return { type: kind, interface: items[0] };
    case "data.readonly":
      return { type: kind };
    case "scope":
      return { scope: "identityToken" };
    case "asn":
      return { type: kind, whitelist: items.map(Number) };
    default:
      return { type: kind, ...(filter ? { filter } : {}), [KINDS[kind].key]: items };
  }
}

/** Reads what `toJson` or the server's `to_json` wrote. Null for JSON of no kind. */
export function fromJson(json) {
  if (json.type === undefined && json.scope === "identityToken") {
    return { kind: "scope" };
  }
  const kind = json.type;
  switch (kind) {
    case "time":
      return { kind, until: String(json.validUntil) };
    case "interface":
      return { kind, items: [json.interface] };
    case "data.readonly":
      return { kind };
    default: {
      const { key, not } = Object.hasOwn(KINDS, kind) ? KINDS[kind] : {};
      const items = json[key]?.map(String);
      return items === undefined ? null : { kind, ...(not ? { filter: json.filter } : {}), items };
    }
  }
}

/** What a caveat allows, as part of a sentence: the server's own words, in the reader's language. */
export function words({ kind, items = [], until = 0, filter }) {
  const { words: allowed, not, shown = (item) => item } = KINDS[kind];
  return t(filter === "blacklist" ? not : allowed, { list: either(items.map(shown)), moment: rfc3339(until) });
}

/** The earliest end of all time caveats, in seconds since 1970; null without one. */
export function validUntil(caveats) {
  const ends = caveats.filter((caveat) => caveat?.kind === "time").map((caveat) => Number(caveat.until));
  return ends.length === 0 ? null : Math.min(...ends);
}

/** The padded base64 of a path that is in canonical form, as in `/space/dir`; null for any other. */
export function encodePath(path) {
  return isCanonicalPath(path) ? toBase64(new TextEncoder().encode(path)) : null;
}

/** What people call a kind of service or consumer. */
export function partyTitle(kind) {
  return t({ ...SERVICE_TITLES, ...CONSUMER_TITLES }[kind]);
}

function partyWords(item) {
  const [, kind, id] = /^([^-]*)-(.*)$/s.exec(item);
  return id === "*" ? t("party.any", { kind: partyTitle(kind) }) : t("party.one", { kind: partyTitle(kind), id });
}

/** One address may stand without its mask. */
function readWrittenNetwork(text) {
  const network = readNetwork(text);
  return [text, `${text}/32`, `${text}/128`].includes(network) ? network : null;
}

function readObjectId(text) {
  return /^(?:[0-9A-Fa-f]{2}){1,328}$/.test(text) ? text.toUpperCase() : null;
}

/**
 * `service/operation/type.id.aspect:scope`, where the aspect may be followed by a comma and an id of its own. Without a scope it
 * is private.
 */
function readOperation(text) {
  const [, service, operation, type, id, aspects, scope = "private"] =
    /^([^/]*)\/([^/]*)\/([^.]*)\.([^.]*)\.([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  const [aspect, aspectId] = /^([^,]*)(?:,(.*))?$/s.exec(aspects ?? "").slice(1);
  const good =
    ["all", ...SERVICES].includes(service) &&
    ["all", ...OPERATIONS].includes(operation) &&
    (type === "*" || /^[A-Za-z0-9_-]{1,128}$/.test(type)) &&
    isId(id, "/:.") &&
    isId(aspect, "/:.") &&
    (aspectId === undefined || isId(aspectId, "/:,")) &&
    ["*", ...SCOPES].includes(scope);
  return good ? `${service}/${operation}/${type}.${id}.${aspects}:${scope}` : null;
}

/** Whether text is an id: what can be seen, with blanks inside, and without the characters that end it where it stands. */
function isId(text, ends) {
  const length = new TextEncoder().encode(text).length;
  const seen = /^(?:[ -~]|(?![\0-\x7f\u115f\u1160\u3164\uffa0])[\p{Alphabetic}\p{N}])*$/u.test(text);
  return length >= 1 && length <= 168 && seen && text.trim() === text && !["|", ...ends].some((end) => text.includes(end));
}

function pathOf(base64) {
  try {
    const path = utf8.decode(fromBase64(base64));
    return path.startsWith("/") && !path.endsWith("/") ? path : null;
  } catch {
    return null;
  }
}

function isCanonicalPath(path) {
  const [before, ...components] = path.split("/");
  const canonical = components.length > 0 && components.every((component) => !["", ".", ".."].includes(component));
  return before === "" && canonical && !/\p{Cc}/u.test(path);
}

/** Anybody can name a file: invisible characters are escaped. */
function quoted(path) {
  const named = { "\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r" };
  const unseen = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Grapheme_Extend}]|(?! )\p{Zs}/gu;
  const escaped = path
    .replace(/["\\]/g, "\\$&")
    .replace(unseen, (character) => named[character] ?? `\\u{${character.codePointAt(0).toString(16)}}`);
  return `"${escaped}"`;
}
