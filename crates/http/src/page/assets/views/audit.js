// The audit trail, newest first, for administrators.

import { ACTIONS } from "../declared.js";
import { el } from "../dom.js";
import { t } from "../texts.js";
import { button, empty, field, heading, inputField, select, show, toolbar } from "../widgets.js";
import { auditTable, trailList } from "./audit_rows.js";

const PAGE = 50;
/** Ids of accounts; everything else is a user name. */
const IS_ID = /^[0-9a-f]{32}(?:ch[0-9a-f]{4})?$/;
/** Pages without a row that fits the filter, after which the reader decides whether to go on. */
const PAGES_AT_ONCE = 10;
/** Names that are requested at the same time. */
const NAMES_AT_ONCE = 20;

export function auditView({ session, at, signal }) {
  const place = el("div", { id: "audit-list" });
  const page = (wanted, cursor) => {
    const query = new URLSearchParams({ limit: PAGE, ...wanted, ...(cursor && { cursor }) });
    return session.call("GET", `/audit?${query}`, { signal });
  };
  const names = new Map();
  // Users whose tokens have a page for this reader.
  const opened = new Set();
  // Names for the ids, if the reader may see users. A deleted account has none.
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
    show(place, () => {
      // Read once: what is typed later is for another list.
      const wanted = filter.read();
      return trailList({
        page: (cursor) => some(wanted, cursor),
        draw: (rows) => auditTable(rows, names, opened),
        none: () => empty(t("audit.none"), t("audit.none_text")),
      });
    });
  const filter = filterForm(at.query, load);
  load();
  return el("div", {}, heading(t("nav.audit"), t("audit.lead")), filter.root, place);
}

/** The filter. The address of the view may have values for it, as a link to the rows of one request has. */
function filterForm(query, load) {
  const text = (key, id, label) =>
    inputField(t(label), { type: "search", id, spellcheck: "false", value: query.get(key) ?? "" });
  const moment = (id, label) => inputField(t(label), { type: "datetime-local", id });
  const kinds = [["", t("audit.kind_all")], ...ACTIONS.map((name) => [name, name])];
  const user = text("user", "audit-user", "audit.user");
  const kind = field(t("audit.kind"), select(kinds, query.get("kind") ?? "", { id: "audit-kind" }));
  const network = text("network", "audit-network", "audit.network");
  const since = moment("audit-from", "audit.since");
  const until = moment("audit-until", "audit.until");
  const request = text("request", "audit-request", "audit.request");
  const root = toolbar(
    { class: "toolbar filters", id: "audit-filter" },
    load,
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
