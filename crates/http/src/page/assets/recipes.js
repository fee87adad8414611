// Lines that use a token: for curl, Python and the `zonemint` command. Each is one that can succeed: where the token's limits keep
// it from this server's own API, the lines ask the server whether it is good for what the limits name.

import { kindsFor, parseCaveat } from "./caveats.js";
import { FORMAT_LIMITS, Unreadable, parse, printable } from "./macaroon.js";
import { t } from "./texts.js";

/** Limits that another server enforces: it takes the token to that one's data. */
const DATA = ["data.readonly", "data.path", "data.objectid"];
/** Limits that say nothing about what the request is. */
const ANYWHERE = ["time", "ip", "asn", "geo.country", "geo.region"];
/** Limits that who verifies takes as they are. */
const TAKEN = [...ANYWHERE, ...DATA, "api"];
/** Operations, among them the one that shows who one is. */
const SHOWS_USER = /^(?:all|ozw)\/(?:all|get)\/(?:\*|user)\.\*\.(?:\*|instance):(?:\*|protected)$/;

/** [title, lines] of each, and what to know about them; no lines for a token that is of no use here. `type` is "act" or "idn". */
export function recipes(token, type) {
  const caveats = caveatsOf(token);
  if (type === "act" && caveats.every(isMetHere)) {
    return { lines: using(token), note: null };
  }
  if (!caveats.every((caveat) => kindsFor(type).includes(caveat?.kind) && isToldOf(caveat, caveats))) {
    return { lines: [], note: t("secret.elsewhere") };
  }
  return type === "idn"
    ? { lines: asking(token, "identity", caveats), note: t("secret.verify_identity") }
    : { lines: asking(token, "access", caveats), note: t("secret.verify_access") };
}

function caveatsOf(token) {
  try {
    const { caveats } = parse(token, FORMAT_LIMITS);
    return caveats.map(({ cid, cl }) => (cl === null ? parseCaveat(printable(cid)) : null));
  } catch (error) {
    if (error instanceof Unreadable) {
      return [];
    }
    throw error;
  }
}

/** Whether a request of this server's API for the token's account can meet the limit. */
function isMetHere(caveat) {
  switch (caveat?.kind) {
    case "interface":
      return caveat.items[0] === "rest";
    case "service":
      return isForThisServer(caveat);
    case "api":
      return caveat.items.some((operation) => SHOWS_USER.test(operation));
    default:
      return ANYWHERE.includes(caveat?.kind);
  }
}

/** Whether who verifies can say what meets the limit and all others of its kind. */
function isToldOf(caveat, caveats) {
  switch (caveat.kind) {
    case "interface":
    case "http.method":
    case "http.path":
      return inAll(caveats, caveat.kind) !== undefined;
    case "service":
      return isForThisServer(caveat);
    default:
      return TAKEN.includes(caveat.kind);
  }
}

function isForThisServer({ items }) {
  return items.includes("ozw-onezone") || items.includes("ozw-*");
}

/** What all limits of a kind allow; undefined if there is nothing. Only paths end in `*`, for everything that begins like them. */
function inAll(caveats, kind) {
  const lists = caveats.filter((caveat) => caveat?.kind === kind).map(({ items }) => items);
  const allows = (item, one) => item === one || (item.endsWith("*") && one.startsWith(item.slice(0, -1)));
  return lists
    .flat()
    .map((item) => item.replace(/\*$/, ""))
    .find((one) => lists.every((items) => items.some((item) => allows(item, one))));
}

function using(token) {
  const url = `${location.origin}/api/v3/onezone/user`;
  return [
    [t("secret.curl"), `curl -H 'X-Auth-Token: ${token}' \\\n  ${url}`],
    [
      t("secret.python"),
      [
        "import json, urllib.request",
        "",
        `request = urllib.request.Request("${url}")`,
        `request.add_header("X-Auth-Token", "${token}")`,
        "print(json.load(urllib.request.urlopen(request)))",
      ].join("\n"),
    ],
    [
      t("secret.environment"),
      `export ONEZONE_HOST='${location.origin}'\nexport ONEZONE_API_KEY='${token}'\nzonemint whoami`,
    ],
  ];
}

/** The token is in the body: whoever is shown it asks the server whose it is, and whether it is good. */
function asking(token, type, caveats) {
  const url = `${location.origin}/api/v3/onezone/tokens/verify_${type}_token`;
  const use = useOf(caveats);
  const body = { token, ...use.body };
  const python = Object.entries(body).map(([key, value]) => `"${key}": ${value === true ? "True" : JSON.stringify(value)}`);
  const options = [type === "identity" ? "--identity" : null, ...use.options, "--host", quoted(location.origin)];
  return [
    [t("secret.curl"), `curl -H 'content-type: application/json' -d ${quoted(JSON.stringify(body))} \\\n  ${url}`],
    [
      t("secret.python"),
      [
        "import json, urllib.request",
        "",
        `body = json.dumps({${python.join(", ")}}).encode()`,
        `request = urllib.request.Request("${url}", body, {"content-type": "application/json"})`,
        "print(json.load(urllib.request.urlopen(request)))",
      ].join("\n"),
    ],
    [
      t("secret.command"),
      `zonemint tokens verify ${options.filter((one) => one !== null).join(" ")} - <<'END'\n${token}\nEND`,
    ],
  ];
}

/** A use that the limits allow, for the API and as options of the command. */
function useOf(caveats) {
  const [wanted, method, path] = ["interface", "http.method", "http.path"].map((kind) => inAll(caveats, kind));
  const body = {};
  const options = [];
  if (caveats.some(({ kind }) => DATA.includes(kind))) {
    body.allowDataAccessCaveats = true;
    options.push("--data");
  }
  if (wanted) {
    body.interface = wanted;
    options.push("--interface", wanted);
  }
  if (method || path) {
    body.httpMethod = method ?? "GET";
    body.httpPath = path ?? "/";
    options.push("--method", body.httpMethod, "--http-path", quoted(body.httpPath));
  }
  return { body, options };
}

/** For a shell. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
