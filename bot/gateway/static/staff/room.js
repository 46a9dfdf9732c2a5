/** One conversation as the desk has it: every event once, in the order of seq. */

export class Room {
  conversation = {};
  events = [];
  escalations = [];
  notes = [];
  record = [];

  constructor(id, escalationId) {
    this.id = id;
    this.escalationId = escalationId;
  }

  get lastSeq() {
    return this.events.at(-1)?.seq ?? 0;
  }

  /** False when events are missing in between, so that the whole must be read. */
  merge(answer, whole) {
    const { conversation, events, escalations, notes, record } = answer;
    const after = whole ? 0 : this.lastSeq;
    const fresh = events.filter(({ seq }) => seq > after).sort((a, b) => a.seq - b.seq);
    if (!whole) {
      const follows = fresh.every(({ seq }, index) => seq === after + index + 1);
      if (!follows || (conversation.last_seq ?? 0) < after) return false;
    }
    this.events = whole ? fresh : [...this.events, ...fresh];
    Object.assign(this, { conversation, escalations, notes, record });
    return true;
  }

  get locale() {
    return this.conversation.locale || "en";
  }

  get patientName() {
    return this.escalations.find(({ patient_name }) => patient_name)?.patient_name ?? null;
  }

  get patientLeft() {
    return this.escalations.some(({ patient_left, state }) => patient_left && state !== "closed");
  }

  get ended() {
    return Boolean(this.conversation.ended_at);
  }

  isHeldBy({ username }) {
    return this.conversation.holder?.username === username;
  }

  /** The request that the buttons act on: the one that was opened, else the first. */
  heldBy({ username }) {
    const held = this.escalations.filter((item) => item.state === "claimed" && item.claimed_by?.username === username);
    return [...held.filter(({ escalation_id }) => escalation_id === this.escalationId), ...held.filter(({ escalation_id }) => escalation_id !== this.escalationId)];
  }

  /** What waits, in the order in which it would be claimed. */
  get waiting() {
    const open = this.escalations.filter(({ state }) => state === "waiting");
    return [...open].sort((a, b) => (b.escalation_id === this.escalationId) - (a.escalation_id === this.escalationId));
  }

  get callBack() {
    return this.escalations.find(({ call_back, state }) => call_back && state !== "closed")?.call_back ?? null;
  }
}
