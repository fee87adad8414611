// Choosing limits for a token: a form for each kind of caveat, and a sentence that says what all of them allow together.

import { readNetwork } from "./addresses.js";
import {
  CONSUMERS,
  INTERFACES,
  METHODS,
  REGIONS,
  SERVICES,
  encodePath,
  kindsFor,
  partyTitle,
  readItem,
  validUntil,
  words,
  wrongEnd,
} from "./caveats.js";
import { announce, el, fill, freshId } from "./dom.js";
import { readPattern } from "./http_paths.js";
import { dateTime, now } from "./moments.js";
import { t } from "./texts.js";
import { areaField, button, field, inputField, select } from "./widgets.js";

/** Each kind: its name, its explanation, what makes its form ({root, read, focus}), and what that gets after the kind. */
const FORMS = {
  time: ["limit.time", "limit.time_help", () => timeForm()],
  ip: ["limit.ip", "limit.ip_help", listForm, "limit.ip_items", "limit.ip_example", readNetwork],
  asn: ["limit.asn", "limit.asn_help", listForm, "limit.asn_items", "limit.asn_example", readNewAsn],
  "geo.country": ["limit.country", "limit.place_help", countryForm],
  "geo.region": ["limit.region", "limit.place_help", regionForm],
  service: ["limit.service", "limit.service_help", partyForm, "limit.service", "limit.service_example", SERVICES],
  consumer: ["limit.consumer", "limit.consumer_help", partyForm, "limit.consumer", "limit.consumer_example", CONSUMERS],
  interface: ["limit.interface", "limit.interface_help", interfaceForm],
  api: ["limit.api", "limit.api_help", apiForm],
  "data.readonly": ["limit.readonly", "limit.readonly_help", bareForm],
  "data.path": ["limit.path", "limit.path_help", listForm, "limit.paths", "limit.path_example", encodePath],
  "data.objectid": ["limit.object_id", "limit.object_id_help", listForm, "limit.object_id_items", "limit.object_id_example"],
  "http.method": ["limit.method", "limit.request_help", boxForm, "limit.method_items", METHODS],
  "http.path": ["limit.http_path", "limit.request_help", listForm, "limit.paths", "limit.http_path_example", readPattern],
  scope: ["limit.scope", "limit.scope_help", bareForm],
};

/** The kinds that have a form. */
export const KINDS_WITH_FORMS = Object.keys(FORMS);

/**
 * A list of limits that grows and shrinks. `type` is that of the token, "act" or "idn"; kinds in `without` are not offered. `base`
 * are the limits of a token that is confined. `changed` is called when the limits may have changed.
 */
export function limits({ type, without = [], base = [], changed }) {
  const cards = [];
  const list = el("div", { class: "limits", role: "list" });
  const picker = el("div", { class: "limit-picker" });
  const nothing = el("p", { class: "help" });
  let current = type;

  const tellNothing = () => {
    nothing.hidden = cards.length > 0;
    nothing.textContent = withoutAny(current, base);
  };
  const update = () => {
    tellNothing();
    changed();
  };
  const add = (kind) => {
    const card = makeCard(kind, () => {
      const at = cards.indexOf(card);
      cards.splice(at, 1);
      card.root.remove();
      update();
      announce(t("limit.removed", { name: t(FORMS[kind][0]) }));
      (cards[at]?.remove ?? picker.querySelector("button")).focus();
    });
    card.root.addEventListener("input", changed);
    card.root.addEventListener("change", changed);
    cards.push(card);
    list.append(card.root);
    update();
    card.form.focus();
  };
  const offer = () => {
    const kinds = kindsFor(current).filter((kind) => !without.includes(kind));
    fill(
      picker,
      kinds.map((kind) => button(t(FORMS[kind][0]), { kind: "chip", on: () => add(kind), data: { limit: kind } })),
    );
  };
  offer();
  tellNothing();
  const root = el(
    "fieldset",
    { class: "limit-builder" },
    el("legend", {}, el("h2", {}, t("limit.legend"))),
    nothing,
    list,
    el("p", { class: "picker-label" }, t("limit.add")),
    picker,
  );
  return {
    root,
    /** Sets another type of token, and removes the limits that it cannot have. */
    setType(next) {
      current = next;
      for (const card of cards.filter(({ kind }) => !kindsFor(next).includes(kind))) {
        cards.splice(cards.indexOf(card), 1);
        card.root.remove();
      }
      offer();
      update();
    },
    /** The caveats that are complete. */
    draft: () => cards.map(({ form }) => form.read().caveat).filter(Boolean),
    /** All caveats. If one is not complete: null, and the first wrong field has its error and the focus. */
    read() {
      const results = cards.map((card) => ({ card, ...card.form.read() }));
      results.forEach(({ card, error }) => card.form.refuse(error ?? null));
      const wrong = results.find(({ error }) => error);
      wrong?.card.form.focus();
      return wrong === undefined ? results.map(({ caveat }) => caveat) : null;
    },
  };
}

/** What a token without chosen limits allows. */
function withoutAny(type, base) {
  if (base.length > 0) {
    return t("limit.none_added");
  }
  return type === "idn" ? t("limit.none_identity") : t("limit.none");
}

/** The sentence: what a token with these caveats allows its holder. */
export function sentence(type, caveats) {
  const first = type === "idn" ? t("sentence.identity") : t("sentence.access");
  const items = simplified(caveats).map((caveat) => el("li", {}, explained(caveat)));
  return items.length === 0
    ? [el("p", {}, first), el("p", { class: "help" }, t("sentence.unlimited"))]
    : [el("p", {}, first), el("ul", { class: "words" }, items)];
}

function makeCard(kind, removed) {
  const [title, help, form, ...details] = FORMS[kind];
  const name = t(title);
  const titleId = freshId("limit");
  const remove = button(t("common.remove"), { kind: "quiet", on: removed, name: t("limit.remove", { name }) });
  const made = form(kind, ...details);
  const root = el(
    "div",
    { class: "limit", role: "listitem", data: { limit: kind } },
    el(
      "div",
      { role: "group", "aria-labelledby": titleId },
      el("div", { class: "limit-head" }, el("h3", { id: titleId }, name), remove),
      el("p", { class: "help" }, t(help)),
      made.root,
    ),
  );
  return { kind, root, form: { refuse: () => {}, ...made, focus: made.focus ?? (() => remove.focus()) }, remove };
}

function bareForm(kind) {
  return { root: null, read: () => ({ caveat: { kind } }) };
}

/** An end, by the reader's clock. */
export function timeForm(attributes) {
  const made = inputField(t("limit.time_until"), { type: "datetime-local", ...attributes });
  return {
    ...made,
    read() {
      const until = Math.floor(Date.parse(made.input.value) / 1000);
      const wrong = wrongEnd(until, now());
      return wrong === null ? { caveat: { kind: "time", until: String(until) } } : { error: t(wrong) };
    },
  };
}

/** No network has a larger number. Only older tokens may name one. */
function readNewAsn(text) {
  return Number(text) < 2 ** 32 ? readItem("asn", text) : null;
}

/** Entries of these kinds may have blanks and commas in them. */
const ONE_A_LINE = ["api", "data.path", "http.path"];

/**
 * A list with one entry a line, or with commas between them. `read` turns an entry into an item, null if it is wrong. `more` gives
 * what else the caveat has.
 */
function listForm(kind, label, example, read = (text) => readItem(kind, text), more = () => ({})) {
  const made = areaField(t(label), { rows: "2" }, { help: t(example) });
  const { input } = made;
  const entries = () =>
    input.value
      .split(ONE_A_LINE.includes(kind) ? "\n" : /[\s,]+/)
      .map((entry) => entry.trim())
      .filter(Boolean);
  return {
    ...made,
    add(entry) {
      input.value = [...entries(), entry].join("\n");
      input.dispatchEvent(new Event("input", { bubbles: true }));
    },
    read() {
      const all = entries();
      const wrong = all.find((entry) => read(entry) === null);
      if (all.length === 0) {
        return { error: t("limit.list_empty") };
      }
      return wrong === undefined
        ? { caveat: { kind, ...more(), items: all.map(read) } }
        : { error: t("limit.list_wrong", { entry: wrong }) };
    },
  };
}

/** Whether a list names what is allowed, or what is not; `chosen` gives it as a part of a caveat. */
function filterField() {
  const filters = [
    ["whitelist", t("limit.only_from")],
    ["blacklist", t("limit.not_from")],
  ];
  const { root, input, focus } = field(t("limit.filter"), select(filters, "whitelist"));
  return { root, focus, chosen: () => ({ filter: input.value }) };
}

function countryForm(kind) {
  const filter = filterField();
  const readCountry = (text) => (/^[A-Za-z]{2}$/.test(text) ? text.toUpperCase() : null);
  const list = listForm(kind, "limit.country", "limit.country_example", readCountry, filter.chosen);
  return { ...list, root: el("div", { class: "pair" }, filter.root, list.root) };
}

function regionForm(kind) {
  const filter = filterField();
  const list = boxForm(kind, "limit.region", REGIONS, filter.chosen);
  return { ...list, root: el("div", {}, filter.root, list.root), focus: filter.focus };
}

/** Boxes to tick. A name like `NorthAmerica` is shown as two words. `more` gives what else the caveat has. */
function boxForm(kind, label, values, more = () => ({})) {
  const boxes = values.map((value) => el("input", { type: "checkbox", value }));
  const labels = boxes.map((box) => el("label", {}, box, el("span", {}, box.value.replace(/([a-z])([A-Z])/, "$1 $2"))));
  const error = el("p", { class: "field-error", hidden: true });
  return {
    root: el("div", {}, el("fieldset", { class: "boxes" }, el("legend", {}, t(label)), labels), error),
    focus: () => boxes[0].focus(),
    refuse(text) {
      error.hidden = text === null;
      error.textContent = text ?? "";
    },
    read() {
      const items = boxes.filter((box) => box.checked).map((box) => box.value);
      return items.length === 0 ? { error: t("limit.none_chosen") } : { caveat: { kind, ...more(), items } };
    },
  };
}

/** Services or consumers: composed of kind and id, or written. */
function partyForm(kind, label, example, kinds) {
  const list = listForm(kind, label, example);
  const which = field(t("limit.party_kind"), select(kinds.map((one) => [one, partyTitle(one)]), kinds[0]));
  const id = inputField(t("limit.party_id"), { spellcheck: "false" });
  return composed(list, which, id, () => {
    const entry = `${which.input.value}-${id.input.value.trim() || "*"}`;
    id.input.value = "";
    return entry;
  });
}

/** A list with two fields of which `compose` makes an entry. */
function composed(list, one, other, compose) {
  const add = button(t("limit.party_add"), { on: () => list.add(compose()) });
  return {
    ...list,
    root: el("div", {}, el("div", { class: "composer" }, one.root, other.root, add), list.root),
    focus: one.focus,
  };
}

function interfaceForm(kind) {
  const { root, input, focus } = field(t("limit.interface"), select(INTERFACES.map((one) => [one, one]), INTERFACES[0]));
  return { root, focus, read: () => ({ caveat: { kind, items: [input.value] } }) };
}

function apiForm(kind) {
  const list = listForm(kind, "limit.api", "limit.api_example");
  const operations = [
    ["all", t("limit.api_all")],
    ["create", t("limit.api_create")],
    ["get", t("limit.api_get")],
    ["update", t("limit.api_update")],
    ["delete", t("limit.api_delete")],
  ];
  const entities = [
    ["*.*.*:*", t("limit.api_of_all")],
    ["user.*.*:*", t("limit.api_of_users")],
    ["token.*.*:*", t("limit.api_of_tokens")],
    ["provider.*.*:*", t("limit.api_of_services")],
  ];
  const what = field(t("limit.api_operation"), select(operations, "get"));
  const of = field(t("limit.api_of"), select(entities, "*.*.*:*"));
  return composed(list, what, of, () => `ozw/${what.input.value}/${of.input.value}`);
}

/** A caveat's words; a moment also in the reader's time zone. */
export function explained(caveat) {
  const local =
    caveat.kind === "time"
      ? el("span", { class: "help" }, " ", t("moment.here", { moment: dateTime(caveat.until) }))
      : null;
  return [words(caveat), local];
}

/** Of several ends only the earliest one, as all must hold. */
function simplified(caveats) {
  const until = validUntil(caveats);
  const others = caveats.filter(({ kind }) => kind !== "time");
  return until === null ? others : [{ kind: "time", until: String(until) }, ...others];
}
