// Questions in a dialog. While one is open nothing else can be reached; when it closes, focus goes back to where it was.

import { el, freshId } from "./dom.js";
import { failureNotice } from "./failures.js";
import { missing, passwordField, spend } from "./passwords.js";
import { t } from "./texts.js";
import { button, field, refuse, submitting } from "./widgets.js";

/** Asks whether to go on. With `typed`, only for who writes that word. */
export function confirm({ title, text, action, danger = true, typed = null }) {
  const input =
    typed === null
      ? null
      : field(t("dialog.type", { word: typed }), el("input", { type: "text", autocomplete: "off" }));
  return ask({
    title,
    body: [paragraphs(text), input?.root],
    action,
    danger,
    work: () => {
      if (input !== null && input.input.value.trim() !== typed) {
        input.refuse(t("dialog.type_wrong", { word: typed }));
        input.input.focus();
        return undefined;
      }
      return true;
    },
  });
}

/**
 * Asks for the password, and does `work(password)` with it. Gives what that gives, or undefined when cancelled. `check` says
 * whether the other fields may be sent; `refused` says at its field what an error is about, and whether it did.
 */
export function withPassword({ title, text, action, fields = [], danger = false, check = () => true, refused, work }) {
  const password = passwordField();
  return ask({
    title,
    body: [paragraphs(text), fields, password.root],
    action,
    danger,
    work: async () => {
      if (!check() || refuse([[password, missing(password)]])) {
        return undefined;
      }
      try {
        return await spend(password, work);
      } catch (error) {
        if (refused?.(error)) {
          return undefined;
        }
        throw error;
      }
    },
  });
}

/** Says what went wrong where no form is left to say it in. */
export function tellFailure(error) {
  return ask({ title: t("common.failed"), body: failureNotice(error), action: t("common.close"), work: () => true });
}

/** Tells what the server warns of in an answer, if it does. */
export async function tellWarning(answer) {
  if (answer?.warning) {
    const text = el("p", {}, answer.warning);
    await ask({ title: t("common.warning"), body: text, action: t("common.close"), work: () => true });
  }
}

/**
 * A dialog with fields. `work` does what the dialog is for: what it gives closes the dialog and is the answer; undefined
 * keeps it open, and an error is shown in it.
 */
export function ask({ title, body, action, danger = false, work }) {
  return new Promise((resolve) => {
    const titleId = freshId("dialog-title");
    let answer;
    const submit = button(action, { kind: danger ? "danger" : "primary", type: "submit" });
    const cancel = button(t("common.cancel"), { on: () => dialog.close() });
    const actions = el("div", { class: "actions" }, cancel, submit);
    const form = el("form", { novalidate: true }, el("h2", { id: titleId }, title), body, actions);
    const dialog = el("dialog", { "aria-labelledby": titleId, on: { close: closed } }, form);
    submitting(form, submit, async () => {
      const result = await work();
      if (result !== undefined) {
        answer = result;
        dialog.close();
      }
    });

    function closed() {
      dialog.remove();
      resolve(answer);
    }
    document.body.append(dialog);
    dialog.showModal();
    // What destroys is never one key press away.
    const first = form.querySelector("input, select, textarea");
    (first ?? (danger ? cancel : submit)).focus();
  });
}

function paragraphs(text) {
  return [text].flat().map((one) => (typeof one === "string" ? el("p", {}, one) : one));
}
