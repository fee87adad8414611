// Making a token: its name, what it is for, when it ends and what limits it, with a sentence that says what it will allow.

import { limits, sentence } from "../caveat_forms.js";
import { toJson, wrongEnd } from "../caveats.js";
import { passwordField, tell } from "../dialogs.js";
import { el, fill } from "../dom.js";
import { dateTime, now } from "../moments.js";
import { accountOf } from "../routes.js";
import { t } from "../texts.js";
import { button, choice, field, heading, linkButton, notice, select, submitting } from "../widgets.js";
import { madeView } from "./tokens.js";

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
      el("section", { class: "panel" }, name.root, types, ends.root),
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
    const refused = [
      [name, name.input.value.trim().length < 2 ? t("create.name_missing") : null],
      [ends, ends.read().error ?? null],
    ].filter(([one, text]) => {
      one.refuse(text);
      return text !== null;
    });
    if (refused.length > 0) {
      refused[0][0].input.focus();
      return;
    }
    const chosen = builder.read();
    if (chosen === null) {
      return;
    }
    password.refuse(password.input.value === "" ? t("field.password_missing") : null);
    if (password.input.value === "") {
      password.input.focus();
      return;
    }
    const given = password.input.value;
    password.input.value = "";
    const { until } = ends.read();
    const caveats = [...(until === undefined ? [] : [{ kind: "time", until: String(until) }]), ...chosen].map(toJson);
    const body = {
      name: name.input.value.trim(),
      type: type === "act" ? { accessToken: {} } : { identityToken: {} },
      caveats,
    };
    let made;
    try {
      made = await session.call("POST", `${account.api}/tokens/named`, { body, password: given });
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
    if (made.warning) {
      await tell(t("common.warning"), made.warning);
    }
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
