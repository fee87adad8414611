// Passwords that are typed: they stay in their fields until they have done their work, so that after a refusal nothing is typed
// twice, and not longer.

import { el } from "./dom.js";
import { t } from "./texts.js";
import { field, refuse } from "./widgets.js";

const SHORTEST = 8;

/** A field for the password that the user has. */
export function passwordField(help) {
  const input = el("input", { type: "password", autocomplete: "current-password" });
  return field(t("field.your_password"), input, { help });
}

/** What is missing in a field for a password that there is. */
export function missing({ input }) {
  return input.value === "" ? t("field.password_missing") : null;
}

/** Does `work(password)`, and empties the field after it; also when the password is wrong, and then goes back to it. */
export async function spend({ input }, work) {
  try {
    const done = await work(input.value);
    input.value = "";
    return done;
  } catch (error) {
    if (error.status === 401) {
      input.value = "";
      input.focus();
    }
    throw error;
  }
}

/** Two fields for a new password: `read` gives it, or null with what is wrong said at its field. */
export function newPassword() {
  const once = field(
    t("account.new"),
    el("input", { type: "password", autocomplete: "new-password", id: "new-password" }),
    { help: t("account.new_help") },
  );
  const again = field(
    t("field.password_again"),
    el("input", { type: "password", autocomplete: "new-password", id: "new-password-again" }),
  );
  return {
    root: [once.root, again.root],
    read() {
      const isWrong = refuse([
        [once, tooShort(once)],
        [again, again.input.value === once.input.value ? null : t("field.password_differs")],
      ]);
      return isWrong ? null : once.input.value;
    },
    empty() {
      once.input.value = "";
      again.input.value = "";
    },
  };
}

/** What is wrong with a new password as far as the page can tell. */
export function tooShort({ input }) {
  return input.value.length < SHORTEST ? t("field.password_short") : null;
}
