/** One escalation in the queue: a button that says everything without colours. */

import { h, icon } from "./dom.js";
import { clock, isOverdue, stamp, waiting } from "./time.js";
import { OUTCOMES, person, plural, PRIORITIES, QUEUES, word } from "./words.js";

export const priority = (value) => {
  const name = Object.hasOwn(PRIORITIES, value) ? value : "routine";
  return h(`span.priority.${name}`, null, icon(name), word(PRIORITIES, value));
};

/** "2:00 PM to 4:00 PM", with the day when it is not today. */
export const callWindow = ({ from, until }) => [stamp(from), until && clock(until)].filter(Boolean).join(" to ");

const firstLine = (text) => String(text ?? "").trim().split("\n")[0];

export class Card {
  #shown;

  /** @param {(item) => void} open */
  constructor(open) {
    this.time = h("span.time");
    this.button = h("button.card", { type: "button", onclick: () => open(this.item) });
    this.node = h("li", null, this.button);
  }

  /** @param {object} item an escalation @param {boolean} current whether its conversation is open */
  update(item, current, me) {
    this.item = item;
    if (current) this.button.setAttribute("aria-current", "true");
    else this.button.removeAttribute("aria-current");
    const shown = JSON.stringify(item);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.button.replaceChildren(...this.#content(item, me));
    }
    this.tick();
  }

  tick() {
    const text = waiting(this.item);
    if (this.time.textContent !== text) this.time.textContent = text;
    this.button.classList.toggle("overdue", isOverdue(this.item));
  }

  #content(item, me) {
    const { locale, unread, call_back: call, state, outcome, claimed_by, holder } = item;
    const left = item.patient_left && state !== "closed";
    const holds = person(claimed_by ?? holder);
    const mine = (claimed_by ?? holder)?.username === me.username;
    const has = holds && state !== "closed" && (mine ? "with you" : `with ${holds}`);
    const facts = [
      word(QUEUES, item.queue),
      item.due_at && state !== "closed" && !item.answered_at && `due ${stamp(item.due_at)}`,
      state === "closed" && [word(OUTCOMES, outcome), person(item.closed_by)].filter(Boolean).join(", "),
    ];
    return [
      h("span.line", null, priority(item.priority), h("b.reason", null, item.reason_label)),
      h(
        "span.line",
        null,
        h(`span.name${item.patient_name ? "" : ".none"}`, null, item.patient_name || "Not verified"),
        unread > 0 && state !== "closed" && h("span.unread", null, `${unread} unread`),
        this.time,
      ),
      h("span.question", { lang: locale }, firstLine(item.question)),
      h("span.line.small", null, facts.filter(Boolean).join(" · ")),
      (has || left) &&
        h("span.line.small", null, has && h("span.tag", null, icon("person"), has), left && h("span.tag", null, icon("away"), "patient has left")),
      call && h("span.line.small.call", null, icon("phone"), `wants a call ${callWindow(call)}`),
      item.alerts > 0 && state === "waiting" && h("span.line.small.late", null, `alerted ${plural(item.alerts, "time", "times")}`),
    ].filter(Boolean);
  }
}
