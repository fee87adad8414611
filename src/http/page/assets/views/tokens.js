// The tokens of an account: a table with search, what ends when and how much is used; revoking, restoring, rotating.

import { fromJson, words } from "../caveats.js";
import { askTime } from "../api.js";
import { bars } from "../charts.js";
import { ask, tell, withPassword } from "../dialogs.js";
import { announce, el, fill } from "../dom.js";
import { date, dateTime, day, distance, now } from "../moments.js";
import { accountOf } from "../routes.js";
import { secretPanel } from "../secret.js";
import { number, t } from "../texts.js";
import {
  badge,
  button,
  empty,
  field,
  heading,
  linkButton,
  moreButton,
  notice,
  select,
  show,
  table,
} from "../widgets.js";

const PAGE = 50;
/** Tokens that the timeline counts, at most: what one page of the API has. */
const COUNTED = 500;
const USES_DAYS = 30;
/** How long somebody types before it is searched, in milliseconds. */
const PAUSE_MS = 250;

export function tokensView(context) {
  const { session, at, signal } = context;
  const account = accountOf(at);
  const search = el("input", { type: "search", id: "token-search", autocomplete: "off", spellcheck: "false" });
  const state = select(
    [
      ["", t("state.all")],
      ["active", t("state.active")],
      ["expired", t("state.expired")],
      ["revoked", t("state.revoked")],
    ],
    "",
    { id: "token-state" },
  );
  const list = el("div", { id: "token-list" });
  const charts = el("div", { class: "charts" });
  const load = () => show(list, firstPage);
  const reload = () => Promise.all([load(), drawCharts()]);

  async function page(filter, cursor) {
    const query = new URLSearchParams({ limit: PAGE });
    for (const [key, value] of [...filter, ["cursor", cursor ?? ""]]) {
      if (value !== "") {
        query.set(key, value);
      }
    }
    return session.call("GET", `${account.api}/tokens?${query}`, { signal });
  }

  async function firstPage(isLatest) {
    // What is typed later is for another list.
    const filter = [
      ["state", state.value],
      ["name", search.value.trim()],
    ];
    const { tokens, next } = await page(filter);
    if (tokens.length === 0) {
      return filter.every(([, value]) => value === "")
        ? empty(
            t("tokens.none"),
            t("tokens.none_text"),
            linkButton(t("nav.create"), `#${account.page}/new`, { kind: "primary" }),
          )
        : empty(t("tokens.not_found"), t("tokens.not_found_text"));
    }
    const rows = [...tokens];
    const place = el("div");
    const draw = () => fill(place, tokenTable(rows, context, account, reload));
    let cursor = next;
    const more = moreButton(t("common.more"), cursor !== null, async () => {
      const following = await page(filter, cursor);
      rows.push(...following.tokens);
      cursor = following.next;
      draw();
      announce(t("tokens.shown", { count: rows.length }));
      return cursor !== null;
    });
    draw();
    if (isLatest()) {
      announce(t("tokens.shown", { count: rows.length }));
    }
    return [place, more];
  }

  async function drawCharts() {
    const none = () => null;
    const asked = { signal };
    const [active, uses] = await Promise.all([
      session.call("GET", `${account.api}/tokens?state=active&limit=${COUNTED}`, asked).catch(none),
      session.call("GET", `${account.api}/tokens/uses?days=${USES_DAYS}`, asked).catch(none),
    ]);
    const hasTokens = active !== null && active.tokens.length > 0;
    const hasUses = uses !== null && (hasTokens || uses.uses.some(({ count }) => count > 0));
    fill(charts, hasTokens ? expiryChart(active) : null, hasUses ? usesChart(uses.uses) : null);
  }

  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(load, PAUSE_MS);
  });
  state.addEventListener("change", load);
  reload();
  const isOwn = account.api === "/user";
  if (!isOwn) {
    nameAccount(context, account);
  }
  return el(
    "div",
    {},
    heading(
      isOwn ? t("tokens.title") : t("tokens.title_of"),
      isOwn ? t("tokens.lead") : t("tokens.lead_of", { id: at.id }),
      linkButton(t("nav.create"), `#${account.page}/new`, { kind: "primary", id: "new-token" }),
    ),
    charts,
    el(
      "form",
      { class: "toolbar", role: "search", on: { submit: (event) => event.preventDefault() } },
      field(t("tokens.search"), search).root,
      field(t("tokens.state"), state).root,
      button(t("tokens.revoke_all"), {
        kind: "danger-quiet",
        id: "revoke-all",
        on: () => revokeAll(context, account, reload),
      }),
    ),
    list,
  );
}

/** Puts the account's name into the title, for who may see it. */
async function nameAccount({ session, signal, retitle }, account) {
  try {
    const { fullName, name } = await session.call("GET", account.api, { signal });
    retitle(t("tokens.title_named", { name: fullName ?? name }));
  } catch {
    // Its id stands in the line below the title.
  }
}

function tokenTable(tokens, context, account, reload) {
  const columns = [
    { title: t("column.name"), cell: nameCell },
    { title: t("column.allows"), cell: allowsCell, kind: "allows" },
    {
      title: t("column.created"),
      cell: ({ created }) => el("span", { title: dateTime(created) }, date(created)),
      kind: "moment",
    },
    { title: t("column.ends"), cell: endsCell, kind: "moment" },
    {
      title: t("column.used"),
      cell: ({ lastUsed }) => (lastUsed === null ? t("tokens.never_used") : day(lastUsed)),
      kind: "moment",
    },
    { title: t("column.state"), cell: ({ state }) => stateBadge(state) },
    {
      title: t("column.actions"),
      cell: (token) => actions(token, context, account, reload),
      kind: "row-actions",
      unseen: true,
    },
  ];
  return table(t("tokens.title"), columns, tokens, ({ id }) => id);
}

function nameOf(token) {
  return token.name ?? t("tokens.unnamed");
}

function nameCell(token) {
  const identity = token.type.identityToken === undefined ? null : badge("quiet", t("kind.identity"));
  const minted =
    token.mintedBy === null ? null : el("span", { class: "help", title: token.mintedBy }, t("tokens.minted_by"));
  return [el("span", { class: token.name === null ? "unnamed" : null }, nameOf(token)), identity, minted];
}

/** What limits the token beside its end, which has a column of its own. */
function allowsCell({ caveats, type, words: told }) {
  const limits = caveats
    .map((json, index) => ({ caveat: fromJson(json), told: told[index] }))
    .filter(({ caveat }) => caveat?.kind !== "time");
  if (limits.length === 0) {
    return type.identityToken === undefined ? t("tokens.everything") : t("tokens.identity");
  }
  const one = ({ caveat, told: words_told }) => capital(caveat === null ? words_told : words(caveat));
  return el(
    "ul",
    { class: "plain" },
    limits.map((limit) => el("li", {}, one(limit))),
  );
}

function capital(text) {
  return text.replace(/^./u, (letter) => letter.toUpperCase());
}

function endsCell({ expires, state }) {
  if (expires === null) {
    return t("tokens.no_end");
  }
  const moment = el("span", { title: dateTime(expires) }, date(expires));
  return state === "active" ? [moment, el("span", { class: "help" }, distance(expires))] : moment;
}

function stateBadge(state) {
  switch (state) {
    case "active":
      return badge("good", t("state.active"));
    case "revoked":
      return badge("bad", t("state.revoked"));
    default:
      return badge("quiet", t("state.expired"));
  }
}

function actions(token, context, account, reload) {
  const name = nameOf(token);
  const rotated = button(t("tokens.rotate"), {
    kind: "quiet",
    name: t("tokens.rotate_name", { name }),
    on: () => rotate(token, context, account),
    data: { action: "rotate" },
  });
  switch (token.state) {
    case "active":
      return [
        rotated,
        button(t("tokens.revoke"), {
          kind: "danger-quiet",
          name: t("tokens.revoke_name", { name }),
          on: () => revoke(token, context, account, reload),
          data: { action: "revoke" },
        }),
      ];
    case "revoked":
      return button(t("tokens.restore"), {
        kind: "quiet",
        name: t("tokens.restore_name", { name }),
        on: () => restore(token, context, reload),
        data: { action: "restore" },
      });
    default:
      return null;
  }
}

/** The option to revoke what a token minted, too: without it nothing is said of that. */
export function descendantsOption() {
  const input = el("input", { type: "checkbox", id: "with-descendants" });
  const label = el(
    "label",
    { class: "check", for: "with-descendants" },
    input,
    el("span", {}, t("tokens.with_descendants")),
  );
  return { label, wanted: () => input.checked, body: () => (input.checked ? { descendants: true } : {}) };
}

/** What is announced when something was revoked, with its descendants if they were to go along. */
function told(text, { revokedDescendants, temporaryTokensEnded }) {
  if (revokedDescendants === undefined) {
    return text;
  }
  const count = t("tokens.descendants_revoked", { count: revokedDescendants });
  const ended = temporaryTokensEnded.length === 0 ? "" : t("tokens.descendants_temporary");
  return [text, count, ended].filter((part) => part !== "").join(" ");
}

async function revoke(token, { session }, account, reload) {
  const name = nameOf(token);
  const descendants = descendantsOption();
  const done = await ask({
    title: t("tokens.revoke_title", { name }),
    body: [el("p", {}, t("tokens.revoke_text")), descendants.label],
    action: t("tokens.revoke"),
    danger: true,
    work: () =>
      session.call("POST", `${account.api}/tokens/revoke`, { body: { ids: [token.id], ...descendants.body() } }),
  });
  if (done) {
    await reload();
    announce(told(t("tokens.revoked", { name }), done));
    document.querySelector(`[data-row="${CSS.escape(token.id)}"] button`)?.focus();
  }
}

async function restore(token, { session }, reload) {
  const name = nameOf(token);
  const done = await withPassword({
    title: t("tokens.restore_title", { name }),
    text: t("tokens.restore_text"),
    action: t("tokens.restore"),
    work: (password) =>
      session.call("PATCH", `/tokens/named/${token.id}`, { body: { revoked: false }, password }).then(() => true),
  });
  if (done) {
    await reload();
    announce(t("tokens.restored", { name }));
    document.querySelector(`[data-row="${CSS.escape(token.id)}"] button`)?.focus();
  }
}

async function rotate(token, context, account) {
  const name = nameOf(token);
  const overlap = field(
    t("tokens.overlap"),
    select(
      [
        ["0", t("tokens.overlap_none")],
        ["3600", t("tokens.overlap_hour")],
        ["86400", t("tokens.overlap_day")],
        ["604800", t("tokens.overlap_week")],
      ],
      "3600",
    ),
    { help: t("tokens.overlap_help") },
  );
  const descendants = descendantsOption();
  const made = await withPassword({
    title: t("tokens.rotate_title", { name }),
    text: t("tokens.rotate_text"),
    fields: [overlap.root, descendants.label],
    action: t("tokens.rotate"),
    work: (password) =>
      context.session.call("POST", `/tokens/${token.id}/rotate`, {
        body: { overlap: descendants.wanted() ? 0 : Number(overlap.input.value), ...descendants.body() },
        password,
      }),
  });
  if (made) {
    const type = token.type.identityToken === undefined ? "act" : "idn";
    context.show(madeView(t("tokens.rotated", { name }), made.token, type, account), "made");
    if (made.warning) {
      await tell(t("common.warning"), made.warning);
    }
  }
}

/** The one time that a token is shown. */
export function madeView(title, text, type, account) {
  return el(
    "div",
    {},
    heading(title, undefined, linkButton(t("made.done"), `#${account.page}`, { id: "made-done" })),
    notice("warning", el("p", {}, t("made.once"))),
    secretPanel(text, type),
  );
}

async function revokeAll({ session }, account, reload) {
  const isOwn = account.api === "/user";
  const temporary = el("input", { type: "checkbox", id: "revoke-temporary" });
  const also = el(
    "label",
    { class: "check", for: "revoke-temporary" },
    temporary,
    el("span", {}, isOwn ? t("tokens.also_temporary_own") : t("tokens.also_temporary")),
  );
  const descendants = descendantsOption();
  const word = t("tokens.revoke_all_word");
  const typed = field(
    t("dialog.type", { word }),
    el("input", { type: "text", autocomplete: "off", id: "revoke-all-word" }),
  );
  const done = await ask({
    title: t("tokens.revoke_all_title"),
    body: [el("p", {}, t("tokens.revoke_all_text")), also, descendants.label, typed.root],
    action: t("tokens.revoke_all"),
    danger: true,
    work: async () => {
      if (typed.input.value.trim() !== word) {
        typed.refuse(t("dialog.type_wrong", { word }));
        typed.input.focus();
        return undefined;
      }
      await askTime();
      // Everything that was made up to now; or with the temporary tokens, which only "all" ends.
      const body = temporary.checked ? { all: true } : { issuedBefore: now() + 1 };
      return session.call("POST", `${account.api}/tokens/revoke`, { body: { ...body, ...descendants.body() } });
    },
  });
  if (done && temporary.checked && isOwn) {
    session.expire();
  } else if (done) {
    await reload();
    announce(told(t("tokens.revoked_all", { count: done.revoked }), done));
  }
}

/** How many of the active tokens end in each of the coming days, weeks or months. */
function expiryChart({ tokens, next }) {
  const ends = tokens.map(({ expires }) => expires).filter((expires) => expires !== null);
  const endless = tokens.length - ends.length;
  const furthest = Math.max(now() + 86400, ...ends);
  const days = (furthest - now()) / 86400;
  const unit = days <= 14 ? "day" : days <= 98 ? "week" : "month";
  const starts = periods(unit, furthest);
  const points = starts.slice(0, -1).map((from, index) => ({
    label: shortDate(from, unit),
    name: unit === "month" ? shortDate(from, unit, true) : t("chart.from", { date: date(from) }),
    value: ends.filter((end) => end >= from && end < starts[index + 1]).length,
  }));
  const notes = [
    t("chart.expiry_note", { count: ends.length }),
    endless === 0 ? null : t("chart.endless", { count: endless }),
    next === null ? null : t("chart.newest", { count: number(COUNTED) }),
  ];
  return bars({
    id: "chart-expiry",
    title: t("chart.expiry"),
    note: notes.filter(Boolean).join(" "),
    points,
    named: t("chart.when"),
    unit: t("chart.tokens"),
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

function shortDate(seconds, unit, whole = false) {
  const style =
    unit === "month" ? { month: "short", ...(whole ? { year: "numeric" } : {}) } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(document.documentElement.lang, style).format(seconds * 1000);
}

function usesChart(uses) {
  const points = uses.map(({ day: text, count }) => ({
    label: new Intl.DateTimeFormat(document.documentElement.lang, {
      day: "numeric",
      month: "short",
      timeZone: "UTC",
    }).format(Date.parse(text)),
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
    unit: t("chart.uses_unit"),
  });
}
