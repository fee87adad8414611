// Password fields. A password stays in its field only until it was used: after a refusal it need not be typed again.

import { t } from "./texts.js";
import { inputField, refuse } from "./widgets.js";

const SHORTEST = 8;
const HIDDEN = { type: "password", autocomplete: "new-password" };

/** A field for the user's current password. */
export function passwordField(help) {
  return inputField(t("field.your_password"), { type: "password", autocomplete: "current-password" }, { help });
}

/** The error of an empty password field, or null. */
export function missing({ input }) {
  return input.value === "" ? t("field.password_missing") : null;
}

/** Does `work(password)`, then empties the field. If the password is wrong, empties and focuses the field. */
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

/** A field for a password that is chosen now. */
export function chosenPassword(label, id) {
  return inputField(label, { ...HIDDEN, id }, { help: t("account.new_help") });
}

/** Two fields for a new password. `read` gives it; null if it is wrong, with the error at its field. */
export function newPassword() {
  const once = chosenPassword(t("account.new"), "new-password");
  const again = inputField(t("field.password_again"), { ...HIDDEN, id: "new-password-again" });
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

/** The error of a new password that the page itself can find, or null. */
export function tooShort({ input }) {
  return input.value.length < SHORTEST ? t("field.password_short") : null;
}
