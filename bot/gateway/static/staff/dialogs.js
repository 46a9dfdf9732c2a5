/** Modal questions: the first field has the focus, Escape leaves, an error stays inside. */

import { button, h, icon } from "./dom.js";
import { counter } from "./fields.js";

let numbered = 0;

/**
 * Resolves to true after `act(values)` has worked, to false when it is left.
 * @param {{title: string, text?: string, content?: Node[], fields?: object[], submit: string, danger?: boolean}} options
 *   fields: {name, label, kind: "select" | "textarea" | "text" | "password", autocomplete?, value?, choices?, limit?, required?, kept?: {get, set}},
 *   or {name, label, own: {node, input, value}} for what is no single control
 */
export function ask({ title, text, content = [], fields = [], submit, danger = false }, act) {
  return new Promise((resolve) => {
    const id = `ask-${(numbered += 1)}`;
    const error = h("p.problem", { role: "alert" });
    const inputs = fields.map(control);
    const go = h(`button.button.${danger ? "danger" : "primary"}`, { type: "submit" }, submit);
    const form = h(
      "form",
      { method: "dialog", novalidate: "" },
      h("h2", { id }, title),
      text && h("p", null, text),
      content,
      inputs.map(({ node }) => node),
      error,
      h("div.row.end", null, button("Cancel", () => dialog.close()), go),
    );
    const dialog = h("dialog.ask", { "aria-labelledby": id }, form);
    let done = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const missing = inputs.find(({ field, value }) => field.required && !value());
      if (missing) {
        error.textContent = `${missing.field.label}: please fill this in.`;
        missing.input.setAttribute("aria-invalid", "true");
        return missing.input.focus();
      }
      go.disabled = true;
      try {
        await act(Object.fromEntries(inputs.map(({ field, value }) => [field.name, value()])));
        done = true;
        for (const { field } of inputs) field.kept?.set("");
        dialog.close();
      } catch (problem) {
        error.textContent = problem.message;
      }
      go.disabled = false;
    });
    show(dialog, () => resolve(done));
    (inputs[0]?.input ?? go).focus();
  });
}

function control(field) {
  const { name, label, kind = "text", choices = [], kept, hint, own, limit = 2000 } = field;
  if (own) return { field, ...own };
  const id = `field-${name}`;
  const described = hint && { "aria-describedby": `${id}-hint` };
  const props = { id, name, required: field.required && "", ...described };
  let input;
  if (kind === "select") input = h("select", props, choices.map(([value, words]) => h("option", { value }, words)));
  else if (kind === "textarea") input = h("textarea", { ...props, rows: field.rows ?? 4, maxlength: limit, lang: field.lang });
  else input = h("input", { ...props, type: kind, autocomplete: field.autocomplete ?? "off" });
  if (field.value) input.value = field.value;
  if (kept) {
    input.value = kept.get() ?? input.value;
    input.addEventListener("input", () => kept.set(input.value));
  }
  // Ctrl+Enter sends from a field in which Enter is a new line
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) input.form.requestSubmit();
  });
  const node = h("div.field", null, h("label", { for: id }, label), hint && h("p.small", { id: `${id}-hint` }, hint), input);
  if (field.limit) node.append(counter(input, limit));
  return { field, input, node, value: () => (kind === "password" ? input.value : input.value.trim()) };
}

/** A dialog that only shows something. @returns {HTMLDialogElement} */
export function inform(title, ...content) {
  const id = `ask-${(numbered += 1)}`;
  const close = h("button.tool", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"));
  const head = h("div.row.between", null, h("h2", { id }, title), close);
  const dialog = h("dialog.ask", { "aria-labelledby": id }, head, ...content);
  show(dialog);
  return dialog;
}

function show(dialog, closed) {
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed?.();
  });
  document.body.append(dialog);
  dialog.showModal();
}

/** With the session everything of it leaves the screen. */
export function closeAll() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
}

export const isOpen = () => Boolean(document.querySelector("dialog[open]"));
