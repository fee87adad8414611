// The texts that people read, by key and language. Each language is one file.
//
// Where the next thing goes: a language is a file beside texts/en.js with the same keys, and a line in LANGUAGES.

import en from "./texts/en.js";

const LANGUAGES = { en };

const wished = globalThis.navigator?.languages ?? ["en"];
const chosen = wished.map((tag) => tag.split("-")[0]).find((tag) => Object.hasOwn(LANGUAGES, tag)) ?? "en";
const texts = LANGUAGES[chosen];
const plurals = new Intl.PluralRules(chosen);

/** The language that texts, dates and numbers are in: the reader's own region of it where there is one. */
export function language() {
  return wished.find((tag) => tag.split("-")[0] === chosen) ?? chosen;
}

/** A text. `{name}` in it is replaced by the value of that name; of several forms, `count` chooses one. */
export function t(key, values = {}) {
  const found = texts[key];
  if (found === undefined) {
    throw new Error(`no text has the key ${key}`);
  }
  const text = typeof found === "string" ? found : (found[plurals.select(values.count)] ?? found.other);
  return text.replace(/\{([a-z]+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}

/** The names of the keys `subject.name`, in their order. */
export function namesOf(subject) {
  const prefix = `${subject}.`;
  return Object.keys(texts)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
}

/** Items in a sentence, as in "A, B or C". */
export function either(items) {
  const last = items[items.length - 1];
  return items.length < 2 ? (last ?? "") : t("list.or", { first: items.slice(0, -1).join(", "), last });
}

/** A number in the reader's format, as in "1,234". */
export function number(value) {
  return new Intl.NumberFormat(language()).format(value);
}
