// One user, for administrators: who it is, its password, its privileges, and whether it may do anything.

import { ask } from "../dialogs.js";
import { announce, el, fill } from "../dom.js";
import { failureNotice } from "../failures.js";
import { date, dateTime } from "../moments.js";
import { spend, tooShort } from "../passwords.js";
import { t } from "../texts.js";
import { badge, button, copyButton, field, heading, linkButton, notice, refuse, show } from "../widgets.js";
import { block, remove } from "./account_actions.js";
import { accountState } from "./account_list.js";
import { privilegeForm } from "./privileges.js";

export function userView({ session, at, signal, go, retitle }) {
  const place = el("div", { class: "stack", id: "user" });
  const load = () =>
    show(place, async () => {
      const user = await session.call("GET", `/users/${at.id}`, { signal });
      retitle(user.fullName);
      const panel = (title, ...content) => el("section", { class: "panel" }, el("h2", {}, title), content);
      return [
        panel(t("account.who_user"), facts(user), accountButtons(user, session, load, go)),
        session.may("PATCH /users/{id}/basic_auth") && panel(t("field.password"), passwordPart(user, session, load)),
        panel(t("account.privileges"), privilegeForm(user, session, () => changedPrivileges(user, session, at, go))),
      ];
    });
  load();
  return el(
    "div",
    {},
    heading(t("user.title"), undefined, linkButton(t("user.back"), "#/users", { id: "user-back" })),
    place,
  );
}

function facts(user) {
  const rows = [
    [t("column.name"), user.fullName],
    [t("field.username"), user.username ?? t("account.no_username")],
    [t("column.id"), el("code", {}, user.userId)],
    [t("column.created"), date(user.creationTime)],
    [t("column.state"), el("div", { class: "inline" }, userState(user))],
  ];
  return el(
    "dl",
    { class: "facts" },
    rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
  );
}

/** Whether the account may do anything, and what there is to its password. */
export function userState({ blocked, basicAuthEnabled, mustChangePassword }) {
  return [
    accountState(blocked),
    basicAuthEnabled ? null : badge("quiet", t("users.no_password")),
    mustChangePassword ? badge("warning", t("users.must_change")) : null,
  ];
}

function accountButtons(user, session, load, go) {
  const { userId, fullName: name, blocked } = user;
  const path = `/users/${userId}`;
  const isSelf = userId === session.user().userId;
  return el(
    "div",
    { class: "actions start" },
    session.may("GET /users/{id}/tokens") && linkButton(t("nav.tokens"), `#${path}/tokens`),
    session.may("PATCH /users/{id}/access_block") &&
      !isSelf &&
      button(blocked ? t("accounts.unblock") : t("accounts.block"), {
        id: "block-user",
        on: () => block(path, name, blocked, session, load),
      }),
    session.may("DELETE /users/{id}") &&
      !isSelf &&
      button(t("common.delete"), {
        kind: "danger-quiet",
        id: "delete-user",
        on: () => remove(path, name, session, () => go("/users")),
      }),
  );
}

/** A link with which the user chooses a password that nobody else knows; and the switch that makes them choose one. */
function passwordPart(user, session, load) {
  const { userId, fullName: name, mustChangePassword } = user;
  const made = el("div", { id: "reset-link-place" });
  const link = button(t("users.reset"), {
    kind: "primary",
    id: "make-reset-link",
    on: () => resetLink(user, session, made),
  });
  const must = el("input", { type: "checkbox", id: "must-change" });
  must.checked = mustChangePassword === true;
  const told = el("div");
  must.addEventListener("change", async () => {
    const wanted = must.checked;
    fill(told);
    try {
      await session.call("PATCH", `/users/${userId}/basic_auth`, { body: { mustChangePassword: wanted } });
      await load();
      announce(wanted ? t("users.must_change_said", { name }) : t("users.may_stay_said", { name }));
      document.getElementById("must-change")?.focus();
    } catch (error) {
      must.checked = !wanted;
      fill(told, failureNotice(error));
    }
  });
  return [
    el("p", { class: "help" }, t("users.reset_help")),
    el(
      "div",
      { class: "actions start" },
      link,
      button(t("users.password"), { id: "set-password", on: () => setPassword(user, session, load) }),
    ),
    made,
    el("label", { class: "check", for: "must-change" }, must, el("span", {}, t("users.must_change_switch"))),
    told,
  ];
}

async function resetLink({ userId, fullName: name }, session, place) {
  const made = await ask({
    title: t("users.reset_title", { name }),
    body: el("p", {}, t("users.reset_text")),
    action: t("users.reset"),
    work: () => session.call("POST", `/users/${userId}/password_reset`),
  });
  if (!made) {
    return;
  }
  const address = `${location.origin}/#/reset/${made.secret}`;
  fill(
    place,
    notice(
      "warning",
      el("p", {}, t("users.reset_once", { name, moment: dateTime(made.validUntil) })),
      el(
        "code",
        {
          class: "token",
          id: "reset-link",
          tabindex: "0",
          role: "textbox",
          "aria-readonly": "true",
          "aria-label": t("users.reset_link"),
        },
        address,
      ),
      copyButton(() => address, { id: "copy-reset-link", name: t("users.reset_copy") }),
    ),
  );
  announce(t("users.reset_made"));
  document.getElementById("copy-reset-link").focus();
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
      if (refuse([[password, tooShort(password)]])) {
        return undefined;
      }
      await spend(password, (newOne) => {
        const body = { basicAuthEnabled: true, newPassword: newOne };
        return session.call("PATCH", `/users/${userId}/basic_auth`, { body });
      });
      return true;
    },
  });
  if (done) {
    await reload();
    announce(t("users.password_set", { name }));
  }
}

/** What somebody may do has changed: their own menu, too, if it is who is signed in. */
async function changedPrivileges({ userId }, session, { path }, go) {
  if (userId === session.user().userId) {
    await session.refresh();
  }
  go(path);
}
