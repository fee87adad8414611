// The privileges of a user, to be seen by administrators and changed by those who may.

import { tellWarning } from "../dialogs.js";
import { announce, el } from "../dom.js";
import { t } from "../texts.js";
import { button, notice, submitting } from "../widgets.js";

/** All privileges, and what each is for. */
const PRIVILEGES = {
  oz_users_list: "privilege.users_list",
  oz_users_view: "privilege.users_view",
  oz_users_create: "privilege.users_create",
  oz_users_update: "privilege.users_update",
  oz_users_delete: "privilege.users_delete",
  oz_users_manage_passwords: "privilege.users_manage_passwords",
  zm_users_manage_privileges: "privilege.users_manage_privileges",
  oz_tokens_manage: "privilege.tokens_manage",
  oz_providers_list: "privilege.providers_list",
  oz_providers_view: "privilege.providers_view",
  zm_providers_create: "privilege.providers_create",
  oz_providers_update: "privilege.providers_update",
  oz_providers_delete: "privilege.providers_delete",
  zm_keys_manage: "privilege.keys_manage",
  zm_audit_view: "privilege.audit_view",
  zm_metrics_view: "privilege.metrics_view",
};

/** A box for each; nobody gives or takes away what they lack. `changed` is called after a change. */
export function privilegeForm({ userId, privileges }, session, changed) {
  const mayChange = session.may("zm_users_manage_privileges");
  const boxes = Object.keys(PRIVILEGES).map((name) => {
    const input = el("input", { type: "checkbox", value: name });
    input.checked = privileges.includes(name);
    input.disabled = !mayChange || !session.may(name);
    return input;
  });
  const one = (input) =>
    el(
      "label",
      { class: "check" },
      input,
      el("span", {}, t(PRIVILEGES[input.value]), " ", el("code", { class: "help" }, input.value)),
    );
  const submit = button(t("privileges.save"), { kind: "primary", type: "submit", id: "save-privileges" });
  const form = el(
    "form",
    { class: "stack", id: "privileges-form", novalidate: true },
    mayChange ? el("p", { class: "help" }, t("privileges.help")) : notice("info", el("p", {}, t("privileges.only_seen"))),
    el("fieldset", { class: "privileges" }, el("legend", { class: "unseen" }, t("account.privileges")), boxes.map(one)),
    el("div", { class: "actions start" }, mayChange && submit),
  );
  if (mayChange) {
    submitting(form, submit, async () => {
      const picked = (is) =>
        boxes.filter(({ checked, value }) => checked === is && privileges.includes(value) !== is).map(({ value }) => value);
      const body = { grant: picked(true), revoke: picked(false) };
      const answer = await session.call("PATCH", `/users/${userId}/privileges`, { body });
      await changed();
      announce(t("privileges.saved"));
      await tellWarning(answer);
    });
  }
  return form;
}
