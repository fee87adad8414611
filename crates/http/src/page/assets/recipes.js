// Lines that use a token: for curl, Python and the `zonemint` command. All of them can succeed: if this server's own API refuses the
// token because of its limits, the lines ask the server whether it is valid for what the limits name.

import { PREFIX } from "./api.js";
import { caveatIn, kindsFor } from "./caveats.js";
import { FORMAT_LIMITS, parse, unlessUnreadable } from "./macaroon.js";
import { t } from "./texts.js";

/** Limits on data, which another server enforces. */
const DATA = ["data.readonly", "data.path", "data.objectid"];
/** Limits that do not depend on what is requested. */
const ANYWHERE = ["time", "ip", "asn", "geo.country", "geo.region"];
/** Limits that a verification needs no details for. */
const TAKEN = [...ANYWHERE, ...DATA, "api"];
/** Patterns of operations that allow `GET /user`. */
const SHOWS_USER = /^(?:all|ozw)\/(?:all|get)\/(?:\*|user)\.\*\.(?:\*|instance):(?:\*|protected)$/;

/** The `lines`, as [title, code] each, and a `note` about them. A token that is of no use here has no lines. `type` is "act" or "idn". */
export function recipes(token, type) {
  const caveats = unlessUnreadable(() => parse(token, FORMAT_LIMITS))?.caveats.map(caveatIn) ?? [];
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

/** Whether one use of a verification meets the limit and all others of its kind. */
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

/** What all limits of a kind allow; undefined if there is nothing. Only paths end in `*`, for all paths with that beginning. */
function inAll(caveats, kind) {
  const lists = caveats.filter((caveat) => caveat?.kind === kind).map(({ items }) => items);
  const allows = (item, one) => item === one || (item.endsWith("*") && one.startsWith(item.slice(0, -1)));
  return lists
    .flat()
    .map((item) => item.replace(/\*$/, ""))
    .find((one) => lists.every((items) => items.some((item) => allows(item, one))));
}

function using(token) {
  const url = `${location.origin}${PREFIX}/user`;
  const environment = `export ONEZONE_HOST='${location.origin}'\nexport ONEZONE_API_KEY='${token}'\nzonemint whoami`;
  return [
    [t("secret.curl"), `curl -H 'X-Auth-Token: ${token}' \\\n  ${url}`],
    [
      t("secret.python"),
      python(`request = urllib.request.Request("${url}")`, `request.add_header("X-Auth-Token", "${token}")`),
    ],
    [t("secret.environment"), environment],
  ];
}

function python(...lines) {
  return ["import json, urllib.request", "", ...lines, "print(json.load(urllib.request.urlopen(request)))"].join("\n");
}

/** The token is in the body: its recipient asks the server whose it is, and whether it is valid. */
function asking(token, type, caveats) {
  const url = `${location.origin}${PREFIX}/tokens/verify_${type}_token`;
  const use = useOf(caveats);
  const body = { token, ...use.body };
  const pairs = Object.entries(body).map(([key, value]) => `"${key}": ${value === true ? "True" : JSON.stringify(value)}`);
  const options = [...(type === "identity" ? ["--identity"] : []), ...use.options, "--host", quoted(location.origin)];
  return [
    [t("secret.curl"), `curl -H 'content-type: application/json' -d ${quoted(JSON.stringify(body))} \\\n  ${url}`],
    [
      t("secret.python"),
      python(
        `body = json.dumps({${pairs.join(", ")}}).encode()`,
        `request = urllib.request.Request("${url}", body, {"content-type": "application/json"})`,
      ),
    ],
    [t("secret.command"), `zonemint tokens verify ${options.join(" ")} - <<'END'\n${token}\nEND`],
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

/** A text as one word of a shell. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
