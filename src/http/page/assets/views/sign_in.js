// Signing in with name and password. The password is used for one call and cleared at once.

import { el } from "../dom.js";
import { t } from "../texts.js";
import { button, field, notice, submitting } from "../widgets.js";

/** `why` is "expired" or "signed_out" when a session has just ended, else null. */
export function signInView({ session }, why) {
  const name = field(
    t("field.username"),
    el("input", {
      type: "text",
      id: "username",
      name: "username",
      autocomplete: "username",
      autocapitalize: "off",
      spellcheck: "false",
      required: true,
      autofocus: true,
    }),
  );
  const password = field(
    t("field.password"),
    el("input", {
      type: "password",
      id: "password",
      name: "password",
      autocomplete: "current-password",
      required: true,
    }),
  );
  const submit = button(t("sign_in.submit"), { kind: "primary wide", type: "submit", id: "sign-in" });
  const form = el("form", { class: "panel", id: "sign-in-form", novalidate: true }, name.root, password.root, submit);
  submitting(form, submit, async () => {
    const missing = [
      [name, t("field.username_missing")],
      [password, t("field.password_missing")],
    ].filter(([one, text]) => {
      const isEmpty = one.input.value === "";
      one.refuse(isEmpty ? text : null);
      return isEmpty;
    });
    if (missing.length > 0) {
      missing[0][0].input.focus();
      return;
    }
    const given = password.input.value;
    password.input.value = "";
    try {
      await session.signIn(name.input.value.trim(), given);
    } catch (error) {
      password.input.focus();
      throw error;
    }
  });
  return el(
    "div",
    { class: "sign-in" },
    el("img", { src: "/console/mark.svg", alt: "", width: 56, height: 56 }),
    el("h1", { tabindex: "-1" }, t("sign_in.title")),
    el("p", { class: "lead" }, t("sign_in.lead")),
    ended(why),
    form,
    el("p", { class: "help" }, t("sign_in.kept")),
    el("p", { class: "help" }, t("sign_in.or"), " ", el("a", { href: "#/inspect" }, t("sign_in.inspect"))),
  );
}

function ended(why) {
  switch (why) {
    case "expired":
      return notice("warning", el("p", {}, t("sign_in.expired")));
    case "signed_out":
      return notice("good", el("p", {}, t("sign_in.signed_out")));
    default:
      return null;
  }
}
