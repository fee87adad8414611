// The audit trail, newest first, for administrators.

import { announce, el, fill } from "../dom.js";
import { dateTime } from "../moments.js";
import { t } from "../texts.js";
import { button, empty, field, heading, moreButton, select, show, table } from "../widgets.js";

/** What the server writes down. */
const ACTIONS = `
  token.mint token.temporary token.import token.update token.revoke token.restore token.delete token.purge
  user.add user.password user.basic_auth user.names user.privileges user.generation user.block user.unblock user.remove
  key.add key.retire key.rewrap login.refused audit.checkpoint audit.archive store.copy store.restore
`
  .trim()
  .split(/\s+/);

const PAGE = 50;
/** Pages that are looked through for rows that fit a filter, before the reader is asked whether to go on. */
const PAGES_AT_ONCE = 10;
/** Names that are asked for at the same time. */
const NAMES_AT_ONCE = 20;

export function auditView({ session, signal }) {
  const user = field(
    t("audit.user"),
    el("input", { type: "search", id: "audit-user", autocomplete: "off", spellcheck: "false" }),
  );
  const kinds = [["", t("audit.kind_all")], ...ACTIONS.map((name) => [name, name])];
  const kind = field(t("audit.kind"), select(kinds, "", { id: "audit-kind" }));
  const place = el("div", { id: "audit-list" });
  const page = (filter, cursor) => {
    const query = new URLSearchParams({ limit: PAGE });
    for (const [key, value] of [...filter, ["cursor", cursor ?? ""]]) {
      if (value !== "") {
        query.set(key, value);
      }
    }
    return session.call("GET", `/audit?${query}`, { signal });
  };
  const names = new Map();
  // Whose ids they are, for who may see users. An account that is gone has no name any more.
  const learn = async (rows) => {
    const ids = [...new Set(rows.flatMap(({ actor, user: of }) => [actor, of]))].filter(
      (id) => id !== null && !names.has(id),
    );
    if (session.may("oz_users_view")) {
      const found = await Promise.all(
        ids.slice(0, NAMES_AT_ONCE).map((id) => session.call("GET", `/users/${id}`, { signal }).catch(() => null)),
      );
      found.filter(Boolean).forEach(({ userId, fullName }) => names.set(userId, fullName));
    }
  };
  // With a filter a page may have no rows, and older ones still have some.
  const some = async (filter, from) => {
    let found = await page(filter, from);
    for (let more = 1; more < PAGES_AT_ONCE && found.rows.length === 0 && found.next !== null; more += 1) {
      found = await page(filter, found.next);
    }
    await learn(found.rows);
    return found;
  };
  const load = () =>
    show(place, async () => {
      // What is typed later is for another list.
      const filter = [
        ["user", user.input.value.trim()],
        ["kind", kind.input.value],
      ];
      const first = await some(filter, null);
      if (first.rows.length === 0 && first.next === null) {
        return empty(t("audit.none"), t("audit.none_text"));
      }
      const rows = [...first.rows];
      const list = el("div");
      let cursor = first.next;
      const older = moreButton(t("audit.older"), cursor !== null, async () => {
        const next = await some(filter, cursor);
        rows.push(...next.rows);
        cursor = next.next;
        fill(list, auditTable(rows, names));
        announce(t("audit.shown", { count: rows.length }));
        return cursor !== null;
      });
      fill(list, auditTable(rows, names));
      return [list, older];
    });
  const form = el(
    "form",
    { class: "toolbar", role: "search", id: "audit-filter" },
    user.root,
    kind.root,
    button(t("audit.filter"), { type: "submit", id: "audit-submit" }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    load();
  });
  load();
  return el("div", {}, heading(t("audit.title"), t("audit.lead")), form, place);
}

function auditTable(rows, names) {
  const columns = [
    {
      title: t("audit.time"),
      cell: ({ time, atMs, chain, seq }) => [
        el("time", { datetime: time, title: time }, dateTime(atMs / 1000)),
        el("span", { class: "help" }, chain === "" ? t("audit.row_alone", { seq }) : t("audit.row", { chain, seq })),
      ],
      kind: "moment",
    },
    { title: t("audit.action"), cell: ({ action }) => el("code", {}, action) },
    { title: t("audit.actor"), cell: ({ actor }) => (actor === null ? t("audit.operator") : account(actor, names)) },
    { title: t("audit.account"), cell: ({ user }) => account(user, names) },
    { title: t("audit.token"), cell: ({ token }) => identity(token) },
    { title: t("audit.note"), cell: ({ note }) => note ?? "", kind: "note" },
  ];
  return table(t("audit.title"), columns, rows, ({ chain, seq }) => `${chain}-${seq}`);
}

function account(id, names) {
  return names.has(id) ? el("span", { title: id }, names.get(id)) : identity(id);
}

/** Ids are long: the start is enough to compare, the whole is there to be read and searched. */
function identity(id) {
  return id === null ? "" : el("code", { class: "id", title: id }, id);
}
