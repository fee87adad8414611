// The tokens of an account: a list to search, filter and sort, with charts.

import { accountOf } from "../account_path.js";
import { announce, el, fill } from "../dom.js";
import { now } from "../moments.js";
import { number, t } from "../texts.js";
import {
  badge,
  button,
  empty,
  field,
  heading,
  linkButton,
  pagedList,
  searchField,
  select,
  show,
  table,
  toolbar,
} from "../widgets.js";
import { revokeAll, tokenActions } from "./token_actions.js";
import { expiryChart, usesChart } from "./token_charts.js";
import { allows, dateOf, ends, isIdentity, lastUse, nameOf, stateBadge } from "./token_words.js";

const PAGE = 50;
/** Tokens that the timeline counts and that are sorted, at most: what one page of the API has. */
const COUNTED = 500;
const USES_DAYS = 30;
/** How long before its end a token ends soon, in seconds. */
const SOON_S = 30 * 86400;
/** Pages without a token that matches, after which the reader decides whether to go on. */
const PAGES_AT_ONCE = 10;

/** Filters: the query for the server, and which tokens of its answer are shown. */
const FILTERS = {
  all: { title: "state.all" },
  active: { title: "state.active", query: () => ({ state: "active" }) },
  soon: { title: "state.soon", query: () => ({ state: "active", expires_before: now() + SOON_S }) },
  overlong: { title: "state.overlong", query: () => ({ state: "active" }), keeps: ({ overlong }) => overlong },
  expired: { title: "state.expired", query: () => ({ state: "expired" }) },
  revoked: { title: "state.revoked", query: () => ({ state: "revoked" }) },
};

const byText = new Intl.Collator(document.documentElement.lang).compare;
const lastDay = ({ lastUse: use, lastUsed }) => use?.minute ?? (lastUsed === null ? 0 : Date.parse(lastUsed) / 1000);

/** Orders. The first one is the server's own. */
const ORDERS = {
  newest: { title: "order.newest" },
  end: { title: "order.end", compare: (one, other) => (one.expires ?? Infinity) - (other.expires ?? Infinity) || 0 },
  name: { title: "order.name", compare: (one, other) => byText(nameOf(one), nameOf(other)) },
  used: { title: "order.used", compare: (one, other) => lastDay(other) - lastDay(one) },
};

export function tokensView(context) {
  const { session, at, signal } = context;
  const account = accountOf(at);
  const state = select(titles(FILTERS), "all", { id: "token-state" });
  const order = select(titles(ORDERS), "newest", { id: "token-order" });
  const list = el("div", { id: "token-list" });
  const charts = el("div", { class: "charts" });
  const load = () => show(list, draw);
  const search = searchField(t("common.search"), "token-search", load);
  const reload = () => Promise.all([load(), drawCharts()]);

  async function draw(isLatest) {
    // Read once: what is typed later is for another list.
    const filter = FILTERS[state.value];
    const { compare } = ORDERS[order.value];
    const name = search.input.value.trim();
    // What the browser sorts or filters must be one page.
    const isWhole = compare !== undefined || filter.keeps !== undefined;
    const limit = isWhole ? COUNTED : PAGE;
    let cut = null;
    const one = (cursor) => {
      const query = new URLSearchParams({ ...filter.query?.(), limit, ...(name && { name }), ...(cursor && { cursor }) });
      return session.call("GET", `${account.api}/tokens?${query}`, { signal });
    };
    // Of an account with very many tokens, a page may have few that match or none, and older ones follow.
    const some = async (cursor) => {
      const found = await one(cursor);
      const enough = () => found.tokens.length >= (isWhole ? limit : 1) || found.next === null;
      for (let more = 1; more < PAGES_AT_ONCE && !enough(); more += 1) {
        const { tokens, next } = await one(found.next);
        found.tokens.push(...tokens);
        found.next = next;
      }
      return found;
    };
    const page = async (cursor) => {
      const { tokens, next } = await some(cursor);
      const searched = { count: number(tokens.length) };
      cut = isWhole && next !== null ? el("p", { class: "help" }, t("tokens.cut", searched)) : null;
      const rows = tokens.filter(filter.keeps ?? (() => true)).sort(compare ?? (() => 0));
      if (cursor === undefined && (rows.length > 0 || next !== null) && isLatest()) {
        shown(rows.length);
      }
      return { rows, next: isWhole ? null : next };
    };
    const shown = (count) => announce(count === 0 ? t("tokens.none_yet") : t("tokens.shown", { count }));
    const none = () =>
      name === "" && filter === FILTERS.all
        ? empty(
            t("tokens.none"),
            t("tokens.none_text"),
            linkButton(t("nav.create"), `#${account.page}/new`, { kind: "primary" }),
          )
        : empty(t("tokens.not_found"), t("tokens.not_found_text"));
    const drawn = (rows) =>
      rows.length === 0
        ? el("p", { class: "help" }, t("tokens.none_yet"))
        : tokenTable(rows, context, account, reload);
    const content = await pagedList({ page, draw: drawn, none, shown });
    return [cut, content];
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

  state.addEventListener("change", load);
  order.addEventListener("change", load);
  reload();
  const isOwn = account.api === "/user";
  if (!isOwn) {
    nameAccount(context, account);
  }
  return el(
    "div",
    {},
    heading(
      isOwn ? t("nav.tokens") : t("tokens.title_of"),
      isOwn ? t("tokens.lead") : t("tokens.lead_of", { id: at.id }),
      linkButton(t("nav.create"), `#${account.page}/new`, { kind: "primary", id: "new-token" }),
    ),
    charts,
    toolbar(
      {},
      () => {},
      search.root,
      field(t("tokens.state"), state).root,
      field(t("tokens.order"), order).root,
      button(t("tokens.revoke_all"), {
        kind: "danger-quiet",
        id: "revoke-all",
        on: () => revokeAll(context, account, (text) => reload().then(() => announce(text))),
      }),
    ),
    list,
  );
}

function titles(choices) {
  return Object.entries(choices).map(([value, { title }]) => [value, t(title)]);
}

/** Puts the account's name into the title, if the reader may see it. */
async function nameAccount({ session, signal, retitle }, account) {
  try {
    const { fullName, name } = await session.call("GET", account.api, { signal });
    retitle(t("tokens.title_named", { name: fullName ?? name }));
  } catch {
    // Its id is in the line below the title.
  }
}

function tokenTable(tokens, context, account, reload) {
  const columns = [
    { title: t("column.name"), cell: (token) => nameCell(token, account) },
    { title: t("column.allows"), cell: allows, kind: "allows" },
    { title: t("column.created"), cell: ({ created }) => dateOf(created), kind: "moment" },
    { title: t("column.ends"), cell: ends, kind: "moment" },
    { title: t("column.used"), cell: lastUse, kind: "moment" },
    { title: t("column.state"), cell: ({ state }) => stateBadge(state) },
    { title: t("column.actions"), cell: (token) => actions(token, context, account, reload), kind: "row-actions", unseen: true },
  ];
  return table(t("nav.tokens"), columns, tokens, ({ id }) => id);
}

function nameCell(token, account) {
  const link = el("a", { href: `#${account.page}/${token.id}`, class: token.name === null ? "unnamed" : null }, nameOf(token));
  const minted = token.mintedBy && el("span", { class: "help", title: token.mintedBy }, t("tokens.minted_by"));
  const described = token.description && el("span", { class: "help" }, token.description);
  return [link, isIdentity(token) && badge("quiet", t("kind.identity")), described, minted];
}

function actions(token, context, account, reload) {
  const deleted = async (text) => {
    await reload();
    announce(text);
  };
  const changed = async (text) => {
    await deleted(text);
    document.querySelector(`[data-row="${CSS.escape(token.id)}"] button`)?.focus();
  };
  return tokenActions(token, context, account, { changed, deleted });
}
