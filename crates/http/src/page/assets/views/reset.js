// The page of a reset link: its holder chooses a new password, without a session.
//
// The link's secret stands after # in the address, where no server and no log sees it. It leaves the address at once.

import { call } from "../api.js";
import { announce, el, fill } from "../dom.js";
import { newPassword } from "../passwords.js";
import { t } from "../texts.js";
import { button, form, heading, linkButton, notice } from "../widgets.js";

export function resetView({ at }) {
  const { secret } = at;
  if (secret === undefined) {
    return el("div", { class: "narrow" }, heading(t("reset.title")), notice("info", el("p", {}, t("reset.again"))));
  }
  history.replaceState(null, "", "#/reset");
  const place = el("div", { class: "stack" });
  fill(place, resetForm(secret, (username) => fill(place, done(username))));
  return el("div", { class: "narrow" }, heading(t("reset.title"), t("reset.lead")), place);
}

function resetForm(secret, changed) {
  const chosen = newPassword();
  const submit = button(t("reset.submit"), { kind: "primary", type: "submit", id: "reset-password" });
  const content = [chosen.root, el("div", { class: "actions start" }, submit)];
  return form({ class: "panel", id: "reset-form" }, content, submit, async () => {
    const fresh = chosen.read();
    if (fresh === null) {
      return;
    }
    const { username } = await call("POST", "/password_reset", { body: { secret, newPassword: fresh } });
    chosen.empty();
    changed(username);
    announce(t("reset.done", { name: username }));
  });
}

function done(username) {
  return [
    notice("good", el("p", { id: "reset-done" }, t("reset.done", { name: username }))),
    el("div", { class: "actions start" }, linkButton(t("nav.sign_in"), "#/tokens", { kind: "primary", id: "reset-sign-in" })),
  ];
}
