/** The right pane: whom the patient has shown to be, and their prescriptions. */

import { h, icon, linkify, tel } from "./dom.js";
import { birth, stamp } from "./time.js";
import { LANGUAGES, word } from "./words.js";

export class Record {
  #shown;

  /** @param {() => void} back */
  constructor(back) {
    this.body = h("div.scroll", { tabindex: 0, role: "group", "aria-label": "Record" });
    const close = h("button.tool.close-record", { type: "button", "aria-label": "Close the record", onclick: back }, icon("close"));
    this.node = h("section.record", { id: "record", "aria-label": "Patient record" }, h("div.row.between.title", null, h("h2", null, "Patient record"), close), this.body);
    this.render(null);
  }

  /** @param {import("./room.js").Room | null} room */
  render(room) {
    const shown = JSON.stringify([room?.id, room?.record]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.body.replaceChildren(...(room ? this.#content(room.record) : [h("p.empty", null, "Open a conversation to see the record.")]));
  }

  #content(record) {
    if (record.length) return record.map(personal);
    return [h("div.not-verified", null, icon("lock"), h("div", null, h("b", null, "Not verified"), h("p.small", null, "The patient has not shown who they are. Tell nothing private.")))];
  }
}

function personal({ patient, caregiver, verified_at, valid, prescriptions = [] }) {
  const { name, date_of_birth, phone, language } = patient;
  const checked = valid
    ? h("p.checked", null, icon("check"), `Verified ${stamp(verified_at)}`)
    : h("p.checked.over", null, icon("lock"), verified_at ? `No longer valid (verified ${stamp(verified_at)})` : "No longer valid");
  return h(
    "article.person",
    null,
    h("h3", null, name),
    checked,
    caregiver && h("p.checked.caregiver", null, icon("person"), `The writer is a caregiver: ${caregiver.relationship}`),
    facts([
      ["Date of birth", birth(date_of_birth)],
      ["Phone", phone && h("a", { href: tel(phone) }, phone)],
      ["Language", word(LANGUAGES, language)],
    ]),
    h("h4", null, `Prescriptions (${prescriptions.length})`),
    prescriptions.length ? prescriptions.map(prescription) : h("p.small", null, "None that this person may see."),
  );
}

function prescription(rx) {
  const left = rx.refills_remaining;
  return h(
    `section.rx${rx.late ? ".late" : ""}`,
    { "aria-label": rx.medicine },
    h("h5", null, rx.medicine),
    h("p.state", null, h("b", null, rx.title), rx.late && h("span.tag.warn", null, icon("urgent"), "late")),
    h("p", null, linkify(rx.meaning)),
    rx.next_step && h("p", null, h("b", null, "Next: "), linkify(rx.next_step)),
    rx.directions && h("p.directions", null, h("span.small", null, "Directions"), h("span", null, rx.directions)),
    facts([
      ["Rx", rx.rx_number],
      ["Quantity", rx.quantity],
      ["Refills left", left],
      ["Store", rx.store_name],
      ...(rx.facts ?? []).map(({ label, value }) => [label, linkify(value)]),
    ]),
    rx.as_of_text && h("p.small", null, rx.as_of_text),
  );
}

/** Zero is a fact, nothing is not. */
function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  const shown = (value) => (typeof value === "number" ? String(value) : value);
  return h("dl.facts", null, known.map(([label, value]) => h("div", null, h("dt", null, label), h("dd", null, shown(value)))));
}
