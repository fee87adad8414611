// The charts above the list of tokens: when tokens expire, and how much they are used.

import { bars } from "../charts.js";
import { date, day, now } from "../moments.js";
import { number, t } from "../texts.js";

/** The text for the highest bar, by what a bar stands for. */
const MOST = { day: "chart.most", week: "chart.most_week", month: "chart.most_month" };

const SHORT_DAY = { day: "numeric", month: "short" };

/** How many of the active tokens end in each of the coming days, weeks or months. */
export function expiryChart({ tokens, next }) {
  const ends = tokens.map(({ expires }) => expires).filter((expires) => expires !== null);
  const endless = tokens.length - ends.length;
  const furthest = Math.max(now() + 86400, ...ends);
  const days = (furthest - now()) / 86400;
  const unit = days <= 14 ? "day" : days <= 98 ? "week" : "month";
  const starts = periods(unit, furthest);
  const points = starts.slice(0, -1).map((from, index) => ({
    label: formatted(from * 1000, unit === "month" ? { month: "short" } : SHORT_DAY),
    name: unit === "month" ? formatted(from * 1000, { month: "short", year: "numeric" }) : t("chart.from", { date: date(from) }),
    value: ends.filter((end) => end >= from && end < starts[index + 1]).length,
  }));
  const notes = [
    t("chart.expiry_note", { count: ends.length }),
    endless === 0 ? null : t("chart.endless", { count: endless }),
    next === null ? null : t("chart.newest", { count: number(tokens.length) }),
  ];
  return bars({
    id: "chart-expiry",
    title: t("chart.expiry"),
    note: notes.filter(Boolean).join(" "),
    points,
    named: t("chart.when"),
    unit: t("nav.tokens"),
    most: MOST[unit],
  });
}

/** Where each day, week or month begins, from today's on until one is past the furthest end. In the reader's time zone. */
function periods(unit, furthest) {
  const at = new Date(now() * 1000);
  at.setHours(0, 0, 0, 0);
  if (unit === "month") {
    at.setDate(1);
  }
  const starts = [];
  while (starts.length < 2 || starts.at(-1) <= furthest) {
    starts.push(Math.floor(at.getTime() / 1000));
    if (starts.length > 60) {
      break;
    }
    if (unit === "month") {
      at.setMonth(at.getMonth() + 1);
    } else {
      at.setDate(at.getDate() + (unit === "week" ? 7 : 1));
    }
  }
  return starts;
}

function formatted(milliseconds, style) {
  return new Intl.DateTimeFormat(document.documentElement.lang, style).format(milliseconds);
}

export function usesChart(uses) {
  const points = uses.map(({ day: text, count }) => ({
    label: formatted(Date.parse(text), { ...SHORT_DAY, timeZone: "UTC" }),
    name: day(text),
    value: count,
  }));
  const all = uses.reduce((sum, { count }) => sum + count, 0);
  return bars({
    id: "chart-uses",
    title: t("chart.uses"),
    note: t("chart.uses_note", { count: all, days: uses.length }),
    points,
    named: t("chart.day"),
    unit: t("chart.uses"),
    most: MOST.day,
  });
}
