/** <willcall-chat>: what the conversation does to the launcher and the panel. */

import { Chat, Store } from "./chat.js";
import { h, icon, sr } from "./dom.js";
import { language, strings } from "./strings.js";
import { sheet } from "./styles.js";
import { Timeline, urgentBox } from "./timeline.js";
import { buildView } from "./view.js";

const TURN_LIMIT = 30_000;
const NEAR_END = 120;

export class WillcallChat extends HTMLElement {
  #gone = new AbortController();
  #unread = 0;
  #urgent = false;
  #owner = "bot";
  #known;
  #turnTimer;
  #first;
  #answer;
  #placed;

  connectedCallback() {
    if (this.n) return this.restart(); // moved within the page
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const base = this.getAttribute("base");
    this.store = new Store(base);
    this.locale = language(this.store.get("locale") ?? this.getAttribute("locale"));
    this.t = strings(this.locale);
    this.chat = new Chat(base, this.store, this);
    this.n = buildView(this, this.#handlers());
    this.timeline = new Timeline(this.n.log, {
      t: this.t,
      say: (said) => this.chat.say(said),
      verify: (values) => this.chat.verify(values),
      focus: () => this.n.input.focus(),
    });
    root.append(this.n.launcher, this.n.panel);
    this.#listen(root);
    this.chat.resume();
  }

  disconnectedCallback() {
    this.#gone.abort();
    this.chat.stop();
  }

  /** A text is put into the composer, not sent. */
  open(text) {
    const { panel, launcher, input, scroll } = this.n;
    if (!panel.open) {
      // only a covered page must be out of reach
      if (this.small.matches) panel.showModal();
      else panel.show();
    }
    launcher.hidden = true;
    this.restore(text);
    input.focus();
    this.#unread = 0;
    this.#badge();
    scroll.scrollTop = scroll.scrollHeight;
  }

  close() {
    const { panel, launcher, menu } = this.n;
    menu.open = launcher.hidden = false;
    panel.close();
    launcher.focus();
  }

  /** Puts text before what was typed meanwhile. */
  restore(text = "") {
    const { value } = this.n.input;
    this.n.setText(value.startsWith(text) ? value : `${text}\n${value}`.trim());
  }

  /** Puts a fresh element in place of this one: nothing old is left over. */
  restart(note) {
    if (!this.isConnected) return;
    const next = this.cloneNode();
    const { open } = this.n.panel;
    this.replaceWith(next);
    if (open) next.open(this.n.input.value);
    if (note) next.note(note);
    return next;
  }

  note(key) {
    this.n.log.append(h("div.item.line", null, h("p", null, this.t[key])));
  }

  over(note) {
    const { over, composer, help, status } = this.n;
    if (note) this.note(note);
    over.hidden = !(composer.hidden = help.hidden = true);
    status.textContent = "";
  }

  addOwn(item) {
    this.add({ ...item, kind: "message", author: "patient" }, true);
  }

  /** Quiet is history, and the patient's own: not announced. */
  add(event, quiet) {
    const { scroll, welcome } = this.n;
    const follow = this.#atEnd() || scroll.scrollTop === this.#placed;
    const node = this.timeline.add(event);
    if (!node) return;
    if (quiet) node.ariaLive = "off";
    welcome.classList.add("past");
    if (event.kind === "owner") this.setOwner(event);
    if (event.kind === "closed") this.over();
    if (event.kind === "notice" && event.urgent) this.#pin(event);
    if (!quiet) {
      this.setTurn("");
      this.#unread += 1;
      this.#badge();
    }
    this.#ask(!quiet && event);
    // a reply taller than the window is shown from its beginning
    const act = quiet || event.kind === "identity_result";
    if (act) this.#first = null;
    else if (!this.#first || event.author === "staff") this.#first = node;
    if (!act && !follow) return;
    if (!node.hidden) scroll.scrollTop = this.#first ? this.#first.offsetTop - 12 : scroll.scrollHeight;
    this.#placed = scroll.scrollTop;
  }

  /** Whether an answer helped is asked until the next message. */
  #ask({ seq, author, kind }) {
    const { help, asks, answers } = this.n;
    this.#answer = seq;
    help.hidden = author !== "bot" || this.#owner !== "bot" || !/^(message|status_card)$/.test(kind);
    answers.hidden = false;
    asks.textContent = this.t.help;
  }

  setOnline(online) {
    this.n.status.textContent = online ? "" : this.t[navigator.onLine ? "reconnecting" : "offline"];
  }

  showError(error) {
    this.n.error.textContent = error ? this.t[error.code] || error.message || this.t.notSent : "";
  }

  setTurn(who) {
    const { typing, typist, scroll } = this.n;
    const atEnd = this.#atEnd();
    clearTimeout(this.#turnTimer);
    typing.hidden = !who;
    typist.textContent = this.t[who] ?? "";
    if (who && atEnd) scroll.scrollTop = scroll.scrollHeight;
    if (who) this.#turnTimer = setTimeout(() => this.setTurn(""), who === "typing" ? TURN_LIMIT : 5000);
  }

  /** A welcome is newer than the history that follows it; a frame `wait` has only the place. */
  setOwner({ owner = "queue", type, seq, last_seq, place, name, role_label }) {
    if (seq <= this.#known || (type === "wait" && this.#owner !== owner)) return;
    this.#known = last_seq ?? this.#known;
    this.#owner = owner;
    const more = place ? ` · ${this.t.place.replace("#", place)}` : "";
    this.n.subtitle.textContent = name ? `${name}, ${role_label}` : this.t[owner] + more;
  }

  #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.n.scroll;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  #handlers() {
    return {
      speak: (code) => {
        this.store.set("locale", code);
        this.restart();
      },
      ask: () => {
        this.n.menu.open = false;
        this.n.summary.focus(); // where the focus returns to
        this.n.confirm.showModal();
      },
      end: async () => {
        this.n.setText("");
        const ended = this.chat.end();
        const next = this.restart();
        next.note((await ended) ? "ended" : "endedHere");
      },
      again: () => {
        this.store.clear();
        this.restart();
      },
      help: (helpful) => {
        const { asks, answers, input } = this.n;
        this.chat.helped(this.#answer, helpful);
        answers.hidden = true;
        asks.textContent = this.t.thanks;
        input.focus();
      },
      send: (text) => {
        this.chat.say({ type: "message", text });
        this.n.input.focus();
      },
    };
  }

  #listen(root) {
    const { panel, menu, confirm, summary, launcher } = this.n;
    this.small = matchMedia("(max-width: 480px), (max-height: 480px)");
    this.small.addEventListener(
      "change",
      () => {
        if (!panel.open) return;
        panel.close();
        this.open();
      },
      this.#gone,
    );
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing || confirm.open) return;
      event.preventDefault();
      event.stopPropagation(); // the page has its own Esc
      if (!menu.open) return this.close();
      menu.open = false;
      summary.focus();
    });
    panel.addEventListener("close", () => panel.open || (launcher.hidden = false));
    document.addEventListener("visibilitychange", () => this.#badge(), this.#gone);
    // another tab began or ended it
    addEventListener("storage", ({ key }) => (!key || key === `${this.store.prefix}session`) && this.restart(), this.#gone);
  }

  #badge() {
    const { launcher, badge, panel } = this.n;
    if (panel.open && !document.hidden) {
      this.#unread = 0;
      this.chat.seen(this.timeline.reached);
    }
    badge.hidden = !this.#unread && !this.#urgent;
    launcher.classList.toggle("alarm", this.#urgent);
    badge.replaceChildren(this.#urgent ? icon("alert") : `${this.#unread} `, sr(this.#urgent ? this.t.urgentTitle : this.t.unread));
  }

  #pin(event) {
    this.#urgent = true;
    this.n.pinned.prepend(urgentBox(this.t, event));
    this.#badge();
  }
}

customElements.define("willcall-chat", WillcallChat);
