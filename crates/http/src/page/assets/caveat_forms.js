// Choosing limits for a token: a form for each kind of caveat, and a sentence that says what all of them allow.

import { readNetwork } from "./addresses.js";
import {
  CONSUMERS,
  INTERFACES,
  METHODS,
  OPERATIONS,
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
import { button, field, select } from "./widgets.js";

/** Each kind: its name and explanation, and what makes its form: {root, read, focus}. */
const FORMS = {
  time: { title: "limit.time", help: "limit.time_help", form: timeForm },
  ip: {
    title: "limit.ip",
    help: "limit.ip_help",
    form: () => listForm("ip", "limit.ip_items", "limit.ip_example", readNetwork),
  },
  asn: {
    title: "limit.asn",
    help: "limit.asn_help",
    form: () => listForm("asn", "limit.asn_items", "limit.asn_example", readNewAsn),
  },
  "geo.country": { title: "limit.country", help: "limit.country_help", form: countryForm },
  "geo.region": { title: "limit.region", help: "limit.region_help", form: regionForm },
  service: {
    title: "limit.service",
    help: "limit.service_help",
    form: () => partyForm("service", SERVICES, "limit.service_items", "limit.service_example"),
  },
  consumer: {
    title: "limit.consumer",
    help: "limit.consumer_help",
    form: () => partyForm("consumer", CONSUMERS, "limit.consumer_items", "limit.consumer_example"),
  },
  interface: { title: "limit.interface", help: "limit.interface_help", form: interfaceForm },
  api: { title: "limit.api", help: "limit.api_help", form: apiForm },
  "data.readonly": { title: "limit.readonly", help: "limit.readonly_help", form: () => bareForm("data.readonly") },
  "data.path": {
    title: "limit.path",
    help: "limit.path_help",
    form: () => listForm("data.path", "limit.path_items", "limit.path_example", (path) => encodePath(path)),
  },
  "data.objectid": {
    title: "limit.object_id",
    help: "limit.object_id_help",
    form: () => listForm("data.objectid", "limit.object_id_items", "limit.object_id_example"),
  },
  "http.method": {
    title: "limit.method",
    help: "limit.method_help",
    form: () => {
      const { root, boxes, refuse } = boxList("limit.method_items", METHODS);
      return { root, refuse, focus: () => boxes[0].focus(), read: () => chosen("http.method", boxes) };
    },
  },
  "http.path": {
    title: "limit.http_path",
    help: "limit.http_path_help",
    form: () => listForm("http.path", "limit.http_path_items", "limit.http_path_example", readPattern),
  },
  scope: { title: "limit.scope", help: "limit.scope_help", form: () => bareForm("scope") },
};

/** The kinds that have a form. */
export const KINDS_WITH_FORMS = Object.keys(FORMS);

/**
 * A list of limits that grows and shrinks. `type` is that of the token, "act" or "idn"; kinds in `without` are not offered.
 * `changed` is called whenever what the forms say may have changed. `base` is what a token has that is narrowed: more is only added.
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
      announce(t("limit.removed", { name: t(FORMS[kind].title) }));
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
      kinds.map((kind) => button(t(FORMS[kind].title), { kind: "chip", on: () => add(kind), data: { limit: kind } })),
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
    /** Another type of token: limits that it cannot have go away. */
    setType(next) {
      current = next;
      for (const card of cards.filter(({ kind }) => !kindsFor(next).includes(kind))) {
        cards.splice(cards.indexOf(card), 1);
        card.root.remove();
      }
      offer();
      update();
    },
    /** The caveats as far as they are complete. */
    draft: () =>
      cards
        .map(({ form }) => form.read())
        .filter((result) => result.caveat)
        .map(({ caveat }) => caveat),
    /** All caveats; null, with the first wrong field told and focused, when one is not complete. */
    read() {
      const results = cards.map((card) => ({ card, ...card.form.read() }));
      results.forEach(({ card, error }) => card.form.refuse(error ?? null));
      const wrong = results.find(({ error }) => error);
      wrong?.card.form.focus();
      return wrong === undefined ? results.map(({ caveat }) => caveat) : null;
    },
  };
}

/** What it means that no limit is chosen. */
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
  const { title, help, form } = FORMS[kind];
  const name = t(title);
  const titleId = freshId("limit");
  const remove = button(t("common.remove"), { kind: "quiet", on: removed, name: t("limit.remove", { name }) });
  const made = form();
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

function timeForm() {
  const { root, input, refuse } = field(t("limit.time_until"), el("input", { type: "datetime-local" }));
  return {
    root,
    refuse,
    focus: () => input.focus(),
    read() {
      const until = Math.floor(Date.parse(input.value) / 1000);
      const wrong = wrongEnd(until, now());
      return wrong === null ? { caveat: { kind: "time", until: String(until) } } : { error: t(wrong) };
    },
  };
}

/** No network has a larger number, which an older token may name all the same. */
const readNewAsn = (text) => (Number(text) < 2 ** 32 ? readItem("asn", text) : null);

/** Entries of these kinds may have blanks and commas in them. */
const ONE_A_LINE = ["api", "data.path", "http.path"];

/** A list with one entry a line, or with commas between them. `read` turns an entry into an item, or null. */
function listForm(kind, label, example, read = (text) => readItem(kind, text)) {
  const area = el("textarea", { rows: "2", spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
  const { root, input, refuse } = field(t(label), area, { help: t(example) });
  const entries = () =>
    input.value
      .split(ONE_A_LINE.includes(kind) ? "\n" : /[\s,]+/)
      .map((entry) => entry.trim())
      .filter(Boolean);
  return {
    root,
    refuse,
    focus: () => input.focus(),
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
        ? { caveat: { kind, items: all.map(read) } }
        : { error: t("limit.list_wrong", { entry: wrong }) };
    },
  };
}

/** Where a list names what is allowed, or what is not. */
function filterSelect() {
  return select(
    [
      ["whitelist", t("limit.only_from")],
      ["blacklist", t("limit.not_from")],
    ],
    "whitelist",
  );
}

function countryForm() {
  const filter = field(t("limit.filter"), filterSelect());
  const list = listForm(
    "geo.country",
    "limit.country_items",
    "limit.country_example",
    (text) => (/^[A-Za-z]{2}$/.test(text) ? text.toUpperCase() : null),
  );
  return {
    root: el("div", { class: "pair" }, filter.root, list.root),
    refuse: list.refuse,
    focus: list.focus,
    read() {
      const { caveat, error } = list.read();
      return error ? { error } : { caveat: { kind: caveat.kind, filter: filter.input.value, items: caveat.items } };
    },
  };
}

function regionForm() {
  const filter = field(t("limit.filter"), filterSelect());
  const { root, boxes, refuse } = boxList("limit.region_items", REGIONS);
  return {
    root: el("div", {}, filter.root, root),
    refuse,
    focus: () => filter.input.focus(),
    read: () => chosen("geo.region", boxes, { filter: filter.input.value }),
  };
}

/** Several of a few. A name like `NorthAmerica` is shown as two words. */
function boxList(label, values) {
  const boxes = values.map((value) => el("input", { type: "checkbox", value }));
  const labels = boxes.map((box) => el("label", {}, box, el("span", {}, box.value.replace(/([a-z])([A-Z])/, "$1 $2"))));
  const error = el("p", { class: "field-error", hidden: true });
  return {
    root: el("div", {}, el("fieldset", { class: "boxes" }, el("legend", {}, t(label)), labels), error),
    boxes,
    refuse(text) {
      error.hidden = text === null;
      error.textContent = text ?? "";
    },
  };
}

function chosen(kind, boxes, more = {}) {
  const items = boxes.filter((box) => box.checked).map((box) => box.value);
  return items.length === 0 ? { error: t("limit.none_chosen") } : { caveat: { kind, ...more, items } };
}

/** Services or consumers: chosen by kind and id, or written. */
function partyForm(kind, kinds, label, example) {
  const list = listForm(kind, label, example);
  const which = field(
    t("limit.party_kind"),
    select(
      kinds.map((one) => [one, partyTitle(one)]),
      kinds[0],
    ),
  );
  const id = field(t("limit.party_id"), el("input", { type: "text", autocomplete: "off", spellcheck: "false" }));
  const add = button(t("limit.party_add"), {
    on: () => {
      list.add(`${which.input.value}-${id.input.value.trim() || "*"}`);
      id.input.value = "";
    },
  });
  return {
    ...list,
    root: el("div", {}, el("div", { class: "composer" }, which.root, id.root, add), list.root),
    focus: () => which.input.focus(),
  };
}

function interfaceForm() {
  const { root, input } = field(
    t("limit.interface_name"),
    select(
      INTERFACES.map((one) => [one, one]),
      INTERFACES[0],
    ),
  );
  return { root, focus: () => input.focus(), read: () => ({ caveat: { kind: "interface", items: [input.value] } }) };
}

function apiForm() {
  const list = listForm("api", "limit.api_items", "limit.api_example");
  const operations = ["all", ...OPERATIONS];
  const names = {
    all: t("limit.api_all"),
    create: t("limit.api_create"),
    get: t("limit.api_get"),
    update: t("limit.api_update"),
    delete: t("limit.api_delete"),
  };
  const what = field(
    t("limit.api_operation"),
    select(
      operations.map((one) => [one, names[one]]),
      "get",
    ),
  );
  const of = field(
    t("limit.api_of"),
    select(
      [
        ["*.*.*:*", t("limit.api_of_all")],
        ["user.*.*:*", t("limit.api_of_users")],
        ["token.*.*:*", t("limit.api_of_tokens")],
        ["provider.*.*:*", t("limit.api_of_services")],
      ],
      "*.*.*:*",
    ),
  );
  const add = button(t("limit.party_add"), { on: () => list.add(`ozw/${what.input.value}/${of.input.value}`) });
  return {
    ...list,
    root: el("div", {}, el("div", { class: "composer" }, what.root, of.root, add), list.root),
    focus: () => what.input.focus(),
  };
}

/** A caveat's words; a moment is told by the reader's own clock too. */
export function explained(caveat) {
  const local =
    caveat.kind === "time"
      ? el("span", { class: "help" }, " ", t("moment.here", { moment: dateTime(caveat.until) }))
      : null;
  return [words(caveat), local];
}

/** All must hold, so of several ends only the earliest says something. */
function simplified(caveats) {
  const until = validUntil(caveats);
  const others = caveats.filter(({ kind }) => kind !== "time");
  return until === null ? others : [{ kind: "time", until: String(until) }, ...others];
}
