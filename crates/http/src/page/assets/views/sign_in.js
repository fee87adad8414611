// Signing in with name and password. The password is used for one call and cleared at once.

import { el } from "../dom.js";
import { missing, newPassword, spend } from "../passwords.js";
import { t } from "../texts.js";
import { button, form, inputField, notice, refuse } from "../widgets.js";

/** The server's id of the error that the password must be changed first. */
const MUST_CHANGE = "passwordChangeRequired";

/** `why` is "expired" or "signed_out" when a session has just ended, else null. */
export function signInView({ session }, why) {
  const name = inputField(t("field.username"), {
    id: "username",
    name: "username",
    autocomplete: "username",
    autocapitalize: "off",
    spellcheck: "false",
    required: true,
    autofocus: true,
  });
  const password = inputField(t("field.password"), {
    type: "password",
    id: "password",
    name: "password",
    autocomplete: "current-password",
    required: true,
  });
  const submit = button(t("nav.sign_in"), { kind: "primary wide", type: "submit", id: "sign-in" });
  const root = form({ class: "panel", id: "sign-in-form" }, [name.root, password.root, submit], submit, async () => {
    const isWrong = refuse([
      [name, name.input.value === "" ? t("field.username_missing") : null],
      [password, missing(password)],
    ]);
    if (isWrong) {
      return;
    }
    const who = name.input.value.trim();
    await spend(password, async (given) => {
      try {
        await session.signIn(who, given);
      } catch (error) {
        if (error.id !== MUST_CHANGE) {
          throw error;
        }
        const change = changeForm(session, who, given);
        root.replaceWith(change);
        change.querySelector("[type=password]").focus();
      }
    });
  });
  return el(
    "div",
    { class: "sign-in" },
    el("img", { src: "/console/mark.svg", alt: "", width: 56, height: 56 }),
    el("h1", { tabindex: "-1" }, t("nav.sign_in")),
    el("p", { class: "lead" }, t("sign_in.lead")),
    ended(why),
    root,
    el("p", { class: "help" }, t("sign_in.kept")),
    el("p", { class: "help" }, t("sign_in.or"), " ", el("a", { href: "#/inspect" }, t("sign_in.inspect"))),
  );
}

/** For a user whose password is right and must be changed first. */
function changeForm(session, who, given) {
  // The password that the server has accepted. If the sign-in after it fails, only the sign-in is repeated.
  let changed = null;
  const chosen = newPassword();
  const submit = button(t("sign_in.change"), { kind: "primary wide", type: "submit", id: "change-password" });
  const name = el("input", { type: "text", autocomplete: "username", value: who, hidden: true });
  const content = [notice("warning", el("p", {}, t("sign_in.must_change"))), name, chosen.root, submit];
  return form({ class: "panel", id: "must-change-form" }, content, submit, async () => {
    const fresh = chosen.read();
    if (fresh === null) {
      return;
    }
    if (fresh !== changed) {
      await session.changePassword(who, changed ?? given, fresh);
      changed = fresh;
    }
    await session.signIn(who, fresh);
    chosen.empty();
  });
}

function ended(why) {
  const [kind, text] = why === "expired" ? ["warning", "sign_in.expired"] : ["good", "sign_in.signed_out"];
  return why === null ? null : notice(kind, el("p", {}, t(text)));
}
