// The users of the server, for administrators.

import { ask, confirm, tell, tellFailure } from "../dialogs.js";
import { announce, el, fill } from "../dom.js";
import { date } from "../moments.js";
import { t } from "../texts.js";
import { badge, button, empty, field, heading, linkButton, moreButton, refuse, show, table } from "../widgets.js";

/** Accounts that are asked for at the same time, and shown at first. */
const AT_ONCE = 25;

export function usersView({ session, signal }) {
  const place = el("div", { id: "user-list" });
  const load = () =>
    show(place, async () => {
      const { users } = await session.call("GET", "/users", { signal });
      return accountList(
        users,
        (id) => session.call("GET", `/users/${id}`, { signal }),
        (rows) => userTable(rows, session, load),
      );
    });
  load();
  const make = session.may("oz_users_create")
    ? [button(t("users.new"), { kind: "primary", id: "new-user", on: () => create(session, load) })]
    : [];
  return el("div", {}, heading(t("users.title"), t("users.lead"), ...make), place);
}

/** Accounts by their ids, some at a time, as `draw` shows them. */
export async function accountList(ids, fetchOne, draw) {
  if (ids.length === 0) {
    return empty(t("accounts.none"), t("accounts.none_text"));
  }
  const rows = [];
  const place = el("div");
  const count = el("p", { class: "help count" });
  const next = async () => {
    const part = ids.slice(rows.length, rows.length + AT_ONCE);
    rows.push(...(await Promise.all(part.map(fetchOne))));
    fill(place, draw(rows));
    count.textContent = t("accounts.shown", { count: rows.length, all: ids.length });
    return rows.length < ids.length;
  };
  const hasMore = await next();
  return [place, count, moreButton(t("common.more"), hasMore, next)];
}

function userTable(users, session, reload) {
  const columns = [
    { title: t("column.name"), cell: ({ fullName }) => fullName },
    { title: t("field.username"), cell: ({ username }) => username ?? t("account.no_username") },
    { title: t("column.created"), cell: ({ creationTime }) => date(creationTime), kind: "moment" },
    { title: t("account.privileges"), cell: ({ privileges }) => privilegeWords(privileges ?? []) },
    {
      title: t("column.state"),
      cell: ({ blocked, basicAuthEnabled }) => [
        accountState(blocked),
        basicAuthEnabled ? null : badge("quiet", t("users.no_password")),
      ],
    },
    { title: t("column.actions"), cell: (user) => actions(user, session, reload), kind: "row-actions", unseen: true },
  ];
  return table(t("users.title"), columns, users, ({ userId }) => userId);
}

function privilegeWords(privileges) {
  return privileges.length === 0
    ? t("account.no_privileges")
    : el("span", { title: privileges.join(", ") }, t("users.privileges", { count: privileges.length }));
}

export function accountState(blocked) {
  return blocked ? badge("bad", t("accounts.blocked")) : badge("good", t("state.active"));
}

function actions(user, session, reload) {
  const { userId: id, fullName: name, blocked } = user;
  const isSelf = id === session.user().userId;
  const one = (label, spoken, on, data, kind = "quiet") =>
    button(label, { kind, name: spoken, on, data: { action: data } });
  return [
    session.may("oz_tokens_manage") && linkButton(t("nav.tokens"), `#/users/${id}/tokens`, { kind: "quiet" }),
    session.may("oz_users_manage_passwords") &&
      one(
        t("users.password"),
        t("users.password_name", { name }),
        () => setPassword(user, session, reload),
        "password",
      ),
    session.may("oz_users_update") &&
      !isSelf &&
      one(
        blocked ? t("accounts.unblock") : t("accounts.block"),
        blocked ? t("accounts.unblock_name", { name }) : t("accounts.block_name", { name }),
        () => block(`/users/${id}`, name, blocked, session, reload),
        "block",
      ),
    session.may("oz_users_delete") &&
      !isSelf &&
      one(
        t("common.delete"),
        t("common.delete_name", { name }),
        () => remove(`/users/${id}`, name, session, reload),
        "delete",
        "danger-quiet",
      ),
  ];
}

async function create(session, reload) {
  const username = field(
    t("field.username"),
    el("input", { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false" }),
    { help: t("users.username_help") },
  );
  const fullName = field(t("users.full_name"), el("input", { type: "text", autocomplete: "off" }), {
    help: t("users.full_name_help"),
  });
  const password = field(t("users.first_password"), el("input", { type: "password", autocomplete: "new-password" }), {
    help: t("account.new_help"),
  });
  const done = await ask({
    title: t("users.new"),
    body: [username.root, fullName.root, password.root],
    action: t("users.create"),
    work: async () => {
      const isWrong = refuse([
        [username, username.input.value.trim().length < 2 ? t("users.username_missing") : null],
        [password, password.input.value.length < 8 ? t("field.password_short") : null],
      ]);
      if (isWrong) {
        return undefined;
      }
      const body = { username: username.input.value.trim(), password: password.input.value };
      if (fullName.input.value.trim() !== "") {
        body.fullName = fullName.input.value.trim();
      }
      const answer = await session.call("POST", "/users", { body });
      return { name: body.username, warning: answer?.warning };
    },
  });
  if (done) {
    await reload();
    announce(t("users.created", { name: done.name }));
    if (done.warning) {
      await tell(t("common.warning"), done.warning);
    }
  }
}

async function setPassword({ userId, fullName: name }, session, reload) {
  const password = field(t("account.new"), el("input", { type: "password", autocomplete: "new-password" }), {
    help: t("account.new_help"),
  });
  const done = await ask({
    title: t("users.password_title", { name }),
    body: [el("p", {}, t("users.password_text")), password.root],
    action: t("users.password"),
    work: async () => {
      if (password.input.value.length < 8) {
        password.refuse(t("field.password_short"));
        password.input.focus();
        return undefined;
      }
      const body = { basicAuthEnabled: true, newPassword: password.input.value };
      password.input.value = "";
      await session.call("PATCH", `/users/${userId}/basic_auth`, { body });
      return true;
    },
  });
  if (done) {
    await reload();
    announce(t("users.password_set", { name }));
  }
}

/** Blocks an account, or takes that back. */
export async function block(path, name, blocked, session, reload) {
  const done = await ask({
    title: blocked ? t("accounts.unblock_title", { name }) : t("accounts.block_title", { name }),
    body: el("p", {}, blocked ? t("accounts.unblock_text") : t("accounts.block_text")),
    action: blocked ? t("accounts.unblock") : t("accounts.block"),
    danger: !blocked,
    work: () => session.call("PATCH", `${path}/access_block`, { body: { blocked: !blocked } }).then(() => true),
  });
  if (done) {
    await reload();
    announce(blocked ? t("accounts.unblocked_said", { name }) : t("accounts.blocked_said", { name }));
  }
}

/** Deletes an account, for who writes its name. */
export async function remove(path, name, session, reload) {
  const sure = await confirm({
    title: t("accounts.delete_title", { name }),
    text: t("accounts.delete_text"),
    action: t("common.delete"),
    typed: name,
  });
  if (!sure) {
    return;
  }
  try {
    await session.call("DELETE", path);
    await reload();
    announce(t("accounts.deleted", { name }));
  } catch (error) {
    await tellFailure(error);
  }
}
