// Builds elements. Texts are always text: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An HTML element. Of `attributes`, `on` holds listeners and `data` the data attributes; true stands for an attribute
 * without a value, false, null and undefined for none. Children are elements, texts, or lists of them.
 */
export function el(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

/** An SVG element, with the same arguments. */
export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS(SVG, tag), attributes, children);
}

/** Puts children in the place of those that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

/** Announces to people who cannot see the page what has happened. */
export function announce(text) {
  const announcer = document.getElementById("announcer");
  // Screen readers read the same text again only if it was removed in between.
  announcer.textContent = "";
  requestAnimationFrame(() => {
    announcer.textContent = text;
  });
}

let numbered = 0;
/** An id that no other element has. */
export function freshId(name) {
  numbered += 1;
  return `${name}-${numbered}`;
}

function build(element, { on = {}, data = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const [name, value] of Object.entries(data)) {
    element.dataset[name] = value;
  }
  for (const [name, listener] of Object.entries(on)) {
    element.addEventListener(name, listener);
  }
  element.append(...flat(children));
  return element;
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}
