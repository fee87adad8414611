// One user, for administrators: facts, password, privileges, blocking.

import { ask, changed } from "../dialogs.js";
import { announce, el, fill } from "../dom.js";
import { failureNotice } from "../failures.js";
import { dateTime } from "../moments.js";
import { chosenPassword, spend, tooShort } from "../passwords.js";
import { t } from "../texts.js";
import {
  badge,
  button,
  checkbox,
  copyButton,
  copyText,
  heading,
  linkButton,
  notice,
  panel,
  refuse,
  show,
} from "../widgets.js";
import { accountButtons, accountState, userFacts } from "./accounts.js";
import { privilegeForm } from "./privileges.js";

export function userView({ session, at, signal, go, retitle }) {
  const place = el("div", { class: "stack", id: "user" });
  const load = () =>
    show(place, async () => {
      const user = await session.call("GET", `/users/${at.id}`, { signal });
      const { userId: id, fullName: name, blocked } = user;
      retitle(name);
      const state = [t("column.state"), el("div", { class: "inline" }, userState(user))];
      const buttons = accountButtons({ api: "/users", page: "/users", id, name, blocked }, session, {
        attributes: (action) => ({ id: `${action}-user` }),
        reload: load,
        deleted: () => go("/users"),
      });
      return [
        panel(t("account.who_user"), userFacts(user, state), el("div", { class: "actions start" }, buttons)),
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

/** Badges: whether the account is blocked, has very many tokens, has no password, or must change it. */
export function userState({ blocked, manyTokens, basicAuthEnabled, mustChangePassword }) {
  return [
    accountState(blocked, manyTokens),
    basicAuthEnabled ? null : badge("quiet", t("users.no_password")),
    mustChangePassword ? badge("warning", t("users.must_change")) : null,
  ];
}

/** A reset link, a password of the administrator's choice, and whether the user must change it. */
function passwordPart(user, session, load) {
  const { userId, fullName: name, mustChangePassword } = user;
  const made = el("div", { id: "reset-link-place" });
  const link = button(t("users.reset"), {
    kind: "primary",
    id: "make-reset-link",
    on: () => resetLink(user, session, made),
  });
  const { input: must, label } = checkbox(t("users.must_change_switch"), { id: "must-change" });
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
    label,
    told,
  ];
}

async function resetLink({ userId, fullName: name }, session, place) {
  await ask({
    title: t("users.reset_title", { name }),
    text: t("users.reset_text"),
    action: t("users.reset"),
    work: () => session.call("POST", `/users/${userId}/password_reset`),
    done: (made) => showLink(made, name, place),
  });
}

function showLink({ secret, validUntil }, name, place) {
  const address = `${location.origin}/#/reset/${secret}`;
  fill(
    place,
    notice(
      "warning",
      el("p", {}, t("users.reset_once", { name, moment: dateTime(validUntil) })),
      copyText(t("users.reset_link"), "reset-link", address),
      copyButton(() => address, { id: "copy-reset-link", name: t("users.reset_copy") }),
    ),
  );
  announce(t("users.reset_made"));
  document.getElementById("copy-reset-link").focus();
}

async function setPassword({ userId, fullName: name }, session, reload) {
  const password = chosenPassword(t("account.new"));
  await ask({
    title: t("users.password_title", { name }),
    text: t("users.password_text"),
    fields: password.root,
    action: t("users.password"),
    work: () => {
      const change = (newPassword) => {
        const body = { basicAuthEnabled: true, newPassword };
        return session.call("PATCH", `/users/${userId}/basic_auth`, { body });
      };
      return refuse([[password, tooShort(password)]]) ? undefined : spend(password, change);
    },
    done: () => changed(reload, t("users.password_set", { name })),
  });
}

/** Shows the user again; first the menu, if it is the user who is signed in. */
async function changedPrivileges({ userId }, session, { path }, go) {
  if (userId === session.user().userId) {
    await session.refresh();
  }
  go(path);
}
