/** The middle pane: who it is, what is asked, what was said, and what one can do. */

import { post } from "./api.js";
import { callWindow, priority } from "./card.js";
import { button, h, icon, tel } from "./dom.js";
import { backButton } from "./queue.js";
import { waiting } from "./time.js";
import { Transcript } from "./transcript.js";
import { LANGUAGES, OUTCOMES, person, QUEUES, word } from "./words.js";

const TYPING_MS = 6_000;
/** Somebody who has touched nothing for so long may not be looking. */
const LOOKING_MS = 60_000;
const TICK = 5_000;

export class Conversation {
  #abort = new AbortController();
  #touched = Date.now();
  #seen = {};
  #lastSpoken;
  #typingTimer;

  /** @param {{desk, actions, composer, outbox, back: () => void, record: () => void}} parts */
  constructor(parts) {
    Object.assign(this, parts);
    const { actions } = this;
    this.transcript = new Transcript();
    this.title = h("h2", { tabindex: -1 });
    this.problem = h("p.problem.strip", { role: "alert" });
    this.state = h("span", { role: "status" });
    this.facts = h("span");
    this.requests = h("ul.requests", { "aria-label": "Requests" });
    this.call = h("p.strip.call");
    this.typing = h("p.typing", { role: "status" });
    this.hint = h("p.hint");
    this.buttons = {
      claim: button("Claim", () => actions.claim(), { look: "button.primary", key: "c" }),
      release: button("Release", () => actions.release()),
      transfer: button("Transfer", () => actions.transfer(), { key: "t" }),
      handBack: button("Hand back", () => actions.handBack(), { key: "h" }),
      close: button("Close", () => actions.close(), { key: "x" }),
      note: button("Add note", () => actions.note(), { key: "n", sign: "note" }),
    };
    const record = button("Record", this.record, { look: "button.show-record", sign: "person", "aria-controls": "record" });
    this.top = h(
      "div.heading",
      null,
      h("div.who-line", null, backButton(this.back), h("div.grow", null, this.title, h("p.sub", null, this.facts, this.state)), record),
      this.call,
      this.requests,
      h("div.row.acts", { role: "group", "aria-label": "Actions" }, Object.values(this.buttons)),
      this.problem,
    );
    this.empty = h("p.empty", null, "Open a conversation from the queue.");
    this.foot = h("div.foot", null, this.typing, this.hint, this.composer.node);
    this.node = h("section.conversation", { "aria-label": "Conversation" }, this.empty, this.top, this.transcript.node, this.foot);
    const { signal } = this.#abort;
    for (const type of ["pointerdown", "keydown", "wheel", "focus"])
      addEventListener(type, () => this.#touch(), { capture: true, passive: true, signal });
    this.timer = setInterval(() => this.#tick(), TICK);
    this.desk.addEventListener("room", () => this.render());
    this.desk.addEventListener("opened", () => this.#opened());
    this.#opened();
  }

  stop() {
    this.#abort.abort();
    clearInterval(this.timer);
    clearTimeout(this.#typingTimer);
  }

  say(text) {
    this.problem.textContent = text;
  }

  #opened() {
    this.say("");
    this.patientTyping(false);
    this.render();
  }

  render() {
    const { room } = this.desk;
    this.empty.hidden = Boolean(room);
    this.top.hidden = this.transcript.node.hidden = this.foot.hidden = !room;
    this.composer.attach(room);
    if (!room) return;
    const verified = room.record.length > 0;
    this.title.textContent = room.patientName || (verified ? room.record[0].patient.name : "Not verified");
    this.facts.textContent = [word(LANGUAGES, room.locale), room.patientLeft && "the patient has left the chat"].filter(Boolean).join(" · ");
    this.#renderCall(room.callBack);
    this.requests.replaceChildren(...room.escalations.map((item) => this.#request(item)));
    this.#renderState(room);
    this.outbox.settle(room.id, room.events);
    this.transcript.render(room, this.outbox.of(room.id));
    this.#patientSpoke(room);
    this.#markSeen();
  }

  #renderCall(call) {
    this.call.hidden = !call;
    if (!call) return;
    const phone = call.phone && h("a", { href: tel(call.phone) }, call.phone);
    this.call.replaceChildren(icon("phone"), h("span", null, "Wants a call ", callWindow(call), phone && ": ", phone, call.name && `, ${call.name}`));
  }

  #renderState(room) {
    const { me } = this.desk;
    const { holder } = room.conversation;
    const mine = room.isHeldBy(me);
    const held = this.actions.held.length > 0;
    const { claim, release, transfer, handBack, close } = this.buttons;
    claim.hidden = !this.actions.claimable.length || held;
    for (const each of [release, transfer, close]) each.hidden = !held;
    handBack.hidden = !held || room.ended || room.patientLeft;
    const open = room.escalations.some(({ state }) => state !== "closed");
    let text = "";
    if (mine) text = "With you.";
    else if (holder) text = `${person(holder)} has this conversation.`;
    else if (open && this.actions.claimable.length) text = "Nobody has this conversation yet.";
    else if (open) text = "This waits for a pharmacist.";
    if (room.ended) text = `The chat has ended. ${mine ? text : ""}`.trim();
    if (this.state.textContent !== text) this.state.textContent = text;
    const may = mine && !room.ended;
    this.composer.show(may);
    this.hint.hidden = may;
    this.foot.hidden = room.ended;
    const draft = this.composer.input.value ? " What you have written is kept." : "";
    this.hint.textContent = this.actions.claimable.length ? `Claim the conversation to reply.${draft}` : `You can read, and add notes.${draft}`;
  }

  #request(item) {
    const { state, claimed_by, closed_by, outcome } = item;
    const by = person(claimed_by);
    const states = {
      waiting: () => waiting(item),
      claimed: () => [by && `with ${by}`, waiting(item)].filter(Boolean).join(", "),
      closed: () => `closed: ${[word(OUTCOMES, outcome), person(closed_by)].filter(Boolean).join(", ")}`,
    };
    const time = h("span.small.time", null, (states[state] ?? (() => state))());
    time.item = item;
    const own = state === "waiting" && this.actions.held.length > 0 && this.desk.mayTake(item);
    return h(
      `li.${state === "closed" ? "done" : "open"}`,
      null,
      h("div.line", null, priority(item.priority), h("b", null, item.reason_label), h("span.small", null, word(QUEUES, item.queue)), time),
      own && button("Claim", () => this.actions.claim(item), { look: "button.small-button", "aria-label": `Claim: ${item.reason_label}` }),
    );
  }

  /** Somebody at the other end writes; forgotten when nothing follows. */
  patientTyping(on = true) {
    clearTimeout(this.#typingTimer);
    this.typing.textContent = on ? "The patient is typing…" : "";
    if (on) this.#typingTimer = setTimeout(() => this.patientTyping(false), TYPING_MS);
  }

  /** What was being written has arrived. */
  #patientSpoke({ id, events }) {
    const last = `${id} ${events.findLast(({ author }) => author === "patient")?.seq}`;
    if (last !== this.#lastSpoken) this.patientTyping(false);
    this.#lastSpoken = last;
  }

  #tick() {
    for (const time of this.requests.querySelectorAll(".time")) {
      const { item } = time;
      if (item.state === "waiting") time.textContent = waiting(item);
    }
  }

  #touch() {
    this.#touched = Date.now();
    this.#markSeen();
  }

  /** Read means shown to somebody who is there: an unread patient must go on alerting otherwise. */
  #markSeen() {
    const { room, me } = this.desk;
    if (!room?.isHeldBy(me) || room.ended || document.visibilityState !== "visible") return;
    if (!document.hasFocus() || Date.now() - this.#touched > LOOKING_MS || !this.transcript.atEnd) return;
    if (!this.node.checkVisibility() || (this.#seen[room.id] ?? 0) >= room.lastSeq) return;
    const seq = room.lastSeq;
    this.#seen[room.id] = seq;
    post(`/conversations/${encodeURIComponent(room.id)}/seen`, { seq })
      .then(() => this.desk.queueChanged())
      .catch(() => (this.#seen[room.id] = 0));
  }

  focusTitle() {
    this.title.focus();
  }
}
