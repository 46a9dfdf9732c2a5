/** How a model did before and after, in words: better and worse are never a colour alone. */

import { h } from "./dom.js";

/** [name, share of messages or number of them, which direction is good] */
const KNOWN = {
  accuracy: { name: "Understood as meant", share: true, good: 1 },
  macro_f1: { name: "Mean over all meanings (F1)", share: true, good: 1 },
  red_flags_found: { name: "Emergencies that raise the alarm", good: 1 },
  false_alarms: { name: "Ordinary messages that raise it", good: -1 },
  clinical_answered_by_bot: { name: "Clinical messages that reach no pharmacist", good: -1 },
};
const COLUMNS = ["Figure", "Before", "After", "Change"];

const known = (key) => (Object.hasOwn(KNOWN, key) ? KNOWN[key] : { name: key.replaceAll("_", " ") });

const shown = (value, share) => {
  if (typeof value !== "number") return "–";
  return value.toLocaleString("en-US", share ? { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 } : {});
};

/** "better" and "worse" only where it is known which is which. */
function change({ before, after }, good) {
  if (typeof before !== "number" || typeof after !== "number") return "";
  if (before === after) return "same";
  if (!good) return after > before ? "more" : "less";
  return (after - before) * good > 0 ? "better" : "worse";
}

/** Those that compare; beside them stands what the training took. */
export const compared = (figures) => Object.entries(figures ?? {}).filter(([, figure]) => figure && typeof figure === "object" && "after" in figure);

/** The figures as a table. @param {[string, {messages, before, after}][]} figures */
export function figureTable(figures) {
  const rows = figures.map(([key, figure]) => {
    const { name, share, good } = known(key);
    const what = change(figure, good);
    const sign = { better: "▲", worse: "▼" }[what];
    const cells = [shown(figure.before, share), shown(figure.after, share), h(`span.change.${what || "none"}`, null, sign && h("span", { "aria-hidden": "true" }, `${sign} `), what)];
    return h("tr", null, h("th", { scope: "row" }, name, h("br"), h("span.small", null, `${shown(figure.messages)} messages`)), cells.map((cell) => h("td", null, cell)));
  });
  const head = h("thead", null, h("tr", null, COLUMNS.map((name) => h("th", { scope: "col" }, name))));
  return h("div.table", { tabindex: 0, role: "group", "aria-label": "Figures" }, h("table", null, head, h("tbody", null, rows)));
}

/** "Understood as meant: 91.0% before, 92.3% after, better" */
export function headline(figures) {
  const { accuracy } = figures ?? {};
  if (!accuracy) return "";
  const { name, share, good } = KNOWN.accuracy;
  return `${name}: ${shown(accuracy.before, share)} before, ${shown(accuracy.after, share)} after, ${change(accuracy, good)}`;
}
