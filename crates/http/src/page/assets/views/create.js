// Making a token: its name, what it is for, when it ends and what limits it, with a sentence that says what it will allow.

import { accountOf } from "../account_path.js";
import { limits, sentence } from "../caveat_forms.js";
import { toJson, wrongEnd } from "../caveats.js";
import { tellWarning } from "../dialogs.js";
import { el, fill } from "../dom.js";
import { dateTime, now } from "../moments.js";
import { missing, passwordField, spend } from "../passwords.js";
import { t } from "../texts.js";
import { button, choice, field, heading, linkButton, notice, refuse, select, submitting } from "../widgets.js";
import { madeView } from "./made.js";

const DAY_S = 86400;
const USUAL_LIFE = "2592000";

export function createView({ session, at, show }) {
  const account = accountOf(at);
  let type = "act";
  const name = field(
    t("field.token_name"),
    el("input", { type: "text", id: "token-name", autocomplete: "off", maxlength: "128" }),
    {
      help: t("create.name_help"),
    },
  );
  const about = field(
    t("field.description"),
    el("input", { type: "text", id: "token-description", autocomplete: "off", maxlength: "1000" }),
    { help: t("create.description_help") },
  );
  const ends = endField(() => update());
  const builder = limits({ type, without: ["time", "scope"], changed: () => update() });
  const summary = el("div", { class: "summary-text", "aria-live": "polite", id: "summary" });
  const password = passwordField(t("create.password_help"));
  const submit = button(t("create.submit"), { kind: "primary", type: "submit", id: "create" });

  function update() {
    const end = ends.read();
    const time = end.until === undefined ? [] : [{ kind: "time", until: String(end.until) }];
    fill(
      summary,
      sentence(type, [...time, ...builder.draft()]),
      end.never ? notice("warning", el("p", {}, t("create.never"))) : null,
    );
  }

  const types = choice(
    t("create.type"),
    "type",
    [
      ["act", t("kind.access"), t("kind.access_help")],
      ["idn", t("kind.identity"), t("kind.identity_help")],
    ],
    type,
    (chosen) => {
      type = chosen;
      builder.setType(chosen);
    },
  );
  const form = el(
    "form",
    { class: "create", id: "create-form", novalidate: true },
    el(
      "div",
      { class: "column" },
      el("section", { class: "panel" }, name.root, about.root, types, ends.root),
      el("section", { class: "panel" }, builder.root),
    ),
    el(
      "aside",
      { class: "column summary", "aria-labelledby": "summary-title" },
      el(
        "section",
        { class: "panel" },
        el("h2", { id: "summary-title" }, t("create.summary")),
        summary,
        password.root,
        el("div", { class: "actions" }, linkButton(t("common.cancel"), `#${account.page}`), submit),
      ),
    ),
  );
  submitting(form, submit, async () => {
    const isWrong = refuse([
      [name, name.input.value.trim().length < 2 ? t("create.name_missing") : null],
      [ends, ends.read().error ?? null],
    ]);
    const chosen = isWrong ? null : builder.read();
    if (chosen === null || refuse([[password, missing(password)]])) {
      return;
    }
    const { until } = ends.read();
    const caveats = [...(until === undefined ? [] : [{ kind: "time", until: String(until) }]), ...chosen].map(toJson);
    const body = {
      name: name.input.value.trim(),
      type: type === "act" ? { accessToken: {} } : { identityToken: {} },
      caveats,
      ...(about.input.value.trim() === "" ? {} : { customMetadata: { description: about.input.value.trim() } }),
    };
    let made;
    try {
      made = await spend(password, (given) =>
        session.call("POST", `${account.api}/tokens/named`, { body, password: given }),
      );
    } catch (error) {
      const wrong = ["badValueIdentifierOccupied", "badValueName"].includes(error.id)
        ? name
        : error.status === 401
          ? password
          : null;
      if (wrong === null) {
        throw error;
      }
      wrong.refuse(error.message);
      wrong.input.focus();
      return;
    }
    show(madeView(t("made.title", { name: body.name }), made.token, type, account), "made");
    await tellWarning(made);
  });
  update();
  return el(
    "div",
    {},
    heading(t("create.title"), account.api === "/user" ? t("create.lead") : t("create.lead_of", { id: at.id })),
    form,
  );
}

/** When the token ends: after a while, at a moment, or never. */
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
  const life = field(t("create.ends"), select(lives, USUAL_LIFE, { id: "token-ends" }), { help: " " });
  const moment = field(t("limit.time_until"), el("input", { type: "datetime-local", id: "token-ends-at" }));
  const help = life.root.querySelector(".help");
  const root = el("div", { class: "pair" }, life.root, moment.root);
  const read = () => {
    switch (life.input.value) {
      case "never":
        return { never: true };
      case "at": {
        const until = Math.floor(Date.parse(moment.input.value) / 1000);
        const wrong = wrongEnd(until, now());
        return wrong === null ? { until } : { error: t(wrong) };
      }
      default:
        return { until: now() + Number(life.input.value) };
    }
  };
  const update = () => {
    const isAt = life.input.value === "at";
    moment.root.hidden = !isAt;
    const { until } = read();
    help.textContent = until === undefined ? "" : t("create.ends_at", { moment: dateTime(until) });
    changed();
  };
  life.input.addEventListener("change", update);
  moment.input.addEventListener("input", update);
  moment.root.hidden = true;
  help.textContent = t("create.ends_at", { moment: dateTime(now() + Number(USUAL_LIFE)) });
  return { root, input: moment.input, refuse: moment.refuse, read };
}
