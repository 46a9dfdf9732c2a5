/** Small parts of forms that several pages have. */

import { h } from "./dom.js";

const WARN_FROM = 0.9;
let numbered = 0;

/** How much room is left in a field; announced only when it becomes little. */
export function counter(input, limit) {
  const shown = h("p.small.count-left", { "aria-live": "off" });
  const count = () => {
    const { length } = input.value;
    shown.textContent = `${length} of ${limit} characters`;
    shown.setAttribute("aria-live", length > limit * WARN_FROM ? "polite" : "off");
  };
  input.addEventListener("input", count);
  count();
  return shown;
}

/**
 * One of a few, all of them seen. @param {string} legend @param {[value: string, label: string][]} choices
 * @param {string} chosen @param {(value: string) => void} onPick
 * @returns {HTMLFieldSetElement} with `show(value)`, and `label(value, text)` to say more
 */
export function segments(legend, choices, chosen, onPick) {
  const name = `segments-${(numbered += 1)}`;
  const words = new Map();
  const inputs = choices.map(([value, label]) => {
    const input = h("input", { type: "radio", name, value, id: `${name}-${value || "all"}` });
    input.checked = value === chosen;
    input.addEventListener("change", () => onPick(value));
    words.set(value, h("span", null, label));
    return input;
  });
  const labels = inputs.map((input) => h("label", { for: input.id }, input, words.get(input.value)));
  const node = h("fieldset.segments", null, h("legend.sr", null, legend), labels);
  node.show = (value) => inputs.forEach((input) => (input.checked = input.value === value));
  node.label = (value, text) => (words.get(value).textContent = text);
  return node;
}

/** A labelled select. @param {[value: string, label: string][]} choices @param {(value: string) => void} onPick */
export function chooser(label, choices, onPick) {
  const id = `chooser-${(numbered += 1)}`;
  const input = h("select", { id, onchange: () => onPick(input.value) });
  const offer = (each, value = input.value) => {
    input.replaceChildren(...each.map(([key, words]) => h("option", { value: key }, words)));
    input.value = value;
  };
  offer(choices, choices[0]?.[0]);
  return { node: h("div.field", null, h("label", { for: id }, label), input), input, offer };
}

/** A box that shows what is in the password fields of its form. */
export function shows(label) {
  const fields = new Set();
  const { node, input } = tick(label, (shown) => {
    for (const each of input.form.querySelectorAll("[type=password]")) fields.add(each);
    for (const each of fields) each.type = shown ? "text" : "password";
  });
  return { node, input, value: () => input.checked };
}

/** A box to tick. @param {(checked: boolean) => void} [onChange] */
export function tick(label, onChange) {
  const id = `tick-${(numbered += 1)}`;
  const input = h("input", { type: "checkbox", id, onchange: () => onChange?.(input.checked) });
  return { node: h("label.check", { for: id }, input, h("span", null, label)), input };
}
