// What follows a change of tokens: a new one is shown, and what ended with an old one is told.

import { el } from "../dom.js";
import { secretPanel } from "../secret.js";
import { t } from "../texts.js";
import { heading, linkButton, notice } from "../widgets.js";

/** The one time that a token is shown. */
export function madeView(title, text, type, account) {
  return el(
    "div",
    {},
    heading(title, undefined, linkButton(t("made.done"), `#${account.page}`, { id: "made-done" })),
    notice("warning", el("p", {}, t("made.once"))),
    secretPanel(text, type),
  );
}

/** The option to revoke what a token minted, too: without it nothing is said of that. */
export function descendantsOption() {
  const input = el("input", { type: "checkbox", id: "with-descendants" });
  const label = el(
    "label",
    { class: "check", for: "with-descendants" },
    input,
    el("span", {}, t("tokens.with_descendants")),
  );
  return { label, wanted: () => input.checked, body: () => (input.checked ? { descendants: true } : {}) };
}

/** What is announced when something was revoked, with its descendants if they were to go along. */
export function told(text, { revokedDescendants, temporaryTokensEnded }) {
  if (revokedDescendants === undefined) {
    return text;
  }
  const count = t("tokens.descendants_revoked", { count: revokedDescendants });
  const ended = temporaryTokensEnded.length === 0 ? "" : t("tokens.descendants_temporary");
  return [text, count, ended].filter((part) => part !== "").join(" ");
}
