// The privileges of a user, to be seen by administrators and changed by those who may.

import { tellWarning } from "../dialogs.js";
import { announce, el } from "../dom.js";
import { namesOf, t } from "../texts.js";
import { button, notice, submitting } from "../widgets.js";

/** A box for each; nobody gives or takes away what they lack. `changed` is called after a change. */
export function privilegeForm({ userId, privileges }, session, changed) {
  const mayChange = session.may("PATCH /users/{id}/privileges");
  const own = session.user().privileges ?? [];
  const boxes = namesOf("privilege").map((name) => {
    const input = el("input", { type: "checkbox", value: name });
    input.checked = privileges.includes(name);
    input.disabled = !mayChange || !own.includes(name);
    return input;
  });
  const one = (input) =>
    el(
      "label",
      { class: "check" },
      input,
      el("span", {}, t(`privilege.${input.value}`), " ", el("code", { class: "help" }, input.value)),
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
