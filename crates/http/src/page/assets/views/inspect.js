// Inspects a token and confines it, in the browser. Only "Ask the server" sends it anywhere.

import { Unreadable, SERVER_LIMITS, claims, narrow, parse, printable, write } from "../macaroon.js";
import { explained, limits, sentence } from "../caveat_forms.js";
import { caveatIn, parseCaveat, validUntil, writeCaveat } from "../caveats.js";
import { askTime, call } from "../api.js";
import { announce, el, fill } from "../dom.js";
import { dateTime, distance, now } from "../moments.js";
import { secretPanel } from "../secret.js";
import { t } from "../texts.js";
import { areaField, badge, button, facts, form, heading, notice } from "../widgets.js";

/** The text for each kind of token. All others are invitations. */
const KINDS = { act: "kind.access", idn: "kind.identity" };

/** The text for each rule that a text which is no token breaks. All other rules are about the form of its decoded data. */
const RULES = {
  too_long: "unreadable.too_long",
  base62: "unreadable.text",
  base64: "unreadable.text",
  truncated: "unreadable.truncated",
  order: "unreadable.order",
  signature_length: "unreadable.truncated",
  trailing_data: "unreadable.trailing",
  too_many_caveats: "unreadable.too_many",
  caveat_too_long: "unreadable.caveat_long",
  json: "unreadable.json",
  lines: "unreadable.lines",
  no_location: "unreadable.no_location",
};

export function inspectView({ signal }) {
  const attributes = { id: "token-input", rows: "4", class: "token" };
  const pasted = areaField(t("column.token"), attributes, { help: t("inspect.token_help") });
  const { input } = pasted;
  const result = el("div", { id: "inspected", class: "stack" });
  const read = () => {
    pasted.refuse(null);
    if (input.value.trim() === "") {
      fill(result);
      return;
    }
    try {
      fill(result, inspected(parse(input.value.trim()), signal));
      announce(t("inspect.read"));
    } catch (error) {
      if (!(error instanceof Unreadable)) {
        throw error;
      }
      fill(result);
      pasted.refuse(unreadable(error));
    }
  };
  input.addEventListener("input", read);
  return el(
    "div",
    {},
    heading(t("nav.inspect"), t("inspect.lead")),
    el("section", { class: "panel" }, pasted.root),
    result,
  );
}

function unreadable({ rule, limit }) {
  return t(RULES[rule] ?? "unreadable.packets", { limit: limit ?? 0 });
}

function inspected(macaroon, signal) {
  const claim = claims(macaroon.identifier);
  const caveats = macaroon.caveats.map((one) => ({ ...one, caveat: caveatIn(one) }));
  const type = claim?.kind === "idn" ? "idn" : "act";
  return [
    el(
      "section",
      { class: "panel", id: "says" },
      el("h2", {}, t("inspect.says")),
      verdict(caveats, claim),
      tokenFacts(macaroon, claim),
      limitList(caveats),
      askServer(macaroon, type, signal),
    ),
    el(
      "section",
      { class: "panel", id: "narrow" },
      el("h2", {}, t("inspect.narrow")),
      el("p", { class: "help" }, t("inspect.narrow_help")),
      narrowForm(macaroon, type),
    ),
  ];
}

/** What is known without the server's key: that a token cannot be valid, never that it is. */
function verdict(caveats, claim) {
  const until = validUntil(caveats.map(({ caveat }) => caveat));
  if (claim === null) {
    return notice("error", el("p", {}, t("inspect.bad_identifier")));
  }
  if (caveats.some(({ cl }) => cl !== null)) {
    return notice("error", el("p", {}, t("inspect.third_party")));
  }
  if (caveats.some(({ caveat }) => caveat === null)) {
    return notice("error", el("p", {}, t("inspect.unknown")));
  }
  if (until === null) {
    return notice("info", el("p", {}, t("inspect.no_end")));
  }
  const moment = dateTime(until);
  return until <= now()
    ? notice("warning", el("p", {}, t("inspect.expired", { moment })))
    : notice("info", el("p", {}, t("inspect.ends", { moment, distance: distance(until) })));
}

function tokenFacts(macaroon, claim) {
  const subject = claim?.subject;
  const who =
    subject === null || subject === undefined
      ? t("inspect.subject_unknown")
      : t(subject.kind === "usr" ? "inspect.user" : "inspect.service", { id: subject.id });
  return facts([
    [t("inspect.location"), printable(new TextEncoder().encode(macaroon.location ?? "")) || t("inspect.nowhere")],
    [t("inspect.subject"), who],
    [t("inspect.kind"), claim === null ? t("inspect.kind_unknown") : t(KINDS[claim.kind] ?? "kind.invite", { kind: claim.kind })],
    [
      t("inspect.persistence"),
      claim?.persistence === "temporary"
        ? t("inspect.temporary", { generation: claim.generation })
        : t("inspect.named"),
    ],
    [t("inspect.id"), el("code", {}, claim?.id ?? printable(macaroon.identifier))],
    [t("secret.encoding"), written(macaroon.encoding)],
  ]);
}

function written({ version, alphabet, padded }) {
  if (alphabet === "base62") {
    return t("inspect.sixty_two");
  }
  return t(padded ? "inspect.sixty_four_padded" : "inspect.sixty_four", { alphabet, version });
}

function limitList(caveats) {
  if (caveats.length === 0) {
    return el("p", {}, t("inspect.no_limits"));
  }
  const one = ({ cid, cl, caveat }) => {
    const text = printable(cid);
    const said =
      cl === null
        ? caveat === null
          ? t("caveat.unknown", { text })
          : explained(caveat)
        : t("caveat.third_party", { location: cl });
    const isOver = caveat?.kind === "time" && Number(caveat.until) <= now();
    return el(
      "li",
      {},
      el("span", {}, said),
      isOver ? badge("bad", t("state.expired")) : null,
      el("code", { class: "help" }, text),
    );
  };
  return [el("h3", {}, t("inspect.limits")), el("ol", { class: "caveats" }, caveats.map(one))];
}

function askServer(macaroon, type, signal) {
  const answer = el("div", { "aria-live": "polite" });
  const kind = type === "idn" ? "identity" : "access";
  const send = async () => {
    try {
      await askTime(signal);
      const body = { token: write(macaroon), interface: "rest" };
      const { subject, ttl } = await call("POST", `/tokens/verify_${kind}_token`, { body, signal });
      const until =
        ttl === null ? t("inspect.good_for_ever") : t("inspect.good_until", { moment: dateTime(now() + ttl) });
      fill(answer, notice("good", el("p", {}, t("inspect.good", { id: subject.id }), " ", until)));
    } catch (error) {
      if (error.name !== "AbortError") {
        fill(answer, notice("warning", el("p", {}, t("inspect.not_good"), " ", error.message)));
      }
    }
  };
  return el(
    "div",
    { class: "ask" },
    button(t("inspect.ask"), { id: "ask-server", on: send }),
    el("p", { class: "help" }, t("inspect.ask_help", { host: location.host })),
    answer,
  );
}

function narrowForm(macaroon, type) {
  const summary = el("div", { class: "summary-text", "aria-live": "polite" });
  const made = el("div", { id: "narrowed", class: "stack" });
  const submit = button(t("inspect.narrow_submit"), { kind: "primary", type: "submit", id: "narrow-submit" });
  const builder = limits({ type, base: macaroon.caveats, changed: () => update() });
  function update() {
    const added = builder.draft();
    fill(
      summary,
      added.length === 0
        ? null
        : sentence(type, [...macaroon.caveats.map(({ cid }) => parseCaveat(printable(cid))).filter(Boolean), ...added]),
    );
    fill(made);
  }
  const content = [builder.root, summary, el("div", { class: "actions" }, submit)];
  const root = form({}, content, submit, async () => {
    const chosen = builder.read();
    if (chosen === null) {
      return;
    }
    if (chosen.length === 0) {
      throw new Error(t("inspect.narrow_nothing"));
    }
    let narrowed;
    try {
      narrowed = await narrow(macaroon, chosen.map(writeCaveat), SERVER_LIMITS);
    } catch (error) {
      throw error instanceof Unreadable ? new Error(unreadable(error)) : error;
    }
    const title = el("h2", { tabindex: "-1" }, t("inspect.narrowed"));
    fill(made, title, el("p", { class: "help" }, t("inspect.narrowed_help")), secretPanel(write(narrowed), type));
    title.focus();
  });
  return [root, made];
}
