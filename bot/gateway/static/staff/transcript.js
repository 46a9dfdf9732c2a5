/** What was said, with the notes of the desk between, in the order of time; history is not read aloud. */

import { arrange, button, h, icon, linkify, sr } from "./dom.js";
import { clock, day, stamp } from "./time.js";
import { person, ROLES, word } from "./words.js";

const KINDS = {
  choices: "Offered a choice",
  identity_form: "Asked who they are",
  status_card: "Status card",
};
const LINES = ["identity_result", "owner", "closed"];
const NEAR = 60;

export class Transcript {
  #nodes = new Map();
  #roomId;
  #following = true;
  #seen = h("p.seen", { "aria-live": "off" }, icon("check"), "Seen by the patient");

  constructor() {
    this.log = h("div.log", { role: "log", tabindex: 0, "aria-label": "Conversation" });
    this.more = button("New messages", () => this.toEnd(), { look: "button.primary.more", hidden: "" });
    this.log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // what is around it grows and shrinks: the newest stays in sight
    new ResizeObserver(() => this.#following && this.toEnd()).observe(this.log);
    this.node = h("div.transcript", null, this.log, this.more);
  }

  get atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  #scrolled() {
    this.#following = this.atEnd;
    if (this.#following) this.more.hidden = true;
  }

  toEnd() {
    this.#following = true;
    this.log.scrollTop = this.log.scrollHeight;
    this.more.hidden = true;
  }

  /** @param {import("./room.js").Room | null} room @param {object[]} pending what the outbox still has */
  render(room, pending) {
    const opened = room?.id !== this.#roomId;
    if (opened) {
      this.#nodes.clear();
      this.#roomId = room?.id;
      this.log.replaceChildren();
      this.log.ariaLive = "off";
    }
    if (!room) return;
    const before = this.#nodes.size;
    const follow = opened || this.#following;
    const nodes = this.#ordered(room, pending);
    arrange(this.log, nodes);
    if (follow) this.toEnd();
    else if (this.#nodes.size > before) this.more.hidden = false;
    // what comes from now on is news
    if (opened) setTimeout(() => (this.log.ariaLive = "polite"), 500);
  }

  #ordered(room, pending) {
    const entries = [
      ...room.events.map((event) => ({ key: `e${event.seq}`, at: event.at, event })),
      ...pending.map((item) => ({ key: `o${item.client_id}`, at: "9", item })),
    ];
    for (const note of [...room.notes].sort((a, b) => (a.at < b.at ? -1 : 1))) {
      const place = entries.findIndex(({ at }) => at > note.at);
      entries.splice(place < 0 ? entries.length : place, 0, { key: `n${note.note_id}`, at: note.at, note });
    }
    const shown = this.#lastSeen(room);
    const nodes = [];
    let date;
    for (const entry of entries) {
      const when = day(entry.at === "9" ? new Date() : entry.at);
      if (when !== date) nodes.push(this.#node(`d${when}`, () => h("p.day", null, when)));
      date = when;
      nodes.push(this.#node(this.#version(entry, room.patientName), () => this.#draw(entry, room)));
      if (entry.event && entry.event === shown) nodes.push(this.#seen);
    }
    return nodes;
  }

  /** A pending message is drawn again when its state changes, a patient once the name is known. */
  #version({ key, item, event }, name) {
    if (item) return `${key}:${item.seq ? "sent" : item.late ? "late" : "new"}`;
    return event?.author === "patient" ? `${key}:${name}` : key;
  }

  #node(key, make) {
    if (!this.#nodes.has(key)) this.#nodes.set(key, make());
    return this.#nodes.get(key);
  }

  #lastSeen({ events, conversation }) {
    return events.findLast(({ seq, author, kind }) => author === "staff" && kind === "message" && seq <= (conversation.seen_seq ?? 0));
  }

  #draw({ event, note, item }, room) {
    if (note) return drawNote(note);
    if (item) return drawPending(item);
    return drawEvent(event, room);
  }
}

function drawEvent(event, room) {
  const { kind, author, text, at, urgent, late_text } = event;
  const lang = event.lang || room.locale;
  const words = (web) => h("p.text", { lang }, linkify(text, web));
  if (LINES.includes(kind)) {
    const sign = kind === "identity_result" ? (event.verified ? "check" : "lock") : kind === "closed" ? "close" : "person";
    return h("div.item.line", null, icon(sign), words(true), h("time", { datetime: at }, clock(at)));
  }
  if (kind === "notice" && urgent)
    return h("div.item.alarm", null, h("p.meta", null, icon("urgent"), h("b", null, "Urgent notice to the patient"), h("time", { datetime: at }, stamp(at))), words(true));
  const what = kind === "notice" ? "Notice" : KINDS[kind];
  const late = kind === "status_card" && late_text && "late";
  return h(
    `div.item.${["patient", "staff", "bot"].includes(author) ? author : "system"}`,
    null,
    h("p.meta", null, h("b", null, writer(event, room)), [what, late].filter(Boolean).map((each) => h("span.tag", null, each)), h("time", { datetime: at }, stamp(at))),
    words(author !== "patient"),
  );
}

function writer({ author, name, role }, room) {
  if (author === "patient") return room.patientName || "Patient";
  if (author === "staff") return [name || "Staff", role && word(ROLES, role)].filter(Boolean).join(", ");
  return author === "bot" ? "Assistant" : "Willcall";
}

const drawNote = ({ author, at, text }) =>
  h(
    "div.item.note",
    null,
    h("p.meta", null, icon("note"), h("b", null, "Private note"), h("span", null, person(author)), h("time", { datetime: at }, stamp(at))),
    h("p.text", null, linkify(text, true)),
    sr("The patient does not see this."),
  );

function drawPending({ text, seq, late }) {
  const state = seq ? "Sent" : late ? "Not sent yet – trying again" : "Sending…";
  return h("div.item.staff.pending", null, h("p.meta", null, h("b", null, "You"), h("span.tag", null, state)), h("p.text", null, text));
}
