// Messages in the page.

import { el } from "./dom.js";

/** A message in the page. `kind` is "info", "good", "warning" or "error". */
export function notice(kind, ...children) {
  return el(
    "div",
    { class: `notice ${kind}`, role: kind === "error" ? "alert" : null, data: { notice: kind } },
    children,
  );
}
