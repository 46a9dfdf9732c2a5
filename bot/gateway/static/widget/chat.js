/** One conversation: keeps what was said until the server has it. */

import { backoff, Connection, GONE, request } from "./connection.js";

const DAY = 24 * 3600_000;
const ACK_TIMEOUT = 10_000;
const RETRY_AFTER = 6_000;
const TYPING_EVERY = 3_000;
const PASSING = ["rate_limited", "internal", "unavailable", "network"];
const memory = {};

// randomUUID needs HTTPS
const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

/** What the device remembers: session, locale, out:<client_id>. */
export class Store {
  constructor(base) {
    this.prefix = `willcall:${base}:`;
    try {
      this.storage = localStorage ?? memory;
    } catch {
      this.storage = memory; // forbidden here: a reload forgets
    }
  }

  get(key) {
    return JSON.parse(this.storage[this.prefix + key] ?? null);
  }

  set(key, value) {
    try {
      delete this.storage[this.prefix + key];
      if (value) this.storage[this.prefix + key] = JSON.stringify(value);
    } catch {
      // full: costs the resume, not the chat
    }
  }

  /** Oldest first, and none older than a day. */
  outbox() {
    return Object.keys(this.storage)
      .filter((key) => key.startsWith(`${this.prefix}out:`))
      .map((key) => JSON.parse(this.storage[key]))
      .filter(({ at }) => Date.now() - at < DAY)
      .sort((a, b) => a.at - b.at);
  }

  clear() {
    for (const { client_id } of this.outbox()) this.set(`out:${client_id}`);
    this.set("session");
  }
}

export class Chat {
  #line;
  #online = false;
  #starting = false;
  #stopped = false;
  #flying;
  #timer;
  #typed = 0;
  #seen = 0;

  constructor(base, store, view) {
    this.api = `${base}api/v1/conversations`;
    this.store = store;
    this.view = view;
    this.outbox = store.outbox();
  }

  /** Without a memory nothing happens before the patient writes. */
  resume() {
    for (const item of this.outbox) this.view.addOwn(item);
    if (this.store.get("session")) this.#connect(true);
    else if (this.outbox.length) this.begin();
  }

  /** Creates the conversation if there is none; does not give up. */
  async begin() {
    if (this.#line || this.#starting) return;
    this.#starting = true;
    const body = { locale: this.view.locale };
    for (let attempt = 0; !this.#stopped; attempt += 1) {
      try {
        const session = await request(this.api, { method: "POST", body });
        if (this.#stopped) return;
        this.store.set("session", session);
        return this.#connect(false);
      } catch (error) {
        this.view.setOnline(false);
        if (error.status) this.view.showError(error);
        await backoff(attempt);
      }
    }
  }

  say(said) {
    const item = { ...said, client_id: newId(), at: Date.now() };
    this.outbox.push(item);
    this.store.set(`out:${item.client_id}`, item);
    this.view.addOwn(item);
    if (!navigator.onLine) this.view.setOnline(false);
    this.begin();
    this.#pump();
  }

  typing() {
    this.begin();
    if (!this.#online || Date.now() - this.#typed < TYPING_EVERY) return;
    this.#typed = Date.now();
    this.#line.send({ type: "typing" });
  }

  seen(seq) {
    if (!this.#online || seq <= this.#seen) return;
    this.#seen = seq;
    this.#line.send({ type: "seen", seq });
  }

  helped(seq, helpful) {
    this.#line.send({ type: "feedback", seq, helpful });
  }

  /** Throws the server's answer. */
  verify(body) {
    return this.#request("/identity", { method: "POST", body });
  }

  /** Clears the device; resolves to whether the server ended it too. */
  async end() {
    const known = this.store.get("session");
    const ended = known && this.#request("", { method: "DELETE" });
    this.stop();
    this.store.clear();
    return Promise.resolve(ended).then(
      () => true,
      ({ status }) => GONE.includes(status),
    );
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#line?.stop();
  }

  #request(path, options) {
    const { conversation_id, secret } = this.store.get("session");
    return request(`${this.api}/${conversation_id}${path}`, { ...options, secret });
  }

  #connect(resumed) {
    const { conversation_id, secret } = this.store.get("session");
    let historyUntil = resumed ? null : 0;
    this.#line = new Connection({
      url: `${this.api}/${conversation_id}`,
      secret,
      after: () => this.view.timeline.reached,
      onFrame: (frame) => {
        if (frame.type === "welcome") historyUntil ??= frame.last_seq;
        this.#receive(frame, frame.seq <= historyUntil);
      },
      onState: (online) => {
        this.#online = online;
        this.view.setTurn("");
        this.view.setOnline(online);
        this.#land();
      },
      onGone: () => this.#gone(),
    });
  }

  #receive(frame, isHistory) {
    const { view } = this;
    const { type, client_id } = frame;
    if (type === "wait" || (type === "welcome" && frame.owner)) view.setOwner(frame);
    if (type === "turn") view.setTurn(frame.state === "started" && "typing");
    if (type === "typing") view.setTurn("staffTyping");
    if (type === "error") this.#refused(frame);
    if (type !== "ack" && type !== "event") return;
    this.#settle(client_id);
    view.showError();
    if (type === "ack") view.timeline.acknowledge(client_id, frame.seq);
    else view.add(frame, isHistory);
    if (frame.kind === "closed") this.stop();
  }

  #refused(error) {
    this.view.showError(error);
    const id = error.client_id ?? this.#flying;
    const item = this.outbox.find(({ client_id }) => client_id === id);
    if (!item) return;
    if (PASSING.includes(error.code) || error.status >= 500) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#land(), RETRY_AFTER);
      return;
    }
    this.view.timeline.remove(id);
    if (item.type === "message") this.view.restore(item.text);
    this.#settle(id);
  }

  #settle(id) {
    if (!id) return;
    this.outbox = this.outbox.filter(({ client_id }) => client_id !== id);
    this.store.set(`out:${id}`);
    if (this.#flying === id) this.#land();
  }

  #land() {
    clearTimeout(this.#timer);
    this.#flying = null;
    this.#pump();
  }

  /** One at a time: a refused message must not be overtaken. */
  #pump() {
    const [next] = this.outbox;
    if (!this.#online || this.#flying || !next) return;
    const { type, client_id, text, choice_id } = next;
    this.#flying = client_id;
    this.#timer = setTimeout(() => this.#line.drop(), ACK_TIMEOUT);
    this.#line.send({ type, client_id, ...(type === "choice" ? { choice_id } : { text }) });
  }

  /** What is on screen stays; a next conversation takes over unsent words, but not old buttons. */
  #gone() {
    this.stop();
    if (this.view.timeline.reached && !this.outbox.length) return this.view.over("closed");
    for (const { type, client_id } of this.outbox) if (type === "choice") this.store.set(`out:${client_id}`);
    this.store.set("session");
    this.view.restart("afresh");
  }
}
