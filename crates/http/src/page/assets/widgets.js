// Pieces that several views use: fields, buttons, panels, badges, tables.

import { announce, el, fill, freshId, svg } from "./dom.js";
import { failureNotice, notice } from "./failures.js";
import { t } from "./texts.js";

export { notice };

/** How long after the last key a search begins, in milliseconds. */
const PAUSE_MS = 250;

/** A button that does something. `kind` is "primary", "plain", "danger" or "quiet". */
export function button(label, { kind = "plain", id, on, name, type = "button", data } = {}) {
  const listeners = on === undefined ? {} : { click: on };
  return el("button", { type, class: `button ${kind}`, id, "aria-label": name, data, on: listeners }, label);
}

/** A link that looks like a button. */
export function linkButton(label, href, { kind = "plain", id } = {}) {
  return el("a", { href, class: `button ${kind}`, id }, label);
}

/** A part of a view in a frame, with a title. */
export function panel(title, ...content) {
  return el("section", { class: "panel" }, el("h2", {}, title), content);
}

/** Names and values. A row that is null is left out. */
export function facts(rows) {
  const row = ([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value));
  return el("dl", { class: "facts" }, rows.filter(Boolean).map(row));
}

/** A labelled input with an explanation, and a place for what is wrong with it. */
export function field(label, input, { help } = {}) {
  input.id ||= freshId("field");
  const helpId = `${input.id}-help`;
  const errorId = `${input.id}-error`;
  const error = el("p", { class: "field-error", id: errorId, hidden: true });
  input.setAttribute("aria-describedby", help === undefined ? errorId : `${helpId} ${errorId}`);
  const root = el(
    "div",
    { class: "field" },
    el("label", { for: input.id }, label),
    input,
    help === undefined ? null : el("p", { class: "help", id: helpId }, help),
    error,
  );
  return {
    root,
    input,
    focus: () => input.focus(),
    /** Says what is wrong, or with null that nothing is. */
    refuse(text) {
      error.hidden = text === null;
      error.textContent = text ?? "";
      if (text === null) {
        input.removeAttribute("aria-invalid");
      } else {
        input.setAttribute("aria-invalid", "true");
      }
    },
  };
}

/** As `field`, with an input of one line that browsers do not fill. */
export function inputField(label, attributes = {}, options = {}) {
  return field(label, el("input", { type: "text", autocomplete: "off", ...attributes }), options);
}

/** As `field`, with an input of several lines, without spelling help and capitals. */
export function areaField(label, attributes, options) {
  const area = el("textarea", { spellcheck: "false", autocapitalize: "off", autocomplete: "off", ...attributes });
  return field(label, area, options);
}

/** A field that calls `search` a moment after the last key. */
export function searchField(label, id, search) {
  let typing = 0;
  const on = {
    input: () => {
      clearTimeout(typing);
      typing = setTimeout(search, PAUSE_MS);
    },
  };
  return inputField(label, { type: "search", id, spellcheck: "false", on });
}

/** A row of fields above a list. `submitted` is called when Enter is pressed in one of them. */
export function toolbar(attributes, submitted, ...content) {
  const submit = (event) => {
    event.preventDefault();
    submitted();
  };
  return el("form", { class: "toolbar", role: "search", ...attributes, on: { submit } }, content);
}

/** A box to tick, with its text. */
export function checkbox(text, attributes = {}) {
  const input = el("input", { type: "checkbox", ...attributes });
  return { input, label: el("label", { class: "check", for: attributes.id }, input, el("span", {}, text)) };
}

/** A text to copy, which the keyboard reaches. */
export function copyText(label, id, text) {
  const attributes = { class: "token", id, tabindex: "0", role: "textbox", "aria-readonly": "true", "aria-label": label };
  return el("code", attributes, text);
}

/** Shows at each field what is wrong with it, if a text is given, and focuses the first of these. Returns whether there is one. */
export function refuse(fields) {
  for (const [one, text] of fields) {
    one.refuse(text);
  }
  const first = fields.find(([, text]) => text !== null);
  first?.[0].focus();
  return first !== undefined;
}

/** Radio buttons. `options` are [value, label, explanation]. */
export function choice(legend, name, options, chosen, changed) {
  const group = freshId(name);
  const one = ([value, label, help]) => {
    const id = `${group}-${value}`;
    const input = el("input", { type: "radio", name: group, value, id, on: { change: () => changed(value) } });
    input.checked = value === chosen;
    const explained = help === undefined ? null : el("span", { class: "help" }, help);
    return el(
      "label",
      { class: "choice", for: id },
      input,
      el("span", {}, el("span", { class: "choice-name" }, label), explained),
    );
  };
  return el("fieldset", { class: "choices" }, el("legend", {}, legend), options.map(one));
}

export function select(options, chosen, attributes = {}) {
  const element = el(
    "select",
    attributes,
    options.map(([value, label]) => el("option", { value }, label)),
  );
  element.value = chosen;
  return element;
}

/** What is shown in place of an empty list. */
export function empty(title, text, ...actions) {
  return el(
    "div",
    { class: "empty" },
    el("h2", {}, title),
    el("p", {}, text),
    el("div", { class: "actions" }, actions),
  );
}

function loading() {
  return el(
    "p",
    { class: "loading", role: "status" },
    el("span", { class: "spinner", "aria-hidden": "true" }),
    t("common.loading"),
  );
}

/** A word in a coloured frame. `kind` is "good", "bad", "warning" or "quiet". */
export function badge(kind, text) {
  return el("span", { class: `badge ${kind}` }, text);
}

/** A button that copies what `text()` gives, and announces it. */
export function copyButton(text, { name, kind = "plain", id } = {}) {
  const label = el("span", {}, t("common.copy"));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      label.textContent = t("common.copied");
    } catch {
      label.textContent = t("common.copy_failed");
    }
    announce(label.textContent);
    setTimeout(() => {
      label.textContent = t("common.copy");
    }, 2500);
  };
  const icon = svg(
    "svg",
    { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" },
    svg("rect", { x: 5.5, y: 5.5, width: 8, height: 8, rx: 1.5 }),
    svg("path", { d: "M10.5 3.5v-1h-8v8h1" }),
  );
  return button([icon, label], { kind: `${kind} copy`, id, name, on: copy });
}

/**
 * A table that becomes a list of cards on a narrow screen. `columns` are {title, cell, kind, unseen}: `cell(row)` gives the content,
 * `kind` is a class, and the title of an `unseen` column is for screen readers. `key(row)` names a row in the page.
 */
export function table(caption, columns, rows, key) {
  const head = columns.map(({ title, unseen }) =>
    el("th", { scope: "col", role: "columnheader" }, unseen ? el("span", { class: "unseen" }, title) : title),
  );
  const cells = (row) =>
    columns.map(({ title, cell, kind }, index) =>
      el(
        index === 0 ? "th" : "td",
        {
          class: kind,
          scope: index === 0 ? "row" : null,
          role: index === 0 ? "rowheader" : "cell",
          data: { label: title },
        },
        cell(row),
      ),
    );
  // Roles are explicit: a table with another CSS display loses its own.
  return el(
    "table",
    { class: "rows", role: "table" },
    el("caption", { class: "unseen" }, caption),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, head)),
    el(
      "tbody",
      { role: "rowgroup" },
      rows.map((row) => el("tr", { role: "row", data: { row: key(row) } }, cells(row))),
    ),
  );
}

/** The last load of each place. */
const latest = new WeakMap();

/**
 * Puts what `load` gives into `place`; a spinner before that, and an error with a button to retry. Only the last load is shown: an
 * earlier one may be answered later. `load` gets a function that tells whether it is the last one.
 */
export async function show(place, load) {
  const own = {};
  const isLatest = () => latest.get(place) === own;
  latest.set(place, own);
  place.setAttribute("aria-busy", "true");
  fill(place, loading());
  let shown;
  try {
    shown = await load(isLatest);
  } catch (error) {
    if (error.name === "AbortError") {
      return;
    }
    const again = button(t("common.retry"), { on: () => show(place, load) });
    shown = failureNotice(error, again);
  }
  if (isLatest()) {
    fill(place, shown);
    place.removeAttribute("aria-busy");
  }
}

/**
 * A list of which the server has one page at a time, with a button for the next one. `page(cursor)` gives `rows`, and `next`: the
 * cursor of the following page, null after the last one. `draw(rows)` shows all rows so far, `none()` what stands for an empty
 * list. `shown(count)` is called after each further page.
 */
export async function pagedList({ page, draw, none, label = t("common.more"), shown = () => {} }) {
  const { rows, next } = await page();
  if (rows.length === 0 && next === null) {
    return none();
  }
  let cursor = next;
  const list = el("div", {}, draw(rows));
  const place = el("div");
  const more = button(label, { id: "more", on: () => pressed(more, place, load) });
  const load = async () => {
    const following = await page(cursor);
    rows.push(...following.rows);
    cursor = following.next;
    fill(list, draw(rows));
    more.hidden = cursor === null;
    shown(rows.length);
  };
  more.hidden = cursor === null;
  return [list, el("div", { class: "more" }, place, more)];
}

/** The head of a view: title, explanation, buttons. */
export function heading(title, lead, ...offered) {
  const actions = offered.filter(Boolean);
  return el(
    "header",
    { class: "view-head" },
    el("div", {}, el("h1", { tabindex: "-1" }, title), lead === undefined ? null : el("p", { class: "lead" }, lead)),
    actions.length === 0 ? null : el("div", { class: "actions" }, actions),
  );
}

/** A form that does `work` when it is submitted: not twice at the same time, and with an error shown above its buttons. */
export function form(attributes, content, submit, work) {
  const place = el("div", { class: "form-error" });
  const root = el("form", { ...attributes, novalidate: true }, content);
  (submit.closest(".actions") ?? submit).before(place);
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    pressed(submit, place, work);
  });
  return root;
}

/** Does what a button is for: not twice at the same time, and with an error shown in `place`. */
async function pressed(pressedButton, place, work) {
  if (pressedButton.getAttribute("aria-disabled") === "true") {
    return;
  }
  pressedButton.setAttribute("aria-disabled", "true");
  fill(place);
  try {
    await work();
  } catch (error) {
    if (error.name !== "AbortError") {
      fill(place, failureNotice(error));
    }
  } finally {
    pressedButton.removeAttribute("aria-disabled");
  }
}
