// Rows of the audit trail as tables: all of them for administrators, and those about one token for its owner.

import { announce, el } from "../dom.js";
import { dateTime } from "../moments.js";
import { t } from "../texts.js";
import { pagedList, table } from "../widgets.js";

/** What happened to a token, by the name of its action. */
const HISTORY = {
  "token.mint": "history.mint",
  "token.temporary": "history.mint",
  "token.import": "history.import",
  "token.update": "history.update",
  "token.revoke": "history.revoke",
  "token.restore": "history.restore",
  "token.delete": "history.delete",
};

/** Words of a note that are shown elsewhere. */
const PLACED = /(?:^| )(?:way|request|network)=[^ ]*/g;

/** Rows of the trail, newest first, as `pagedList` has them. */
export function trailList(list) {
  return pagedList({ ...list, label: t("audit.older"), shown: (count) => announce(t("audit.shown", { count })) });
}

/** The whole trail. `names` are those of accounts, by id; a token of an account in `opened` has a page. */
export function auditTable(rows, names, opened) {
  const columns = [
    {
      title: t("audit.time"),
      cell: (row) => [moment(row), el("span", { class: "help" }, number(row))],
      kind: "moment",
    },
    { title: t("audit.kind"), cell: ({ action }) => el("code", {}, action) },
    { title: t("audit.actor"), cell: ({ actor }) => (actor === null ? t("audit.operator") : account(actor, names)) },
    { title: t("nav.account"), cell: ({ user }) => account(user, names) },
    { title: t("column.token"), cell: ({ token, user }) => tokenLink(token, user, opened) },
    { title: t("audit.note"), cell: (row) => [note(row), origin(row)], kind: "note" },
  ];
  return table(t("nav.audit"), columns, rows, ({ chain, seq }) => `${chain}-${seq}`);
}

/** What happened to one token of an account, `owner` by its id. */
export function historyTable(rows, owner) {
  const columns = [
    { title: t("audit.time"), cell: moment, kind: "moment" },
    { title: t("audit.kind"), cell: ({ action }) => (Object.hasOwn(HISTORY, action) ? t(HISTORY[action]) : action) },
    { title: t("audit.actor"), cell: ({ actor }) => by(actor, owner) },
    { title: t("audit.from"), cell: from, kind: "from" },
    { title: t("audit.note"), cell: note, kind: "note" },
  ];
  return table(t("token_page.history"), columns, rows, ({ atMs, action }) => `${atMs}-${action}`);
}

function by(actor, owner) {
  if (actor === null) {
    return t("audit.operator");
  }
  return actor === owner ? t("history.owner") : identity(actor);
}

function moment({ time, atMs }) {
  return el("time", { datetime: time, title: time }, dateTime(atMs / 1000));
}

function number({ chain, seq }) {
  return chain === "" ? t("audit.row_alone", { seq }) : t("audit.row", { chain, seq });
}

/** Network and way of signing in, in one line. */
function origin({ network, way }) {
  return (network || way) && el("span", { class: "help" }, [network, way].filter(Boolean).join(" · "));
}

/** Network and way of signing in, in a column. */
function from({ network, way }) {
  return [network && el("span", {}, network), way && el("span", { class: "help" }, way)];
}

function note({ note: text, request }) {
  const rest = (text ?? "").replace(PLACED, "").trim();
  return [
    rest !== "" && el("span", {}, rest),
    request && el("span", { class: "help" }, t("audit.request_id"), " ", el("code", {}, request)),
  ];
}

function account(id, names) {
  return names.has(id) ? el("span", { title: id }, names.get(id)) : identity(id);
}

function tokenLink(id, user, opened) {
  return id !== null && opened.has(user) ? el("a", { href: `#/users/${user}/tokens/${id}` }, identity(id)) : identity(id);
}

/** Ids are long: the start is shown, and the whole can be read and searched. */
function identity(id) {
  return id === null ? "" : el("code", { class: "id", title: id }, id);
}
