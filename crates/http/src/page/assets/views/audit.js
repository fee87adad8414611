// The audit trail, newest first, for administrators.

import { ACTIONS } from "../declared.js";
import { announce, el, fill } from "../dom.js";
import { t } from "../texts.js";
import { button, empty, field, heading, moreButton, select, show } from "../widgets.js";
import { auditTable } from "./audit_rows.js";

const PAGE = 50;
/** Ids of accounts; everything else is a user name. */
const IS_ID = /^[0-9a-f]{32}(?:ch[0-9a-f]{4})?$/;
/** Pages that are looked through for rows that fit a filter, before the reader is asked whether to go on. */
const PAGES_AT_ONCE = 10;
/** Names that are asked for at the same time. */
const NAMES_AT_ONCE = 20;

export function auditView({ session, at, signal }) {
  const filter = filterForm(at.query);
  const place = el("div", { id: "audit-list" });
  const page = (wanted, cursor) => {
    const query = new URLSearchParams({ limit: PAGE, ...wanted, ...(cursor && { cursor }) });
    return session.call("GET", `/audit?${query}`, { signal });
  };
  const names = new Map();
  // Users whose tokens have a page for this reader.
  const opened = new Set();
  // Whose ids they are, for who may see users. An account that is gone has no name any more.
  const learn = async (rows) => {
    const ids = [...new Set(rows.flatMap(({ actor, user: of }) => [actor, of]))].filter(
      (id) => id !== null && !names.has(id),
    );
    if (session.may("GET /users/{id}")) {
      const found = await Promise.all(
        ids.slice(0, NAMES_AT_ONCE).map((id) => session.call("GET", `/users/${id}`, { signal }).catch(() => null)),
      );
      for (const { userId, fullName } of found.filter(Boolean)) {
        names.set(userId, fullName);
        if (session.may("GET /users/{id}/tokens")) {
          opened.add(userId);
        }
      }
    }
  };
  // With a filter a page may have no rows, and older ones still have some.
  const some = async (wanted, from) => {
    let found = await page(wanted, from);
    for (let more = 1; more < PAGES_AT_ONCE && found.rows.length === 0 && found.next !== null; more += 1) {
      found = await page(wanted, found.next);
    }
    await learn(found.rows);
    return found;
  };
  const load = () =>
    show(place, async () => {
      // What is typed later is for another list.
      const wanted = filter.read();
      const first = await some(wanted, null);
      if (first.rows.length === 0 && first.next === null) {
        return empty(t("audit.none"), t("audit.none_text"));
      }
      const rows = [...first.rows];
      const list = el("div");
      let cursor = first.next;
      const older = moreButton(t("audit.older"), cursor !== null, async () => {
        const next = await some(wanted, cursor);
        rows.push(...next.rows);
        cursor = next.next;
        fill(list, auditTable(rows, names, opened));
        announce(t("audit.shown", { count: rows.length }));
        return cursor !== null;
      });
      fill(list, auditTable(rows, names, opened));
      return [list, older];
    });
  filter.root.addEventListener("submit", (event) => {
    event.preventDefault();
    load();
  });
  load();
  return el("div", {}, heading(t("audit.title"), t("audit.lead")), filter.root, place);
}

/** What rows are to fit. The address of the view may say it: a link to the rows of one request, say. */
function filterForm(query) {
  const text = (key, id, label) =>
    field(
      t(label),
      el("input", { type: "search", id, autocomplete: "off", spellcheck: "false", value: query.get(key) ?? "" }),
    );
  const moment = (id, label) => field(t(label), el("input", { type: "datetime-local", id }));
  const kinds = [["", t("audit.kind_all")], ...ACTIONS.map((name) => [name, name])];
  const user = text("user", "audit-user", "audit.user");
  const kind = field(t("audit.kind"), select(kinds, query.get("kind") ?? "", { id: "audit-kind" }));
  const network = text("network", "audit-network", "audit.network");
  const since = moment("audit-from", "audit.since");
  const until = moment("audit-until", "audit.until");
  const request = text("request", "audit-request", "audit.request");
  const root = el(
    "form",
    { class: "toolbar filters", role: "search", id: "audit-filter" },
    [user, kind, network, since, until, request].map((one) => one.root),
    button(t("audit.filter"), { type: "submit", id: "audit-submit" }),
  );
  const read = () => {
    const who = user.input.value.trim();
    const wanted = {
      [IS_ID.test(who) ? "user" : "name"]: who,
      kind: kind.input.value,
      network: network.input.value.trim(),
      from: seconds(since),
      until: seconds(until),
      request: request.input.value.trim(),
    };
    return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== ""));
  };
  return { root, read };
}

function seconds({ input }) {
  const moment = Math.floor(Date.parse(input.value) / 1000);
  return Number.isNaN(moment) ? "" : moment;
}
