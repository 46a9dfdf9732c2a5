/** What the desk knows: the queue, and the conversation that is open. Tells by events. */

import { get } from "./api.js";
import { Room } from "./room.js";
import { setServerTime } from "./time.js";

const DEBOUNCE = 120;
const RETRY = 3_000;

export class Desk extends EventTarget {
  #timers = {};
  #running = {};

  /** In the server's order. */
  items = [];
  closed = null;
  /** @type {Room | null} */
  room = null;
  loaded = false;

  /** @param {{username: string, role: string}} me */
  constructor(me) {
    super();
    this.me = me;
  }

  stop() {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.stopped = true;
  }

  get waiting() {
    return this.items.filter(({ state }) => state === "waiting");
  }

  isMine(item) {
    return item.state === "claimed" && item.claimed_by?.username === this.me.username;
  }

  get mine() {
    return this.items.filter((item) => this.isMine(item));
  }

  /** A technician takes what is not clinical from the counter's queue, a pharmacist everything. */
  mayTake({ queue, clinical }) {
    return this.me.role === "pharmacist" || (queue === "counter" && !clinical);
  }

  /** Reads again soon: changes come in bursts. */
  queueChanged() {
    this.#soon("queue", () => this.readQueue());
  }

  roomChanged(conversationId) {
    if (this.room?.id === conversationId) this.#soon("room", () => this.readRoom());
  }

  everythingChanged() {
    this.queueChanged();
    if (this.room) this.roomChanged(this.room.id);
  }

  #soon(what, read, wait = DEBOUNCE) {
    clearTimeout(this.#timers[what]);
    const failed = ({ passing }) => passing && !this.stopped && this.#soon(what, read, RETRY);
    this.#timers[what] = setTimeout(() => read().catch(failed), wait);
  }

  /** One at a time, and once more if something has changed meanwhile: the newest answer stays. */
  async #once(what, read) {
    if (this.#running[what]) {
      this.#running[what].again = true;
      return this.#running[what].promise;
    }
    const run = (this.#running[what] = { again: false });
    run.promise = (async () => {
      try {
        do {
          run.again = false;
          await read();
        } while (run.again && !this.stopped);
      } finally {
        delete this.#running[what];
      }
    })();
    return run.promise;
  }

  readQueue() {
    return this.#once("queue", async () => {
      const answer = await get("/escalations", { background: true });
      setServerTime(answer.now);
      this.items = answer.escalations;
      this.loaded = true;
      if (this.closed) this.closed = (await get("/escalations?state=closed", { background: true })).escalations;
      this.#tell("queue");
    });
  }

  /** @param {boolean} shown whether the closed ones are looked at */
  async showClosed(shown) {
    if (!shown) this.closed = null;
    else if (!this.closed) {
      this.closed = [];
      await this.readQueue();
    }
  }

  /** @param {string} id @param {number} [escalationId] the request it was opened for */
  async openRoom(id, escalationId) {
    const room = new Room(id, escalationId);
    const answer = await get(`/conversations/${encodeURIComponent(id)}`);
    room.merge(answer, true);
    this.room = room;
    this.#tell("opened");
    return room;
  }

  leaveRoom() {
    this.room = null;
    this.#tell("opened");
  }

  readRoom() {
    return this.#once("room", async () => {
      const { room } = this;
      if (!room) return;
      const path = `/conversations/${encodeURIComponent(room.id)}`;
      const answer = await get(`${path}?after=${room.lastSeq}`, { background: true });
      if (!room.merge(answer, false)) room.merge(await get(path, { background: true }), true);
      if (room === this.room) this.#tell("room");
    });
  }

  patientHasSeen(seq) {
    const { conversation } = this.room;
    conversation.seen_seq = Math.max(conversation.seen_seq ?? 0, seq);
    this.#tell("room");
  }

  /** An answer about one escalation counts at once; the rest is read again. */
  take(escalation) {
    if (!escalation?.escalation_id) return;
    const same = ({ escalation_id }) => escalation_id === escalation.escalation_id;
    this.items = this.items.map((item) => (same(item) ? escalation : item)).filter(({ state }) => state !== "closed");
    this.#tell("queue");
    this.everythingChanged();
  }

  #tell(what) {
    if (!this.stopped) this.dispatchEvent(new Event(what));
  }
}
