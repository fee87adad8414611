// What forms and dialogs about tokens have in common: their fields, the page of a new token, what is announced.

import { el } from "../dom.js";
import { secretPanel } from "../secret.js";
import { t } from "../texts.js";
import { checkbox, heading, inputField, linkButton, notice } from "../widgets.js";

/** The fields for the name and the description of a token, with ids that begin with `id`. */
export function nameFields(id, { name, description }, help) {
  const described = { id: `${id}-description`, maxlength: "1000", value: description ?? "" };
  return {
    name: inputField(t("column.name"), { id: `${id}-name`, maxlength: "128", value: name ?? "" }, { help }),
    about: inputField(t("field.description"), described, { help: t("create.description_help") }),
  };
}

/** Whether an error of the API is about the name of a token. */
export function isAboutName({ id }) {
  return ["badValueIdentifierOccupied", "badValueName"].includes(id);
}

/** Shows a new token. The server shows its text only this once. */
export function madeView(title, text, type, account) {
  return el(
    "div",
    {},
    heading(title, undefined, linkButton(t("made.done"), `#${account.page}`, { id: "made-done" })),
    notice("warning", el("p", {}, t("made.once"))),
    secretPanel(text, type),
  );
}

/** The option to revoke the tokens that a token minted too. `body` has nothing about it if it is not chosen. */
export function descendantsOption() {
  const { input, label } = checkbox(t("tokens.with_descendants"), { id: "with-descendants" });
  return { label, wanted: () => input.checked, body: () => (input.checked ? { descendants: true } : {}) };
}

/** The announcement after a revocation, with the number of descendants if they were revoked too. */
export function told(text, { revokedDescendants, temporaryTokensEnded }) {
  if (revokedDescendants === undefined) {
    return text;
  }
  const count = t("tokens.descendants_revoked", { count: revokedDescendants });
  const ended = temporaryTokensEnded.length === 0 ? "" : t("tokens.descendants_temporary");
  return [text, count, ended].filter((part) => part !== "").join(" ");
}
