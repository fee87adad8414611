// Small bar charts in SVG, drawn again when their width changes, each with the same numbers as a table.

import { el, fill, freshId, svg } from "./dom.js";
import { number, t } from "./texts.js";

const HEIGHT = 132;
const TOP = 18;
const BOTTOM = 22;
const GAP = 0.28;
/** The width of a label under a bar and the space around it, in pixels. */
const LABEL = 52;

/**
 * A figure with a bar for each of `points`: {label, name, value}. `label` stands under the bar where there is room, `name`
 * in the table. `unit` is the table's head for the values; `most` is the key of the text for the highest bar.
 */
export function bars({ title, note, points, unit, named, most, id }) {
  const plot = el("div", { class: "plot" });
  const titleId = freshId("chart");
  const draw = () => {
    const width = plot.clientWidth;
    if (width > 0) {
      fill(plot, drawn(points, width, titleId, most));
    }
  };
  new ResizeObserver(draw).observe(plot);
  const rows = points.map(({ name, value }) =>
    el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: "number" }, number(value))),
  );
  return el(
    "figure",
    { class: "chart panel", id },
    el("figcaption", {}, el("h2", { id: titleId }, title), el("p", { class: "help" }, note)),
    plot,
    el(
      "details",
      {},
      el("summary", {}, t("chart.as_table")),
      el(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": titleId },
        el(
          "table",
          { class: "small" },
          el(
            "thead",
            {},
            el("tr", {}, el("th", { scope: "col" }, named), el("th", { scope: "col", class: "number" }, unit)),
          ),
          el("tbody", {}, rows),
        ),
      ),
    ),
  );
}

function drawn(points, width, titleId, text) {
  const most = Math.max(1, ...points.map(({ value }) => value));
  const room = HEIGHT - TOP - BOTTOM;
  const step = width / points.length;
  // As many bars have a label as fit, beginning with the first one. Numbers are shown only where they do not touch.
  const every = Math.ceil(LABEL / step);
  const numbered = step >= 22;
  const marks = points.map(({ label, name, value }, index) => {
    const height = value === 0 ? 2 : Math.max(3, (value / most) * room);
    const x = index * step + (step * GAP) / 2;
    const top = TOP + room - height;
    const middle = index * step + step / 2;
    const place = index % every === 0 ? labelAt(x, step, width) : null;
    return [
      svg(
        "rect",
        {
          x,
          y: top,
          width: step * (1 - GAP),
          height,
          rx: Math.min(3, height / 2),
          class: value === 0 ? "bar none" : "bar",
        },
        svg("title", {}, `${name}: ${number(value)}`),
      ),
      numbered && value > 0
        ? svg("text", { x: middle, y: top - 5, "text-anchor": "middle", class: "value" }, number(value))
        : null,
      place === null ? null : svg("text", { x: place.x, y: HEIGHT - 6, "text-anchor": place.anchor }, label),
    ];
  });
  const isClear = numbered || points.every(({ value }) => value === 0);
  const highest = isClear
    ? null
    : svg("text", { x: 0, y: 11, class: "value" }, t(text, { value: number(most) }));
  const line = svg("line", { x1: 0, x2: width, y1: TOP + room + 0.5, y2: TOP + room + 0.5, class: "axis" });
  const attributes = {
    viewBox: `0 0 ${width} ${HEIGHT}`,
    width,
    height: HEIGHT,
    role: "img",
    "aria-labelledby": titleId,
  };
  return svg("svg", attributes, highest, line, marks);
}

/** Under the middle of a wide bar, or from the start of a narrow one. Null if the label does not fit into the picture. */
function labelAt(x, step, width) {
  if (step >= LABEL) {
    return { x: x + (step * (1 - GAP)) / 2, anchor: "middle" };
  }
  return x + LABEL > width ? null : { x, anchor: "start" };
}
