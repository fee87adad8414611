// Calling the server's API, and its errors in words.

import { learnTime } from "./moments.js";
import { t } from "./texts.js";
import { toBase64 } from "./text.js";

export const PREFIX = "/api/v3/onezone";

/** The texts of errors that need no word of the server, by status and by the server's id. */
const BY_STATUS = new Map([
  [404, "error.not_found"],
  [429, "error.too_many"],
  [503, "error.busy"],
]);
const BY_ID = new Map([
  ["badValueIdentifierOccupied", "error.name_taken"],
  ["badValueName", "error.name"],
]);

/** Why a call failed: `message` is for people and says what to do. */
class Failure extends Error {
  constructor(status, id, message, request = null) {
    super(message);
    this.status = status;
    this.id = id;
    /** The id of the request, if the server itself failed. */
    this.request = request;
  }
}

/** A password as the credential of one call. */
export function basic(name, password) {
  return `Basic ${toBase64(new TextEncoder().encode(`${name}:${password}`))}`;
}

/** The credential of a token. */
export function bearer(token) {
  return `Bearer ${token}`;
}

/** Learns the server's time. The `Date` header is no substitute: it may come from a clock that the server does not trust. */
export async function askTime(signal) {
  const { timeMillis } = await call("GET", "/provider/public/get_current_time", { signal });
  learnTime(timeMillis);
}

/**
 * Calls the API. Returns the JSON of the answer, null when it is empty; with `warning` if the server warns. Throws `Failure`, or
 * an `AbortError` if `signal` aborts the call.
 */
export async function call(method, path, { authorization, body, signal } = {}) {
  const headers = { accept: "application/json" };
  if (authorization !== undefined) {
    headers.authorization = authorization;
  }
  if (body !== undefined) {
    headers["content-type"] = "application/json";
  }
  const response = await answerOf(`${PREFIX}${path}`, { method, headers, body: body && JSON.stringify(body), signal });
  const text = await response.text();
  if (response.ok) {
    const warning = response.headers.get("x-warning");
    const answer = text === "" ? null : JSON.parse(text);
    return warning === null ? answer : { ...answer, warning };
  }
  throw failure(response, text);
}

async function answerOf(url, options) {
  try {
    // No cookies and no login box of the browser: only the given credential counts.
    return await fetch(url, { credentials: "omit", cache: "no-store", redirect: "error", ...options });
  } catch (error) {
    if (options.signal?.aborted) {
      throw error;
    }
    throw new Failure(0, "network", t("error.network"));
  }
}

function failure(response, text) {
  const error = parsed(text)?.error ?? {};
  const inner = error.details?.authError ?? error;
  const said = typeof error === "string" ? error : (inner.description ?? "");
  const id = inner.id ?? "";
  const { status } = response;
  const request = status >= 500 ? response.headers.get("x-request-id") : null;
  const seconds = response.headers.get("retry-after") ?? "";
  return new Failure(status, id, inWords({ status, id, said, seconds, request: request ?? "" }), request);
}

function inWords({ status, id, said, seconds, request }) {
  if (status === 401) {
    return id === "badBasicCredentials" || id === "" ? t("error.credentials") : said;
  }
  if (status === 403) {
    return id === "passwordChangeRequired" ? t("error.must_change") : said;
  }
  const key = BY_STATUS.get(status) ?? (status >= 500 ? "error.server" : BY_ID.get(id));
  if (key === undefined && said !== "") {
    return said;
  }
  return t(key ?? "error.refused", { status, seconds, request });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
