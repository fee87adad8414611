// Tokens in words: their names, what they allow, when they end, and when they were used.

import { fromJson, words } from "../caveats.js";
import { el } from "../dom.js";
import { date, dateTime, day, distance, now, time } from "../moments.js";
import { t } from "../texts.js";
import { badge } from "../widgets.js";

/** The start of an id that tells tokens apart: the millisecond of its creation, and random digits. */
const ID_START = 14;
const DAY_S = 86400;

/** Within how many days of its end a token is marked, and how. */
const MARKS = [
  [1, "bad", "tokens.ends_day"],
  [7, "warning", "tokens.ends_week"],
  [30, "quiet", "tokens.ends_month"],
];

/** Each state: the kind of its badge, its name. */
const STATES = {
  active: ["good", "state.active"],
  revoked: ["bad", "state.revoked"],
  expired: ["quiet", "state.expired"],
};

/** What a token is called: its name, or the beginning of its id. */
export function nameOf({ name, id }) {
  return name ?? t("tokens.unnamed", { id: id.slice(0, ID_START) });
}

export function isIdentity({ type }) {
  return type.identityToken !== undefined;
}

/** The limits of the token except its end, which is shown elsewhere. */
export function allows(token) {
  const limits = token.caveats
    .map((json, index) => ({ caveat: fromJson(json), told: token.words[index] }))
    .filter(({ caveat }) => caveat?.kind !== "time");
  if (limits.length === 0) {
    return isIdentity(token) ? t("tokens.identity") : t("tokens.everything");
  }
  const one = ({ caveat, told }) => capital(caveat === null ? told : words(caveat));
  return el("ul", { class: "plain" }, limits.map((limit) => el("li", {}, one(limit))));
}

/** When it ends, with a warning when that is soon, late or never. */
export function ends({ created, expires, state, overlong }) {
  if (expires === null) {
    return overlong ? badge("warning", t("tokens.no_end")) : t("tokens.no_end");
  }
  const moment = dateOf(expires);
  if (state !== "active") {
    return moment;
  }
  const mark = markOf(created, expires, now());
  const late = overlong && el("span", { class: "badge warning", title: t("tokens.overlong_help") }, t("tokens.overlong"));
  const warning = mark === null ? late : badge(mark[1], t(mark[2]));
  return [moment, el("span", { class: "help" }, distance(expires)), warning];
}

/** The mark of a token that ends soon; null for one whose whole life is no longer than that: it ends as planned. */
export function markOf(created, expires, moment) {
  const mark = MARKS.find(([days]) => expires - moment <= days * DAY_S);
  return mark === undefined || expires - created <= mark[0] * DAY_S ? null : mark;
}

/** When it was used last, and from where, as far as that is recorded. */
export function lastUse({ lastUse: use, lastUsed }) {
  if (use) {
    const place = [use.network, use.service].filter((part) => part !== null).join(" · ");
    return [dateOf(use.minute), el("span", { class: "help place" }, time(use.minute), place !== "" && ` · ${place}`)];
  }
  return lastUsed === null ? t("tokens.never_used") : day(lastUsed);
}

/** A day, with the whole moment as its tooltip. */
export function dateOf(seconds) {
  return el("span", { title: dateTime(seconds) }, date(seconds));
}

export function stateBadge(state) {
  const [kind, text] = STATES[state];
  return badge(kind, t(text));
}

function capital(text) {
  return text.replace(/^./u, (letter) => letter.toUpperCase());
}
