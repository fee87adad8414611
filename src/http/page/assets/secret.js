// A token that is shown: its text, a QR code, and lines that use it.

import { el, freshId, svg } from "./dom.js";
import { qrCode } from "./qr.js";
import { t } from "./texts.js";
import { copyButton, notice } from "./widgets.js";

/** White around the code, in modules: what readers need (ISO/IEC 18004 section 5.3.8). */
const QUIET = 4;

/** Everything that somebody needs who is to use the token. `type` is "act" or "idn". */
export function secretPanel(text, type) {
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
      el(
        "code",
        {
          class: "token",
          id: "token-text",
          tabindex: "0",
          role: "textbox",
          "aria-readonly": "true",
          "aria-label": t("secret.token"),
        },
        text,
      ),
    ),
    el("section", { class: "panel" }, el("h2", {}, t("secret.use")), recipes(text, type)),
    el("section", { class: "panel" }, el("h2", {}, t("secret.qr")), qrPicture(text)),
  );
}

function recipes(text, type) {
  const lines = type === "idn" ? identityLines(text) : accessLines(text);
  return lines.map(([title, code]) => {
    const id = freshId("recipe");
    return el(
      "figure",
      { class: "recipe" },
      el(
        "figcaption",
        { id },
        el("h3", {}, title),
        copyButton(() => code, { name: t("secret.copy_lines", { name: title }) }),
      ),
      el("pre", { tabindex: "0", "aria-labelledby": id }, el("code", {}, code)),
    );
  });
}

function accessLines(token) {
  const url = `${location.origin}/api/v3/onezone/user`;
  return [
    [t("secret.curl"), `curl -H 'X-Auth-Token: ${token}' \\\n  ${url}`],
    [
      t("secret.python"),
      [
        "import json, urllib.request",
        "",
        `request = urllib.request.Request("${url}")`,
        `request.add_header("X-Auth-Token", "${token}")`,
        "print(json.load(urllib.request.urlopen(request)))",
      ].join("\n"),
    ],
    [t("secret.environment"), `export ONEZONE_HOST='${location.host}'\nexport ONEZONE_TOKEN='${token}'`],
  ];
}

/** An identity token is never a credential of a request: whoever is shown it asks the server whose it is. */
function identityLines(token) {
  const url = `${location.origin}/api/v3/onezone/tokens/verify_identity_token`;
  return [
    [t("secret.curl"), `curl -H 'content-type: application/json' -d '{"token":"${token}"}' \\\n  ${url}`],
    [
      t("secret.python"),
      [
        "import json, urllib.request",
        "",
        `body = json.dumps({"token": "${token}"}).encode()`,
        `request = urllib.request.Request("${url}", body, {"content-type": "application/json"})`,
        "print(json.load(urllib.request.urlopen(request)))",
      ].join("\n"),
    ],
    [t("secret.environment"), `export ONEZONE_HOST='${location.host}'\nexport ONEZONE_IDENTITY_TOKEN='${token}'`],
  ];
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
  return [
    svg(
      "svg",
      {
        viewBox: `0 0 ${size} ${size}`,
        class: "qr",
        role: "img",
        "aria-label": t("secret.qr_label"),
        "shape-rendering": "crispEdges",
      },
      svg("rect", { width: size, height: size, class: "qr-light" }),
      svg("path", { d: path, class: "qr-dark" }),
    ),
    el("p", { class: "help" }, t("secret.qr_help")),
  ];
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
