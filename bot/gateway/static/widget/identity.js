/** The identity form. What is typed here goes to the server once and is kept nowhere on the device. */

import { h, icon, linkify, sr } from "./dom.js";

let forms = 0;

/** @param {any} event @param {import("./timeline.js").Context} context */
export function identityForm(event, context) {
  const { t } = context;
  const fields = buildFields(t, `id${(forms += 1)}-`);
  const failed = h("p.wrong", { role: "alert" });
  const submit = h("button.button.primary", null, t.submit);
  const decline = h("button", { type: "button", class: "button" }, t.decline);
  const onsubmit = async (submitted) => {
    submitted.preventDefault();
    failed.textContent = "";
    const values = submit.ariaDisabled !== "true" && readFields(fields, t);
    if (!values) return;
    submit.ariaDisabled = "true"; // `disabled` would drop the keyboard focus
    try {
      await context.verify(values);
      form.remove(); // with all that was typed into it
      context.focus();
    } catch ({ status, message }) {
      failed.textContent = message || t.unreachable;
      // Locked: another try cannot help, the server hands over to a person.
      if (status !== 423) submit.ariaDisabled = "false";
    }
  };
  const form = h(
    "form.card",
    { novalidate: "", "aria-label": t.identityTitle, onsubmit },
    h("p.head", null, icon("lock"), h("b", null, t.identityTitle)),
    fields.rows,
    failed,
    h("div.row", null, submit, decline),
    h("p.small", null, t.private),
  );
  decline.addEventListener("click", () => {
    context.say({ type: "message", text: t.decline });
    context.focus();
  });
  const item = h("div.item.bot", null, sr(t.bot), h("div.bubble", null, linkify(event.text)), form);
  item.settle = (open) => open || form.remove();
  return item;
}

function buildFields(t, prefix) {
  const field = (name, props) => h("input", { name, id: prefix + name, "aria-describedby": `${prefix}${name}-wrong`, autocomplete: "off", ...props });
  const date = (name) => field(name, { inputmode: "numeric", maxlength: name === "year" ? 4 : 2, autocomplete: `bday-${name}`, "aria-describedby": `${prefix}month-wrong` });
  const label = ({ id }, text) => h("label", { for: id }, text);
  const wrong = ({ id }) => h("p.wrong", { id: `${id}-wrong` });
  const last = field("name", { autocomplete: "family-name" });
  const [month, day, year] = ["month", "day", "year"].map(date);
  const rx = field("rx_number");
  const phone = field("phone", { type: "tel", autocomplete: "tel" });
  const proofs = [rx, phone].map((input) => h("div.field", null, label(input, t[input.name]), input, h("p.small", null, t[`${input.name}_hint`]), wrong(input)));
  const pick = (input, index) => {
    const radio = h("input", { type: "radio", name: `${prefix}proof`, onchange: () => proofs.forEach((row) => (row.hidden = row !== proofs[index])) });
    radio.checked = index === 0;
    return h("label", null, radio, t[input.name]);
  };
  proofs[1].hidden = true;
  const rows = [
    h("div.field", null, label(last, t.last_name), last, wrong(last)),
    h("fieldset", null, h("legend", null, t.birth), h("div.parts", null, [month, day, year].map((input) => h("div", null, label(input, t[input.name]), input))), wrong(month)),
    h("fieldset", null, h("legend", null, t.proof), h("div.segments", null, [rx, phone].map(pick))),
    proofs,
  ];
  return { rows, last, month, day, year, rx, phone, proofs };
}

/** @returns {object | undefined} undefined after saying what is missing and moving the focus there */
function readFields({ last, month, day, year, rx, phone, proofs }, t) {
  const birth = isoDate(year.value, month.value, day.value);
  const proof = proofs[0].hidden ? phone : rx;
  const digits = proof.value.replace(/\D/g, "").length;
  const wrong = [
    [last, !last.value.trim(), t.needName],
    [month, !birth, t.needBirth],
    [proof, proof === rx ? !rx.value.trim() : digits < 10 || digits > 15, t[`${proof.name}_need`]],
  ].filter(([input, bad, text]) => {
    input.ariaInvalid = String(bad);
    input.getRootNode().getElementById(`${input.id}-wrong`).textContent = bad ? text : "";
    return bad;
  });
  if (!wrong.length) return { last_name: last.value.trim(), date_of_birth: birth, [proof.name]: proof.value.trim() };
  wrong[0][0].focus();
}

/** YYYY-MM-DD of a day that exists and on which a living person can have been born; else null. */
function isoDate(...parts) {
  const [year, month, day] = parts.map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists && year >= 1900 && date < new Date() ? date.toISOString().slice(0, 10) : null;
}
