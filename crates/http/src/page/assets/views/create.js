// Creating a token: its name, purpose, end and limits, with a sentence that says what it will allow.

import { accountOf } from "../account_path.js";
import { limits, sentence, timeForm } from "../caveat_forms.js";
import { toJson } from "../caveats.js";
import { tellWarning } from "../dialogs.js";
import { el, fill } from "../dom.js";
import { dateTime, now } from "../moments.js";
import { missing, passwordField, spend } from "../passwords.js";
import { t } from "../texts.js";
import { button, choice, field, form, heading, linkButton, notice, refuse, select } from "../widgets.js";
import { isAboutName, madeView, nameFields } from "./made.js";

const DAY_S = 86400;
const USUAL_LIFE = "2592000";

export function createView({ session, at, show }) {
  const account = accountOf(at);
  let type = "act";
  const { name, about } = nameFields("token", {}, t("create.name_help"));
  const ends = endField(() => update());
  const builder = limits({ type, without: ["time", "scope"], changed: () => update() });
  const summary = el("div", { class: "summary-text", "aria-live": "polite", id: "summary" });
  const password = passwordField(t("create.password_help"));
  const submit = button(t("create.submit"), { kind: "primary", type: "submit", id: "create" });

  function update() {
    const { caveats, never } = ends.read();
    const warning = never && notice("warning", el("p", {}, t("create.never")));
    fill(summary, sentence(type, [...(caveats ?? []), ...builder.draft()]), warning);
  }

  const purposes = [
    ["act", t("kind.access"), t("kind.access_help")],
    ["idn", t("kind.identity"), t("kind.identity_help")],
  ];
  const types = choice(t("create.type"), "type", purposes, type, (chosen) => {
    type = chosen;
    builder.setType(chosen);
  });
  const last = el(
    "section",
    { class: "panel" },
    el("h2", { id: "summary-title" }, t("create.summary")),
    summary,
    password.root,
    el("div", { class: "actions" }, linkButton(t("common.cancel"), `#${account.page}`), submit),
  );
  const content = [
    el(
      "div",
      { class: "column" },
      el("section", { class: "panel" }, name.root, about.root, types, ends.root),
      el("section", { class: "panel" }, builder.root),
    ),
    el("aside", { class: "column summary", "aria-labelledby": "summary-title" }, last),
  ];
  const root = form({ class: "create", id: "create-form" }, content, submit, async () => {
    const isWrong = refuse([
      [name, name.input.value.trim().length < 2 ? t("create.name_missing") : null],
      [ends, ends.read().error ?? null],
    ]);
    const chosen = isWrong ? null : builder.read();
    if (chosen === null || refuse([[password, missing(password)]])) {
      return;
    }
    const description = about.input.value.trim();
    const body = {
      name: name.input.value.trim(),
      type: type === "act" ? { accessToken: {} } : { identityToken: {} },
      caveats: [...ends.read().caveats, ...chosen].map(toJson),
      ...(description !== "" && { customMetadata: { description } }),
    };
    let made;
    try {
      made = await spend(password, (given) =>
        session.call("POST", `${account.api}/tokens/named`, { body, password: given }),
      );
    } catch (error) {
      const wrong = isAboutName(error) ? name : error.status === 401 ? password : null;
      if (wrong === null) {
        throw error;
      }
      refuse([[wrong, error.message]]);
      return;
    }
    show(madeView(t("made.title", { name: body.name }), made.token, type, account), "made");
    await tellWarning(made);
  });
  update();
  return el(
    "div",
    {},
    heading(t("nav.create"), account.api === "/user" ? t("create.lead") : t("create.lead_of", { id: at.id })),
    root,
  );
}

/** When the token ends: after a while, at a moment, or never. `read` gives its `caveats`, or an `error`. */
function endField(changed) {
  const lives = [
    ["3600", t("create.hour")],
    [String(DAY_S), t("create.day")],
    [String(7 * DAY_S), t("create.week")],
    [USUAL_LIFE, t("create.month")],
    [String(90 * DAY_S), t("create.quarter")],
    [String(365 * DAY_S), t("create.year")],
    ["at", t("create.at")],
    ["never", t("create.no_end")],
  ];
  const life = field(t("column.ends"), select(lives, USUAL_LIFE, { id: "token-ends" }), { help: " " });
  const moment = timeForm({ id: "token-ends-at" });
  const help = life.root.querySelector(".help");
  const root = el("div", { class: "pair" }, life.root, moment.root);
  const read = () => {
    switch (life.input.value) {
      case "never":
        return { caveats: [], never: true };
      case "at": {
        const { caveat, error } = moment.read();
        return error ? { error } : { caveats: [caveat] };
      }
      default:
        return { caveats: [{ kind: "time", until: String(now() + Number(life.input.value)) }] };
    }
  };
  const show = () => {
    moment.root.hidden = life.input.value !== "at";
    const [end] = read().caveats ?? [];
    help.textContent = end === undefined ? "" : t("create.ends_at", { moment: dateTime(end.until) });
  };
  const update = () => {
    show();
    changed();
  };
  life.input.addEventListener("change", update);
  moment.input.addEventListener("input", update);
  show();
  return { ...moment, root, read };
}
