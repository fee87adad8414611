// A token that is shown: its text, and lines that use it.

import { el, fill, freshId } from "./dom.js";
import { ENCODINGS, FORMAT_LIMITS, parse, unlessUnreadable, write } from "./macaroon.js";
import { recipes } from "./recipes.js";
import { t } from "./texts.js";
import { copyButton, copyText, field, panel, select } from "./widgets.js";

/** A token's text, and lines that use it. `type` is "act" or "idn". */
export function secretPanel(given, type) {
  let text = given;
  const shown = copyText(t("column.token"), "token-text", text);
  const use = el("div", { class: "stack" }, figures(text, type));
  const encodings = encodingField(given, (chosen) => {
    text = chosen;
    shown.textContent = text;
    fill(use, figures(text, type));
  });
  return el(
    "div",
    { class: "secret", id: "secret" },
    el(
      "section",
      { class: "panel" },
      el(
        "div",
        { class: "panel-head" },
        el("h2", {}, t("column.token")),
        copyButton(() => text, { id: "copy-token", kind: "primary", name: t("secret.copy") }),
      ),
      shown,
      encodings,
    ),
    panel(t("secret.use"), use),
  );
}

/** The choice of the token's encoding, which happens in the browser; null for a token that cannot be read here. */
function encodingField(text, changed) {
  const token = unlessUnreadable(() => parse(text, FORMAT_LIMITS));
  if (token === null) {
    return null;
  }
  const texts = Object.entries(ENCODINGS)
    .map(([name, encoding]) => [name, unlessUnreadable(() => write(token, encoding))])
    .filter(([, written]) => written !== null);
  if (!texts.some(([, written]) => written === text)) {
    texts.push(["given", text]);
  }
  const names = {
    onezone: t("secret.letters"),
    base64url: t("secret.version_one"),
    v2: t("secret.version_two"),
    given: t("secret.given"),
  };
  const options = texts.map(([name, written]) => [written, names[name]]);
  const on = { change: ({ target }) => changed(target.value) };
  return field(t("secret.encoding"), select(options, text, { id: "token-encoding", on }), {
    help: t("secret.encoding_help"),
  }).root;
}

function figures(text, type) {
  const { lines, note } = recipes(text, type);
  const shown = lines.map(([title, code]) => {
    const id = freshId("recipe");
    const copy = copyButton(() => code, { name: t("secret.copy_lines", { name: title }) });
    return el(
      "figure",
      { class: "recipe" },
      el("figcaption", { id }, el("h3", {}, title), copy),
      el("pre", { tabindex: "0", "aria-labelledby": id }, el("code", {}, code)),
    );
  });
  return [note === null ? null : el("p", { class: "help" }, note), shown];
}
