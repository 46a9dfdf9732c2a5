/** Charts as SVG that this script draws. The same numbers stand in a table under each. */

import { h } from "./dom.js";

const NS = "http://www.w3.org/2000/svg";
const HEIGHT = 240;
const EDGE = { top: 12, right: 12, bottom: 28, left: 40 };
const STEPS = 4;
const NARROW = 40;
let numbered = 0;

function svg(tag, props, ...children) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(props ?? {})) node.setAttribute(name, value);
  node.append(...children.flat());
  return node;
}

/** A picture with a name and a description; drawn again when its place gets another width. */
function picture(title, description, draw) {
  const id = `chart-${(numbered += 1)}`;
  const node = svg("svg", { class: "chart", role: "img", "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-desc` });
  const words = [svg("title", { id: `${id}-title` }, title), svg("desc", { id: `${id}-desc` }, description)];
  const place = h("div.chart-place", null);
  place.append(node);
  new ResizeObserver(([{ contentRect }]) => {
    const width = Math.floor(contentRect.width);
    if (!width || node.getAttribute("width") === String(width)) return;
    const { height, marks } = draw(width);
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) node.setAttribute(name, value);
    node.replaceChildren(...words, ...marks);
  }).observe(place);
  return place;
}

/** @param {string[]} columns @param {(string | number)[][]} rows the first cell names the row */
function table(title, columns, rows) {
  const head = h("thead", null, h("tr", null, columns.map((name) => h("th", { scope: "col" }, name))));
  const body = h("tbody", null, rows.map(([first, ...cells]) => h("tr", null, h("th", { scope: "row" }, String(first)), cells.map((cell) => h("td", null, String(cell))))));
  const scroll = h("div.table", { tabindex: 0, role: "group", "aria-label": `${title}: table` }, h("table", null, head, body));
  return h("details", null, h("summary", null, "Show as a table"), scroll);
}

/**
 * Lines over days, told apart by dashes as well as by colour.
 * @param {{title: string, days: string[], series: {name: string, values: number[]}[]}} data
 */
export function lines({ title, days, series }) {
  const most = Math.max(1, ...series.flatMap(({ values }) => values));
  const step = niceStep(most);
  const highest = Math.ceil(most / step) * step;
  const description = series.map(({ name, values }) => `${name}: ${values.reduce((sum, value) => sum + value, 0)} in all, ${Math.max(0, ...values)} on the busiest day`).join(". ");
  const draw = (width) => {
    const x = (index) => EDGE.left + (index * (width - EDGE.left - EDGE.right)) / Math.max(1, days.length - 1);
    const y = (value) => HEIGHT - EDGE.bottom - (value * (HEIGHT - EDGE.top - EDGE.bottom)) / highest;
    const marks = [...grid(width, step, highest, y), ...dates(days, width, x)];
    series.forEach(({ values }, index) => {
      const points = values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
      marks.push(svg("polyline", { class: `line-${index}`, points }));
      if (days.length <= NARROW) for (const [at, value] of values.entries()) marks.push(svg("circle", { class: `line-${index}`, cx: x(at), cy: y(value), r: 2.5 }));
    });
    return { height: HEIGHT, marks };
  };
  const legend = h("ul.legend", null, series.map(({ name }, index) => h("li", null, sample(index), name)));
  const rows = days.map((day, at) => [day, ...series.map(({ values }) => values[at])]);
  return h("figure.figure", null, h("figcaption", null, h("h2", null, title)), legend, picture(title, description, draw), table(title, ["Day", ...series.map(({ name }) => name)], rows));
}

function sample(index) {
  const node = svg("svg", { class: "sample", viewBox: "0 0 28 8", "aria-hidden": "true" });
  node.append(svg("polyline", { class: `line-${index}`, points: "1,4 27,4" }));
  return node;
}

function grid(width, step, highest, y) {
  return Array.from({ length: highest / step + 1 }, (_, index) => {
    const value = index * step;
    const at = y(value);
    return [svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: at, y2: at }), svg("text", { x: EDGE.left - 8, y: at + 4, "text-anchor": "end" }, value.toLocaleString("en-US"))];
  }).flat();
}

/** As many dates as have room. */
function dates(days, width, x) {
  const each = Math.ceil(days.length / Math.max(2, Math.floor((width - EDGE.left) / 70)));
  return days.flatMap((day, index) => {
    const last = index === days.length - 1;
    if (index % each && !last) return [];
    if (!last && days.length - 1 - index < each && index) return [];
    const anchor = index === 0 ? "start" : last ? "end" : "middle";
    return svg("text", { x: x(index), y: HEIGHT - 8, "text-anchor": anchor }, day);
  });
}

/** The distance of the lines behind: 1, 2, 5, 10, 20, 50 … with about STEPS of them. */
function niceStep(highest) {
  const wanted = Math.max(1, highest / STEPS);
  const unit = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 5, 10].map((each) => each * unit).find((each) => each >= wanted);
}

const ROW = 40;

/** Bars with their names above them, which have room on a phone too. @param {{title, rows: [string, number][], what: string}} data */
export function bars({ title, rows, what }) {
  const highest = Math.max(1, ...rows.map(([, value]) => value));
  const description = rows.map(([name, value]) => `${name}: ${value}`).join(", ");
  const draw = (width) => {
    const marks = rows.flatMap(([name, value], index) => {
      const top = index * ROW;
      const long = Math.max(2, ((width - 4) * value) / highest);
      return [
        svg("text", { x: 0, y: top + 14 }, name),
        svg("text", { x: width, y: top + 14, "text-anchor": "end" }, value.toLocaleString("en-US")),
        svg("rect", { class: "bar-back", x: 0, y: top + 20, width, height: 10, rx: 3 }),
        svg("rect", { class: "bar-fill", x: 0, y: top + 20, width: long, height: 10, rx: 3 }),
      ];
    });
    return { height: rows.length * ROW, marks };
  };
  return h("figure.figure", null, h("figcaption", null, h("h2", null, title)), picture(title, description, draw), table(title, [what, "Asked"], rows));
}
