// A token that is shown: its text, a QR code, and lines that use it.

import { el, fill, freshId, svg } from "./dom.js";
import { ENCODINGS, FORMAT_LIMITS, Unreadable, parse, write } from "./macaroon.js";
import { qrCode } from "./qr.js";
import { recipes } from "./recipes.js";
import { t } from "./texts.js";
import { copyButton, copyText, field, notice, panel, select } from "./widgets.js";

/** White around the code, in modules: what readers need (ISO/IEC 18004 section 5.3.8). */
const QUIET = 4;

/** A token's text, its QR code, and lines that use it. `type` is "act" or "idn". */
export function secretPanel(given, type) {
  let text = given;
  const shown = copyText(t("secret.token"), "token-text", text);
  const use = el("div", { class: "stack" }, figures(text, type));
  const picture = el("div", { class: "stack" }, qrPicture(text));
  const encodings = encodingField(given, (chosen) => {
    text = chosen;
    shown.textContent = text;
    fill(use, figures(text, type));
    fill(picture, qrPicture(text));
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
        el("h2", {}, t("secret.token")),
        copyButton(() => text, { id: "copy-token", kind: "primary", name: t("secret.copy") }),
      ),
      shown,
      encodings,
    ),
    panel(t("secret.use"), use),
    panel(t("secret.qr"), picture),
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

function unlessUnreadable(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unreadable) {
      return null;
    }
    throw error;
  }
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

function qrPicture(text) {
  const modules = qrCode(text);
  if (modules === null) {
    return notice("info", el("p", {}, t("secret.qr_long")));
  }
  const size = modules.length + 2 * QUIET;
  // One path of one-module squares: a run of dark modules is one stroke.
  const path = modules
    .map((row, y) =>
      runs(row)
        .map(([x, length]) => `M${x + QUIET} ${y + QUIET}h${length}v1h-${length}z`)
        .join(""),
    )
    .join("");
  const attributes = { viewBox: `0 0 ${size} ${size}`, class: "qr", role: "img", "shape-rendering": "crispEdges" };
  const picture = svg(
    "svg",
    { ...attributes, "aria-label": t("secret.qr_label") },
    svg("rect", { width: size, height: size, class: "qr-light" }),
    svg("path", { d: path, class: "qr-dark" }),
  );
  return [picture, el("p", { class: "help" }, t("secret.qr_help"))];
}

function runs(row) {
  const found = [];
  row.forEach((dark, x) => {
    if (dark && x > 0 && row[x - 1]) {
      found[found.length - 1][1] += 1;
    } else if (dark) {
      found.push([x, 1]);
    }
  });
  return found;
}
