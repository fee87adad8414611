// The privileges of a user, to be seen by administrators and changed by those who may.

import { changed } from "../dialogs.js";
import { el } from "../dom.js";
import { namesOf, t } from "../texts.js";
import { button, checkbox, form, notice } from "../widgets.js";

/**
 * A box for each privilege, in the order of the texts. Nobody grants or revokes a privilege that they lack. `reload` is called after a
 * change.
 */
export function privilegeForm({ userId, privileges }, session, reload) {
  const mayChange = session.may("PATCH /users/{id}/privileges");
  const own = session.user().privileges ?? [];
  const rows = namesOf("privilege").map((name) => {
    const { input, label } = checkbox([t(`privilege.${name}`), " ", el("code", { class: "help" }, name)], { value: name });
    input.checked = privileges.includes(name);
    input.disabled = !mayChange || !own.includes(name);
    return { input, label };
  });
  const submit = button(t("privileges.save"), { kind: "primary", type: "submit", id: "save-privileges" });
  const content = [
    mayChange ? el("p", { class: "help" }, t("privileges.help")) : notice("info", el("p", {}, t("privileges.only_seen"))),
    el("fieldset", { class: "privileges" }, el("legend", { class: "unseen" }, t("account.privileges")), rows.map(({ label }) => label)),
    el("div", { class: "actions start" }, mayChange && submit),
  ];
  return form({ class: "stack", id: "privileges-form" }, content, submit, async () => {
    const boxes = rows.map(({ input }) => input);
    const picked = (is) =>
      boxes.filter(({ checked, value }) => checked === is && privileges.includes(value) !== is).map(({ value }) => value);
    const body = { grant: picked(true), revoke: picked(false) };
    await changed(reload, t("privileges.saved"), await session.call("PATCH", `/users/${userId}/privileges`, { body }));
  });
}
