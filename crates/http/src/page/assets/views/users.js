// The users of the server, for administrators.

import { ask, tellWarning } from "../dialogs.js";
import { announce, el } from "../dom.js";
import { date } from "../moments.js";
import { tooShort } from "../passwords.js";
import { t } from "../texts.js";
import { button, field, heading, linkButton, refuse, show, table } from "../widgets.js";
import { block, remove } from "./account_actions.js";
import { accountList } from "./account_list.js";
import { userState } from "./user.js";

/** How long somebody types before it is searched, in milliseconds. */
const PAUSE_MS = 250;

export function usersView({ session, signal }) {
  const place = el("div", { id: "user-list" });
  const search = el("input", { type: "search", id: "user-search", autocomplete: "off", spellcheck: "false" });
  const load = () =>
    show(place, async () => {
      const name = search.value.trim();
      const query = name === "" ? "" : `?${new URLSearchParams({ name })}`;
      const { users } = await session.call("GET", `/users${query}`, { signal });
      return accountList(
        users,
        (id) => session.call("GET", `/users/${id}`, { signal }),
        (rows) => userTable(rows, session, load),
      );
    });
  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(load, PAUSE_MS);
  });
  load();
  const make = session.may("POST /users")
    ? [button(t("users.new"), { kind: "primary", id: "new-user", on: () => create(session, load) })]
    : [];
  return el("div", {}, heading(t("users.title"), t("users.lead"), ...make), searchForm(search), place);
}

function searchForm(search) {
  const form = el("form", { class: "toolbar", role: "search" }, field(t("users.search"), search).root);
  form.addEventListener("submit", (event) => event.preventDefault());
  return form;
}

function userTable(users, session, reload) {
  const columns = [
    { title: t("column.name"), cell: (user) => nameCell(user, session) },
    { title: t("field.username"), cell: ({ username }) => username ?? t("account.no_username") },
    { title: t("column.created"), cell: ({ creationTime }) => date(creationTime), kind: "moment" },
    { title: t("account.privileges"), cell: ({ privileges }) => privilegeWords(privileges ?? []) },
    { title: t("column.state"), cell: userState },
    { title: t("column.actions"), cell: (user) => actions(user, session, reload), kind: "row-actions", unseen: true },
  ];
  return table(t("users.title"), columns, users, ({ userId }) => userId);
}

function nameCell({ userId, fullName }, session) {
  return session.may("GET /users/{id}") ? el("a", { href: `#/users/${userId}` }, fullName) : fullName;
}

function privilegeWords(privileges) {
  return privileges.length === 0
    ? t("account.no_privileges")
    : el("span", { title: privileges.join(", ") }, t("users.privileges", { count: privileges.length }));
}

function actions(user, session, reload) {
  const { userId: id, fullName: name, blocked } = user;
  const isSelf = id === session.user().userId;
  const one = (label, spoken, on, data, kind = "quiet") =>
    button(label, { kind, name: spoken, on, data: { action: data } });
  return [
    session.may("GET /users/{id}/tokens") && linkButton(t("nav.tokens"), `#/users/${id}/tokens`, { kind: "quiet" }),
    session.may("PATCH /users/{id}/access_block") &&
      !isSelf &&
      one(
        blocked ? t("accounts.unblock") : t("accounts.block"),
        blocked ? t("accounts.unblock_name", { name }) : t("accounts.block_name", { name }),
        () => block(`/users/${id}`, name, blocked, session, reload),
        "block",
      ),
    session.may("DELETE /users/{id}") &&
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
        [password, tooShort(password)],
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
    await tellWarning(done);
  }
}
