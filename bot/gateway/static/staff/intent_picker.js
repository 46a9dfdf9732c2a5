/** Which of the assistant's intents was meant: found by words, the guess already chosen. */

import { h } from "./dom.js";
import { plural } from "./words.js";

const EXAMPLES = 2;

/**
 * @param {{name, label, clinical, examples: string[]}[]} intents
 * @param {string | null} guess @param {[string, number][]} [ranking] what comes first
 * @returns {{node, input, value: () => string}} as `ask` wants it
 */
export function intentPicker(intents, guess, ranking = []) {
  const likely = [guess, ...ranking.map(([name]) => name)];
  const place = ({ name }) => (likely.includes(name) ? likely.indexOf(name) : likely.length);
  const sorted = [...intents].sort((a, b) => place(a) - place(b) || String(a.label).localeCompare(String(b.label)));
  const rows = sorted.map((intent) => option(intent, intent.name === guess));
  const input = h("input", { type: "search", id: "intent", autocomplete: "off", placeholder: "Find by a word", "aria-describedby": "intent-found" });
  const found = h("p.small", { id: "intent-found", role: "status" });
  const list = h("div.options", { role: "radiogroup", "aria-label": "Meanings" }, rows.map(({ node }) => node));
  const node = h("div.field", null, h("label", { for: "intent" }, "Meaning"), input, found, list);
  const chosen = () => rows.find(({ radio }) => radio.checked);

  const tell = (count) => {
    const what = chosen() ? `Chosen: ${chosen().intent.label}.` : "None is chosen.";
    found.textContent = input.value ? `${plural(count, "meaning fits", "meanings fit")}. ${what}` : what;
  };
  const find = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = rows.filter(({ text }) => words.every((each) => text.includes(each)));
    for (const row of rows) row.node.hidden = !fitting.includes(row);
    // what cannot be seen must not be what is sent
    if (fitting.length && !fitting.includes(chosen())) fitting[0].radio.checked = true;
    else if (!fitting.length && chosen()) chosen().radio.checked = false;
    tell(fitting.length);
  };
  input.addEventListener("input", find);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    (chosen() ?? rows.find((each) => !each.node.hidden))?.radio.focus();
  });
  list.addEventListener("change", () => tell(rows.filter((each) => !each.node.hidden).length));
  tell(rows.length);
  return { node, input, value: () => chosen()?.intent.name ?? "" };
}

function option(intent, checked) {
  const { name, label, clinical, examples = [] } = intent;
  const radio = h("input", { type: "radio", name: "intent", value: name });
  radio.checked = checked;
  const node = h(
    "label.option",
    null,
    radio,
    h("span.grow", null, h("span.line", null, h("b", null, label), clinical && h("span.tag.warn", null, "clinical")), h("span.small", null, examples.slice(0, EXAMPLES).map((text) => `“${text}”`).join(" "))),
  );
  return { intent, radio, node, text: [name, label, ...examples].join(" ").toLowerCase() };
}
