// Questions in a dialog. While one is open nothing else can be reached; when it closes, focus goes back to where it was.

import { announce, el, freshId } from "./dom.js";
import { failureNotice } from "./failures.js";
import { missing, passwordField, spend } from "./passwords.js";
import { t } from "./texts.js";
import { button, form, inputField, refuse } from "./widgets.js";

/** Asks whether to go on, and then does `done`. Shows its error in another dialog. */
export function confirm({ done, ...question }) {
  return ask({ danger: true, ...question, work: () => true, done: () => done().catch(tellFailure) });
}

/**
 * Asks for the password, and does `work(password)` with it; all else is as in `ask`. `check` says whether the other fields may be
 * sent; `refused` shows at its field what an error is about, and returns whether it did.
 */
export function withPassword({ fields = [], check = () => true, refused, work, ...question }) {
  const password = passwordField();
  return ask({
    ...question,
    fields: [fields, password.root],
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

/** Shows an error where there is no form to show it in. */
function tellFailure(error) {
  return ask({ title: t("common.failed"), fields: failureNotice(error), action: t("common.close"), work: () => true });
}

/** Shows the server's warning in an answer, if there is one. */
export async function tellWarning(answer) {
  if (answer?.warning) {
    await ask({ title: t("common.warning"), text: answer.warning, action: t("common.close"), work: () => true });
  }
}

/** Loads a view again after a change, announces the change, and shows the server's warning in the answer, if there is one. */
export async function changed(reload, text, answer) {
  await reload();
  announce(text);
  await tellWarning(answer);
}

/**
 * A dialog with paragraphs of text and fields. `work` does what the dialog is for. What it gives closes the dialog and is the
 * answer, true for null; undefined keeps it open, and an error is shown in it. `done(answer)` follows after the dialog is closed.
 * With `typed`, that word must be written first.
 */
export async function ask({ done = () => {}, ...question }) {
  const answer = await answerTo(question);
  if (answer) {
    await done(answer);
  }
}

/** The answer to a question; undefined when it was cancelled. */
function answerTo({ title, text = [], fields = [], action, danger = false, typed, work }) {
  return new Promise((resolve) => {
    const titleId = freshId("dialog-title");
    let answer;
    const word = typed && inputField(t("dialog.type", { word: typed }), { id: "dialog-word" });
    const submit = button(action, { kind: danger ? "danger" : "primary", type: "submit" });
    const cancel = button(t("common.cancel"), { on: () => dialog.close() });
    const content = [
      el("h2", { id: titleId }, title),
      [text].flat().map((one) => el("p", {}, one)),
      fields,
      word?.root,
      el("div", { class: "actions" }, cancel, submit),
    ];
    const root = form({}, content, submit, async () => {
      const isWrong = typed && word.input.value.trim() !== typed;
      if (isWrong && refuse([[word, t("dialog.type_wrong", { word: typed })]])) {
        return;
      }
      const result = await work();
      if (result !== undefined) {
        answer = result ?? true;
        dialog.close();
      }
    });
    const closed = () => {
      dialog.remove();
      resolve(answer);
    };
    const dialog = el("dialog", { "aria-labelledby": titleId, on: { close: closed } }, root);
    document.body.append(dialog);
    dialog.showModal();
    // What destroys is never one key press away.
    const first = root.querySelector("input, select, textarea");
    (first ?? (danger ? cancel : submit)).focus();
  });
}
