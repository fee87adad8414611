// The account itself: its names, its password, and its temporary tokens.

import { ask } from "../dialogs.js";
import { announce, el, fill } from "../dom.js";
import { missing, newPassword, spend } from "../passwords.js";
import { t } from "../texts.js";
import { button, form, heading, inputField, notice, panel, refuse } from "../widgets.js";
import { userFacts } from "./accounts.js";
import { descendantsOption } from "./made.js";

export function accountView({ session }) {
  const user = session.user();
  const privileges = [t("account.privileges"), user.privileges?.join(", ") || t("common.none")];
  const mustChange = user.mustChangePassword && notice("warning", el("p", {}, t("account.must_change")));
  const end = button(t("account.end_temporary"), {
    kind: "danger-quiet",
    id: "end-temporary",
    on: () => endTemporary(session),
  });
  return el(
    "div",
    { class: "stack" },
    heading(t("nav.account")),
    panel(t("account.who"), userFacts(user, privileges)),
    panel(t("account.password"), mustChange, passwordForm(session)),
    panel(
      t("account.temporary"),
      el("p", {}, t("account.temporary_text")),
      el("div", { class: "actions start" }, end),
    ),
  );
}

function passwordForm(session) {
  const hidden = { type: "password", autocomplete: "current-password", id: "old-password" };
  const old = inputField(t("account.old"), hidden);
  const chosen = newPassword();
  const submit = button(t("account.change"), { kind: "primary", type: "submit", id: "change-password" });
  const done = el("div");
  const content = [old.root, chosen.root, done, el("div", { class: "actions start" }, submit)];
  return form({ class: "narrow" }, content, submit, async () => {
    fill(done);
    if (refuse([[old, missing(old)]])) {
      return;
    }
    const newOne = chosen.read();
    if (newOne === null) {
      return;
    }
    await spend(old, (password) => {
      const body = { oldPassword: password, newPassword: newOne };
      return session.call("PATCH", "/user/password", { body, password });
    });
    chosen.empty();
    await session.refresh();
    fill(done, notice("good", el("p", {}, t("account.changed"))));
    announce(t("account.changed"));
  });
}

async function endTemporary(session) {
  const descendants = descendantsOption();
  await ask({
    title: t("account.end_title"),
    text: t("account.end_text"),
    fields: descendants.label,
    action: t("account.end_temporary"),
    danger: true,
    work: () => {
      const option = descendants.wanted() ? "?descendants=true" : "";
      return session.call("DELETE", `/user/tokens/temporary${option}`);
    },
    done: () => session.expire(),
  });
}
