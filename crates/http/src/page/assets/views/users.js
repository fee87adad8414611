// The users of the server, for administrators.

import { ask, changed } from "../dialogs.js";
import { el } from "../dom.js";
import { date } from "../moments.js";
import { chosenPassword, tooShort } from "../passwords.js";
import { t } from "../texts.js";
import { button, heading, inputField, refuse, searchField, show, table, toolbar } from "../widgets.js";
import { accountList, rowButtons } from "./accounts.js";
import { userState } from "./user.js";

export function usersView({ session, signal }) {
  const place = el("div", { id: "user-list" });
  const load = () =>
    show(place, async () => {
      const name = search.input.value.trim();
      const query = name === "" ? "" : `?${new URLSearchParams({ name })}`;
      const { users } = await session.call("GET", `/users${query}`, { signal });
      return accountList(
        users,
        [t("accounts.none"), t("accounts.none_text")],
        (id) => session.call("GET", `/users/${id}`, { signal }),
        (rows) => userTable(rows, session, load),
      );
    });
  const search = searchField(t("common.search"), "user-search", load);
  load();
  const make =
    session.may("POST /users") &&
    button(t("users.new"), { kind: "primary", id: "new-user", on: () => create(session, load) });
  return el("div", {}, heading(t("nav.users"), t("users.lead"), make), toolbar({}, () => {}, search.root), place);
}

function userTable(users, session, reload) {
  const actions = ({ userId: id, fullName: name, blocked }) =>
    rowButtons({ api: "/users", page: "/users", id, name, blocked }, session, reload);
  const columns = [
    { title: t("column.name"), cell: (user) => nameCell(user, session) },
    { title: t("field.username"), cell: ({ username }) => username ?? t("common.none") },
    { title: t("column.created"), cell: ({ creationTime }) => date(creationTime), kind: "moment" },
    { title: t("account.privileges"), cell: ({ privileges }) => privilegeWords(privileges ?? []) },
    { title: t("column.state"), cell: userState },
    { title: t("column.actions"), cell: actions, kind: "row-actions", unseen: true },
  ];
  return table(t("nav.users"), columns, users, ({ userId }) => userId);
}

function nameCell({ userId, fullName }, session) {
  return session.may("GET /users/{id}") ? el("a", { href: `#/users/${userId}` }, fullName) : fullName;
}

function privilegeWords(privileges) {
  return privileges.length === 0
    ? t("common.none")
    : el("span", { title: privileges.join(", ") }, t("users.privileges", { count: privileges.length }));
}

async function create(session, reload) {
  const username = inputField(
    t("field.username"),
    { autocapitalize: "off", spellcheck: "false" },
    { help: t("users.username_help") },
  );
  const fullName = inputField(t("users.full_name"), {}, { help: t("users.full_name_help") });
  const password = chosenPassword(t("users.first_password"));
  await ask({
    title: t("users.new"),
    fields: [username.root, fullName.root, password.root],
    action: t("users.create"),
    work: async () => {
      const name = username.input.value.trim();
      const isWrong = refuse([
        [username, name.length < 2 ? t("users.username_missing") : null],
        [password, tooShort(password)],
      ]);
      if (isWrong) {
        return undefined;
      }
      const full = fullName.input.value.trim();
      const body = { username: name, password: password.input.value, ...(full !== "" && { fullName: full }) };
      const answer = await session.call("POST", "/users", { body });
      return { name, warning: answer?.warning };
    },
    done: (made) => changed(reload, t("users.created", { name: made.name }), made),
  });
}
