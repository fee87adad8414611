// The frame of every view: the logo, the menu, the signed-in user with the time left, light or dark.

import { el, fill } from "./dom.js";
import { clock, now } from "./moments.js";
import { ROUTES } from "./routes.js";
import { t } from "./texts.js";
import { button } from "./widgets.js";

/** From when on the time left is marked, in seconds. */
const SHORT_S = 5 * 60;

export function makeShell(session, { signOut, renew }) {
  const nav = el("nav", { id: "menu", "aria-label": t("nav.label") });
  const who = el("div", { class: "who" });
  const left = el("span", { class: "left", id: "time-left" });
  const main = el("main", { id: "main", tabindex: "-1" });
  const toggle = button(t("nav.menu"), { kind: "quiet menu-button", id: "menu-button", on: () => open(!isOpen()) });
  const isOpen = () => toggle.getAttribute("aria-expanded") === "true";
  const open = (is) => {
    toggle.setAttribute("aria-expanded", String(is));
    document.body.classList.toggle("menu-open", is);
  };
  toggle.setAttribute("aria-controls", "menu");
  open(false);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isOpen()) {
      open(false);
      toggle.focus();
    }
  });
  const skip = el("a", { href: "#main", class: "skip", on: { click: skipTo } }, t("nav.skip"));
  function skipTo(event) {
    // The address names the view: the link must not change it.
    event.preventDefault();
    (main.querySelector("h1") ?? main).focus();
  }
  const brand = el(
    "a",
    { class: "brand", href: "#/tokens" },
    el("img", { src: "/console/mark.svg", alt: "", width: 28, height: 28 }),
    el("span", {}, "zonemint"),
  );
  const side = el(
    "div",
    { class: "side" },
    nav,
    el("footer", { class: "side-foot" }, who, themeSwitch(), furtherPages()),
  );
  const root = [skip, el("header", { class: "top" }, brand, toggle), side, main];

  const tick = () => {
    if (session.user() !== null) {
      const rest = session.until() - now();
      left.textContent = clock(rest);
      left.classList.toggle("short", rest <= SHORT_S);
    }
  };
  return {
    root,
    main,
    tick,
    /** Shows which view is the current one, and what this user may see. */
    update(current) {
      open(false);
      fill(nav, menu(session, current));
      fill(who, session.user() === null ? [] : account(session, left, signOut, renew));
      tick();
    },
  };
}

function menu(session, current) {
  const signedIn = session.user() !== null;
  const seen = ROUTES.filter(
    ({ menu: key, open, may }) => key && (open || (signedIn && (may === undefined || session.may(may)))),
  );
  const item = (path, name, isCurrent, text) =>
    el("li", {}, el("a", { href: `#${path}`, "aria-current": isCurrent ? "page" : null, data: { nav: name } }, text));
  const link = ({ path, menu: key, name }) => {
    const isCurrent = path === current.path || (current.route.of === path && current.path.startsWith(`${path}/`));
    return item(path, name, isCurrent, t(key));
  };
  const signIn = item("/tokens", "sign-in", !current.route.open, t("nav.sign_in"));
  const own = seen.filter(({ may }) => may === undefined);
  const others = seen.filter(({ may }) => may !== undefined);
  return [
    el("ul", {}, signedIn ? null : signIn, own.map(link)),
    others.length === 0
      ? null
      : [
          el("h2", { id: "nav-admin" }, t("nav.administration")),
          el("ul", { "aria-labelledby": "nav-admin" }, others.map(link)),
        ],
  ];
}

function account(session, left, signOut, renew) {
  const user = session.user();
  return [
    el("p", { class: "name", id: "signed-in-as" }, user.fullName),
    el("p", { class: "help" }, el("span", {}, t("session.ends")), " ", left),
    el(
      "div",
      { class: "actions" },
      button(t("session.stay"), { kind: "quiet", id: "stay", on: renew }),
      button(t("session.sign_out"), { kind: "quiet", id: "sign-out", on: signOut }),
    ),
  ];
}

function furtherPages() {
  // In this tab they would end the session, which is in the page's memory, and lose what was typed.
  const link = (href, text) =>
    el("a", { href, target: "_blank", rel: "noopener" }, text, el("span", { class: "unseen" }, ` ${t("nav.new_tab")}`));
  return el("p", { class: "help further" }, link("/manual", t("nav.manual")), link("/docs", t("nav.docs")));
}

/** Light, dark, or the choice of the system. */
function themeSwitch() {
  const root = document.documentElement;
  const themes = [
    ["auto", t("theme.auto")],
    ["light", t("theme.light")],
    ["dark", t("theme.dark")],
  ];
  const choose = (theme) => {
    try {
      if (theme === "auto") {
        delete root.dataset.theme;
        localStorage.removeItem("theme");
      } else {
        root.dataset.theme = theme;
        localStorage.setItem("theme", theme);
      }
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  };
  const chosen = root.dataset.theme ?? "auto";
  const one = ([value, label]) => {
    const input = el("input", {
      type: "radio",
      name: "theme",
      value,
      class: "unseen",
      on: { change: () => choose(value) },
    });
    input.checked = value === chosen;
    return el("label", {}, input, el("span", {}, label));
  };
  return el(
    "fieldset",
    { class: "segments theme" },
    el("legend", { class: "unseen" }, t("theme.label")),
    themes.map(one),
  );
}
