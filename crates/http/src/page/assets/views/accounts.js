// What users and services have in common: a list of them, their state, and what can be done with one.

import { ask, changed, confirm } from "../dialogs.js";
import { el } from "../dom.js";
import { date } from "../moments.js";
import { t } from "../texts.js";
import { badge, button, empty, facts, linkButton, pagedList } from "../widgets.js";

/** Accounts that are requested at the same time, and shown at first. */
const PAGE = 25;

/** Accounts by their ids, a page at a time, as `draw` shows them. `none` is the title and the text of an empty list. */
export function accountList(ids, none, fetchOne, draw) {
  const counted = (rows) => el("p", { class: "help count" }, t("accounts.shown", { count: rows.length, all: ids.length }));
  return pagedList({
    page: async (from = 0) => ({
      rows: await Promise.all(ids.slice(from, from + PAGE).map(fetchOne)),
      next: from + PAGE < ids.length ? from + PAGE : null,
    }),
    draw: (rows) => [draw(rows), counted(rows)],
    none: () => empty(...none),
  });
}

/** What is known of a user, with one more row. */
export function userFacts({ fullName, username, userId, creationTime }, more) {
  return facts([
    [t("column.name"), fullName],
    [t("field.username"), username ?? t("common.none")],
    [t("column.id"), el("code", {}, userId)],
    [t("column.created"), date(creationTime)],
    more,
  ]);
}

export function accountState(blocked, manyTokens) {
  return [
    blocked ? badge("bad", t("accounts.blocked")) : badge("good", t("state.active")),
    manyTokens ? badge("warning", t("accounts.many_tokens")) : null,
  ];
}

/**
 * Buttons for what the signed-in user may do with an account of a kind: `api` is the path of the kind in the API, `page` in the
 * console. `reload` is called after a change, `deleted` after a deletion. `attributes(action, spoken)` gives those of a button.
 */
export function accountButtons({ api, page, id, name, blocked }, session, { kind, attributes, reload, deleted }) {
  const path = `${api}/${id}`;
  const isSelf = id === session.user().userId;
  const [label, spoken] = blocked
    ? [t("accounts.unblock"), t("accounts.unblock_name", { name })]
    : [t("accounts.block"), t("accounts.block_name", { name })];
  return [
    session.may(`GET ${api}/{id}/tokens`) && linkButton(t("nav.tokens"), `#${page}/${id}/tokens`, { kind }),
    session.may(`PATCH ${api}/{id}/access_block`) &&
      !isSelf &&
      button(label, { kind, on: () => block(path, name, blocked, session, reload), ...attributes("block", spoken) }),
    session.may(`DELETE ${api}/{id}`) &&
      !isSelf &&
      button(t("common.delete"), {
        kind: "danger-quiet",
        on: () => remove(path, name, session, deleted),
        ...attributes("delete", t("common.delete_name", { name })),
      }),
  ];
}

/** The same in a row of a list. */
export function rowButtons(account, session, reload) {
  const attributes = (action, name) => ({ name, data: { action } });
  return accountButtons(account, session, { kind: "quiet", attributes, reload, deleted: reload });
}

async function block(path, name, blocked, session, reload) {
  await ask({
    title: blocked ? t("accounts.unblock_title", { name }) : t("accounts.block_title", { name }),
    text: blocked ? t("accounts.unblock_text") : t("accounts.block_text"),
    action: blocked ? t("accounts.unblock") : t("accounts.block"),
    danger: !blocked,
    work: () => session.call("PATCH", `${path}/access_block`, { body: { blocked: !blocked } }),
    done: (answer) =>
      changed(reload, blocked ? t("accounts.unblocked_said", { name }) : t("accounts.blocked_said", { name }), answer),
  });
}

/** Deletes an account after its name was typed. */
async function remove(path, name, session, reload) {
  await confirm({
    title: t("accounts.delete_title", { name }),
    text: t("accounts.delete_text"),
    action: t("common.delete"),
    typed: name,
    done: async () => changed(reload, t("common.deleted", { name }), await session.call("DELETE", path)),
  });
}
