// Calling the server's API, and its errors in words.

import { learnTime } from "./moments.js";
import { t } from "./texts.js";
import { toBase64 } from "./text.js";

const PREFIX = "/api/v3/onezone";

/** What went wrong with a call: `message` is for people and says what to do. */
class Failure extends Error {
  constructor(status, id, message, request = null) {
    super(message);
    this.status = status;
    this.id = id;
    /** The number of the request, where the server itself has failed. */
    this.request = request;
  }
}

/** The credential of somebody who gives their password, for one call. */
export function basic(name, password) {
  return `Basic ${toBase64(new TextEncoder().encode(`${name}:${password}`))}`;
}

/** The credential of a token. */
export function bearer(token) {
  return `Bearer ${token}`;
}

/** Asks for the server's time, before anything depends on it. Its `Date` may be another: that of a clock that the server does not believe. */
export async function askTime(signal) {
  const { timeMillis } = await call("GET", "/provider/public/get_current_time", { signal });
  learnTime(timeMillis);
}

/**
 * A call of the API: what its JSON answer says, null when there is none; with `warning` where the server warns. Throws
 * `Failure`; an aborted call its own error.
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
    // No cookies, and no login box of the browser: the credential is the one that is given.
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
  const id = typeof error === "string" ? "" : (inner.id ?? "");
  const request = response.status >= 500 ? response.headers.get("x-request-id") : null;
  return new Failure(response.status, id, inWords(response, id, said), request);
}

function inWords(response, id, said) {
  const wait = response.headers.get("retry-after") ?? "";
  switch (response.status) {
    case 401:
      return id === "badBasicCredentials" || id === "" ? t("error.credentials") : said;
    case 403:
      return id === "passwordChangeRequired" ? t("error.must_change") : t("error.forbidden", { said });
    case 404:
      return t("error.not_found");
    case 429:
      return t("error.too_many", { seconds: wait });
    case 503:
      return t("error.busy", { seconds: wait });
    default:
      break;
  }
  if (response.status >= 500) {
    return t("error.server", { request: response.headers.get("x-request-id") ?? "" });
  }
  switch (id) {
    case "badValueIdentifierOccupied":
      return t("error.name_taken");
    case "badValueName":
      return t("error.name");
    default:
      return said === "" ? t("error.refused", { status: response.status }) : said;
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
