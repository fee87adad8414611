// Pieces that several views use: fields, buttons, notices, badges, tables.

import { announce, el, fill, freshId, svg } from "./dom.js";
import { failureNotice } from "./failures.js";
import { t } from "./texts.js";

export { notice } from "./notices.js";

/** A button that does something. `kind` is "primary", "plain", "danger" or "quiet". */
export function button(label, { kind = "plain", id, on, name, type = "button", data } = {}) {
  const listeners = on === undefined ? {} : { click: on };
  return el("button", { type, class: `button ${kind}`, id, "aria-label": name, data, on: listeners }, label);
}

/** A link that looks like a button. */
export function linkButton(label, href, { kind = "plain", id } = {}) {
  return el("a", { href, class: `button ${kind}`, id }, label);
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

/** Says at each field what is wrong with it, if a text is given, and goes to the first such. Whether there is one. */
export function refuse(fields) {
  for (const [one, text] of fields) {
    one.refuse(text);
  }
  const first = fields.find(([, text]) => text !== null);
  first?.[0].input.focus();
  return first !== undefined;
}

/** One of several, all to be seen. `options` are [value, label, explanation]. */
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

/** What stands where there is nothing yet. */
export function empty(title, text, ...actions) {
  return el(
    "div",
    { class: "empty" },
    el("h2", {}, title),
    el("p", {}, text),
    el("div", { class: "actions" }, actions),
  );
}

export function loading() {
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

/** A button that copies what `text()` gives, and says so. */
export function copyButton(text, { name, kind = "plain", id } = {}) {
  const label = el("span", {}, t("common.copy"));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      label.textContent = t("common.copied");
      announce(t("common.copied"));
    } catch {
      label.textContent = t("common.copy_failed");
      announce(t("common.copy_failed"));
    }
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
  return el(
    "button",
    { type: "button", class: `button ${kind} copy`, id, "aria-label": name, on: { click: copy } },
    icon,
    label,
  );
}

/**
 * A table that becomes a list of cards where there is no room. `columns` are {title, cell, class}; a cell's function gives
 * its content for a row. `key` names a row, for those who look for it.
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
  // Roles are said again, because a table that is laid out as something else loses its own.
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

/** What was asked for last, of each place. */
const latest = new WeakMap();

/**
 * Puts what `load` gives into `place`, with a word while it takes and what went wrong if it does. Only what was asked for last
 * gets there: an older answer may come later. `load` is given a function that says whether it is the last one.
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

/** A button for what is left of a list. `load` gets the next part, and says whether there is more. */
export function moreButton(label, hasMore, load) {
  const place = el("div");
  const more = button(label, { id: "more" });
  const press = async () => {
    fill(place);
    more.setAttribute("aria-disabled", "true");
    try {
      more.hidden = !(await load());
    } catch (error) {
      if (error.name !== "AbortError") {
        fill(place, failureNotice(error));
      }
    }
    more.removeAttribute("aria-disabled");
  };
  more.addEventListener("click", () => (more.getAttribute("aria-disabled") === "true" ? null : press()));
  more.hidden = !hasMore;
  return el("div", { class: "more" }, place, more);
}

/** The head of a view: its title, what it is for, and what can be done. */
export function heading(title, lead, ...actions) {
  return el(
    "header",
    { class: "view-head" },
    el("div", {}, el("h1", { tabindex: "-1" }, title), lead === undefined ? null : el("p", { class: "lead" }, lead)),
    actions.length === 0 ? null : el("div", { class: "actions" }, actions),
  );
}

/** A form's way of working: no second press while one is under way, and an error at its place. */
export function submitting(form, submit, work) {
  const place = el("div", { class: "form-error" });
  (submit.closest(".actions") ?? submit).before(place);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.getAttribute("aria-disabled") === "true") {
      return;
    }
    submit.setAttribute("aria-disabled", "true");
    fill(place);
    try {
      await work();
    } catch (error) {
      if (error.name !== "AbortError") {
        fill(place, failureNotice(error));
      }
    } finally {
      submit.removeAttribute("aria-disabled");
    }
  });
}
