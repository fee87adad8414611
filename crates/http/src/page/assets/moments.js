// Moments and lengths of time: in seconds since 1970, by the server's clock, and for people.

import { language, t } from "./texts.js";

/** The server's clock minus ours, in seconds. Tokens expire by the server's clock. */
let ahead = 0;
const LAST = 253402300799n;

/** Learns the server's time, in milliseconds since 1970. */
export function learnTime(server) {
  const difference = Math.round((server - Date.now()) / 1000);
  // The answer takes time to arrive: less than two seconds are no difference.
  ahead = Math.abs(difference) < 2 ? 0 : difference;
}

/** Now, by the server's clock. */
export function now() {
  return Math.floor(Date.now() / 1000) + ahead;
}

/** As the server writes it, as in `2026-11-23T12:00:00Z`; after the year 9999 as a number of seconds. */
export function rfc3339(seconds) {
  const whole = BigInt(seconds);
  return whole > LAST
    ? t("moment.far", { seconds: String(whole) })
    : new Date(Number(whole) * 1000).toISOString().replace(".000Z", "Z");
}

/** A moment in the reader's own time zone, as in "24 Nov 2026, 13:05". */
export function dateTime(seconds) {
  return format(seconds, { dateStyle: "medium", timeStyle: "short" });
}

/** A day, as in "24 Nov 2026". */
export function date(seconds) {
  return format(seconds, { dateStyle: "medium" });
}

/** The time of a day, as in "13:05". */
export function time(seconds) {
  return format(seconds, { timeStyle: "short" });
}

/** A day as `2026-11-24`, which has no time zone. */
export function day(text) {
  return new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeZone: "UTC" }).format(Date.parse(text));
}

function format(seconds, style) {
  const moment = new Date(seconds * 1000);
  return Number.isNaN(moment.getTime()) ? rfc3339(seconds) : new Intl.DateTimeFormat(language(), style).format(moment);
}

const UNITS = [
  ["year", 365 * 86400],
  ["month", 30 * 86400],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/** How far a moment is from now, as in "in 3 days" or "2 hours ago". */
export function distance(seconds) {
  const away = seconds - now();
  // Below two of a unit, a smaller unit is more exact.
  const [unit, length] = UNITS.find(([, size]) => Math.abs(away) >= 2 * size) ?? ["second", 1];
  const many = Math.round(away / length);
  return new Intl.RelativeTimeFormat(language(), { numeric: "always" }).format(many, unit);
}

/** Minutes and seconds, as in "28:05". */
export function clock(seconds) {
  const left = Math.max(0, seconds);
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}
