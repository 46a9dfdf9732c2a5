/** The desk itself: three panes, the stream of changes, and the keys. */

import { Actions } from "./actions.js";
import { Alerts } from "./alerts.js";
import { get } from "./api.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { isOpen } from "./dialogs.js";
import { h, icon } from "./dom.js";
import { Kept } from "./kept.js";
import { Live } from "./live.js";
import { News } from "./news.js";
import { Outbox } from "./outbox.js";
import { Queue } from "./queue.js";
import { Record } from "./record.js";
import { Shell } from "./shell.js";
import { DESK_KEYS, listen, showShortcuts } from "./shortcuts.js";
import { Desk } from "./state.js";
import { setServerTime } from "./time.js";
import { plural } from "./words.js";

/** Even a stream that looks alive may be dead: what is shown is never older than this. */
const READ_ANYWAY = 60_000;
const DESK_HINT = "In the queue the arrow keys move too. In a reply Enter sends and Shift+Enter begins a new line.";

class Console {
  #abort = new AbortController();

  constructor(shell, me) {
    const { signal } = this.#abort;
    this.shell = shell;
    this.me = me;
    this.help = () => showShortcuts(DESK_KEYS, DESK_HINT);
    this.desk = new Desk(me);
    this.kept = new Kept(me.username);
    this.alerts = new Alerts(() => this.#showSound());
    this.outbox = new Outbox(this.kept, {
      onChange: (id) => this.#outboxChanged(id),
      onSent: (id) => this.desk.roomChanged(id),
      onRefused: (item, error) => this.#refused(item, error),
    });
    this.composer = new Composer(this.kept, this.outbox);
    this.actions = new Actions(this.desk, this.kept, {
      say: (text) => this.conversation.say(text),
      claimed: () => this.composer.focus(),
      left: (text) => this.#left(text),
    });
    this.queue = new Queue(this.desk, (id, escalation) => this.open(id, escalation));
    this.record = new Record(() => this.showRecord(false));
    this.conversation = new Conversation({
      desk: this.desk,
      actions: this.actions,
      composer: this.composer,
      outbox: this.outbox,
      back: () => this.back(),
      record: () => this.showRecord(!shell.main.classList.contains("with-record")),
    });
    this.#build();
    for (const event of ["room", "opened"]) this.desk.addEventListener(event, () => this.record.render(this.desk.room));
    this.news = new News(this.desk, this.alerts, this.conversation);
    listen(DESK_KEYS, this.#keys(), signal);
    addEventListener("popstate", () => this.#fromAddress(), { signal });
    document.addEventListener("visibilitychange", () => !document.hidden && this.desk.everythingChanged(), { signal });
    this.timer = setInterval(() => this.desk.everythingChanged(), READ_ANYWAY);
    this.desk.queueChanged();
    this.live = this.#connect();
    this.#fromAddress();
  }

  stop() {
    this.#abort.abort();
    clearInterval(this.timer);
    for (const part of [this.live, this.desk, this.outbox, this.alerts, this.queue, this.conversation]) part.stop();
  }

  /** What signing out would let go of. */
  holding() {
    const held = new Set(this.desk.mine.map(({ conversation_id }) => conversation_id)).size;
    const { unsent } = this.outbox;
    return [
      held && `You hold ${plural(held, "conversation, which returns", "conversations, which return")} to the queue.`,
      unsent && `${plural(unsent, "message is", "messages are")} not sent yet and will be lost.`,
    ]
      .filter(Boolean)
      .join(" ");
  }

  #build() {
    const { main, tools, banner } = this.shell;
    main.className = "desk";
    main.replaceChildren(h("h1.sr", null, "Willcall desk"), this.queue.node, this.conversation.node, this.record.node, this.alerts.node);
    this.soundButton = h("button.tool.sound", { type: "button", onclick: () => this.alerts.toggle() });
    this.lineState = h("span.live", null, "Connecting…");
    tools.replaceChildren(this.lineState, this.soundButton);
    this.lostLine = h("p.banner.warn", null, "Connection lost, trying again…");
    this.banner = banner;
    this.#showSound();
  }

  #showSound() {
    const { on, blocked } = this.alerts;
    const text = !on ? "Sound off" : blocked ? "Sound on after a click" : "Sound on";
    this.soundButton.replaceChildren(icon(on ? "sound" : "mute"), h("span", null, text));
    this.soundButton.setAttribute("aria-pressed", String(on));
    this.soundButton.setAttribute("aria-label", "Alert sound");
    this.soundButton.title = text;
  }

  #connect() {
    return new Live({
      onHello: ({ now }) => {
        setServerTime(now);
        this.#showLine(true);
        this.desk.everythingChanged();
      },
      onChange: (change) => this.news.changed(change),
      onPassing: (kind, data) => this.news.passed(kind, data),
      onReset: () => this.desk.everythingChanged(),
      onLost: () => this.#showLine(false),
      check: () => get("/session", { background: true }).catch(() => {}),
    });
  }

  #showLine(live) {
    this.lineState.textContent = live ? "Live" : "Not connected";
    this.lineState.classList.toggle("lost", !live);
    if (live) this.lostLine.remove();
    else if (!this.lostLine.isConnected) this.banner.append(this.lostLine);
  }

  #outboxChanged(id) {
    if (this.desk.room?.id !== id) return;
    this.conversation.say("");
    this.conversation.render();
  }

  #refused(item, error) {
    this.composer.restore(item);
    const text = `Not sent: ${error.message}`;
    if (this.desk.room?.id !== item.conversation_id) this.shell.say(text);
    else {
      this.conversation.render();
      this.conversation.say(text);
    }
    this.desk.everythingChanged();
  }

  #left(text) {
    this.alerts.announce(text);
    this.shell.say(text);
    this.#pane("queue");
    this.queue.focus();
  }

  async open(id, escalationId, { remember = true } = {}) {
    try {
      await this.desk.openRoom(id, escalationId);
    } catch ({ message }) {
      if (remember) this.shell.say(message);
      return;
    }
    if (remember) history.pushState(null, "", `#${encodeURIComponent(id)}`);
    this.#pane("conversation");
    if (this.desk.room.isHeldBy(this.me) && !this.desk.room.ended) this.composer.focus();
    else this.conversation.focusTitle();
  }

  back() {
    this.showRecord(false);
    this.#pane("queue");
    this.queue.focus();
  }

  /** On a narrow screen only one pane is seen. @param {"queue" | "conversation"} name */
  #pane(name) {
    this.shell.main.dataset.pane = name;
  }

  showRecord(shown) {
    const { main } = this.shell;
    const was = main.classList.contains("with-record");
    main.classList.toggle("with-record", shown);
    if (shown) this.record.node.querySelector("button").focus();
    else if (was) this.conversation.node.querySelector(".show-record").focus();
  }

  /** A reload and the browser's own buttons lead to the same conversation. */
  #fromAddress() {
    const id = decodeURIComponent(location.hash.slice(1));
    if (id) this.open(id, undefined, { remember: false });
    else if (this.desk.room) {
      this.desk.leaveRoom();
      this.back();
    } else this.#pane("queue");
  }

  #keys() {
    const { queue, conversation } = this;
    const press = (name) => () => {
      const node = conversation.buttons[name];
      if (node.checkVisibility()) node.click();
    };
    return {
      next: () => queue.move(1),
      previous: () => queue.move(-1),
      reply: () => this.composer.focus(),
      claim: press("claim"),
      note: press("note"),
      transfer: press("transfer"),
      handBack: press("handBack"),
      close: press("close"),
      search: () => {
        this.back();
        queue.search.input.focus();
      },
      help: () => isOpen() || this.help(),
      back: () => (queue.search.shown && queue.search.node.contains(document.activeElement) ? queue.search.clear() : this.back()),
    };
  }
}

new Shell({ roles: ["technician", "pharmacist"], keys: true, open: (shell, me) => new Console(shell, me) });
