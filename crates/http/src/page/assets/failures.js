// Messages in the page. An error has its text, and for administrators a link to the rows of the audit trail about the request.

import { el } from "./dom.js";
import { t } from "./texts.js";

let readsAudit = () => false;

/** A message in the page. `kind` is "info", "good", "warning" or "error". */
export function notice(kind, ...children) {
  return el(
    "div",
    { class: `notice ${kind}`, role: kind === "error" ? "alert" : null, data: { notice: kind } },
    children,
  );
}

/** Sets whether the user may follow the id of a request into the audit trail. */
export function linkRequests(mayRead) {
  readsAudit = mayRead;
}

/** A message about an error. `more` follows its text. */
export function failureNotice(error, ...more) {
  const link =
    error.request && readsAudit()
      ? el("p", {}, el("a", { href: `#/audit?request=${encodeURIComponent(error.request)}` }, t("error.audit")))
      : null;
  return notice("error", el("p", {}, error.message), link, more);
}
