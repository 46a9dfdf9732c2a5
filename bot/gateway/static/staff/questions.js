/** What got no good answer: a pharmacist answers it, gives it a meaning, or lets it go. */

import { get, query } from "./api.js";
import { Decisions } from "./decisions.js";
import { isOpen } from "./dialogs.js";
import { Kept } from "./kept.js";
import { Panes } from "./panes.js";
import { QuestionGroup } from "./question_group.js";
import { QuestionList } from "./question_list.js";
import { Shell } from "./shell.js";
import { listen, showShortcuts } from "./shortcuts.js";
import { Toast } from "./toast.js";
import { Watch } from "./watch.js";

const KEYS = [
  ["j", "Next group or question", "next"],
  ["k", "Previous group or question", "previous"],
  ["Enter", "Open the group", null],
  ["a", "Answer the patient", "answer"],
  ["l", "Label: say what was meant", "label"],
  ["i", "Write an instruction", "instruct"],
  ["d", "Dismiss", "dismiss"],
  ["u", "Undo the last decision", "undo"],
  ["Esc", "Back to the list", null],
  ["?", "These shortcuts", "help"],
];
const HINT = "In the list the keys act on the whole group, in an opened group on the question that has the focus. In a text Ctrl+Enter sends.";

class Questions {
  entries = [];
  intents = new Map();
  filter = { status: "new", kind: "", order: "size" };
  #run = 0;
  #returned = null;
  #abort = new AbortController();

  constructor(shell, me) {
    this.me = me;
    this.help = () => showShortcuts(KEYS, HINT);
    this.kept = new Kept(me.username);
    this.list = new QuestionList(this, (key) => this.#open(key));
    this.group = new QuestionGroup(this, (act, target) => this.decisions[act](target));
    const { head, body } = this.list;
    const nothing = "Open a group to see its questions.";
    this.panes = new Panes(shell.main, { title: "Questions", label: "Group", head, body, nothing, show: () => this.#showOpen() });
    this.panes.content.append(this.group.node);
    this.panes.onClosed = (key) => this.list.focus(key);
    this.toast = new Toast(shell.main);
    this.decisions = new Decisions({
      kept: this.kept,
      toast: this.toast,
      intents: () => this.intents,
      done: (target) => this.#done(target),
      undone: (questions) => this.#undone(questions),
    });
    listen(KEYS, this.#keys(), this.#abort.signal);
    this.panes.start();
    this.watch = new Watch({ shell, kind: "questions", read: () => this.read() });
  }

  stop() {
    this.#run += 1;
    this.#abort.abort();
    this.panes.stop();
    this.watch.stop();
  }

  /** @param {Partial<{status, kind, order}>} change */
  choose(change) {
    Object.assign(this.filter, change);
    this.#returned = null;
    this.entries = [];
    this.list.say("Loading…");
    this.panes.replace("");
    this.#run += 1;
    this.watch.soon();
  }

  async read() {
    const run = (this.#run += 1);
    try {
      if (!this.intents.size) this.intents = await readIntents();
      const answer = await get(`/questions${query(this.filter)}`, { background: true });
      if (run !== this.#run) return;
      this.entries = inGroups(answer);
      this.list.counts(answer.counts);
      this.#follow();
      const open = this.entry(this.panes.key);
      if (open?.group) await this.#readGroup(open);
      if (run !== this.#run) return;
    } catch (error) {
      if (run === this.#run && !this.entries.length) this.list.say(error.message);
      throw error;
    }
    this.#render();
    this.#showReturned();
  }

  /** A question that was open by itself has been put into a group: that one is open now. */
  #follow() {
    const { key } = this.panes;
    if (!key.startsWith("q") || this.entry(key)) return;
    const into = this.entries.find((each) => each.questions.some(({ question_id }) => `q${question_id}` === key));
    if (into) this.panes.replace(into.key);
  }

  /** The list may be cut off; a group that is open is seen whole. */
  async #readGroup(entry) {
    const { questions } = await get(`/questions${query({ ...this.filter, group_id: entry.group.group_id })}`, { background: true });
    entry.questions = questions;
  }

  entry(key) {
    return this.entries.find((each) => each.key === key);
  }

  label(intent) {
    return this.intents.get(intent)?.label ?? String(intent ?? "").replaceAll("_", " ");
  }

  #render() {
    this.list.render(this.entries, this.panes.key);
    this.#showOpen();
  }

  #showOpen() {
    if (!this.panes) return;
    this.list.mark(this.panes.key);
    if (this.panes.key) this.group.render(this.entry(this.panes.key));
  }

  #open(key) {
    this.#returned = null;
    this.panes.open(key);
    this.group.focus();
    if (this.entry(key)?.group) this.watch.soon();
  }

  /** What was decided leaves the page at once, and the next is ready for the next key. */
  #done({ questions, fromList }) {
    this.#run += 1; // what is being read is older than the decision
    this.#returned = null;
    const gone = new Set(questions.map(({ question_id }) => question_id));
    const next = this.group.after(gone);
    const place = this.entries.findIndex((each) => each.questions.some(({ question_id }) => gone.has(question_id)));
    for (const each of this.entries) each.questions = each.questions.filter(({ question_id }) => !gone.has(question_id));
    this.entries = this.entries.filter((each) => each.questions.length);
    const following = this.entries[place] ?? this.entries.at(-1);
    const { key } = this.panes;
    if (key && !this.entry(key)) this.panes.replace(following?.key ?? "");
    this.#render();
    if (fromList || !this.panes.key) this.list.focus(following?.key);
    else this.group.focus(next);
    this.watch.soon();
  }

  async #undone([first]) {
    this.#returned = this.filter.status === "new" ? (first?.question_id ?? null) : null;
    await this.read().catch(() => {});
  }

  /** What was taken back is open, once it has been read: by whichever reading is the last. */
  #showReturned() {
    const id = this.#returned;
    const entry = id !== null && this.entries.find((each) => each.questions.some(({ question_id }) => question_id === id));
    if (!entry) return;
    this.#returned = null;
    this.panes.open(entry.key);
    this.group.focus(id);
  }

  /** The whole group in the list, one question where it is opened. */
  get #target() {
    const key = this.list.focusedKey;
    if (key) return { ...targetOf(this.entry(key)), fromList: true };
    return this.panes.key ? this.group.target : null;
  }

  #keys() {
    const act = (name) => () => {
      const target = this.#target;
      if (target && this.group.allows(name, target)) this.decisions[name](target);
    };
    const move = (step) => () => (this.panes.key && !this.list.focusedKey ? this.group.move(step) : this.list.move(step));
    return {
      next: move(1),
      previous: move(-1),
      answer: act("answer"),
      label: act("label"),
      instruct: act("instruct"),
      dismiss: act("dismiss"),
      undo: () => this.decisions.undo(),
      help: () => isOpen() || this.help(),
      back: () => this.panes.key && this.panes.close(),
    };
  }
}

/** Groups in the server's order; what is in no group stands for itself. */
function inGroups({ questions, groups }) {
  const of = (id) => questions.filter(({ group_id }) => group_id === id);
  const grouped = groups.map((group) => ({ key: `g${group.group_id}`, group, questions: of(group.group_id) }));
  const known = new Set(groups.map(({ group_id }) => group_id));
  const alone = questions.filter(({ group_id }) => !known.has(group_id));
  return [...grouped.filter((each) => each.questions.length), ...alone.map((one) => ({ key: `q${one.question_id}`, group: null, questions: [one] }))];
}

/** One question is decided by itself, also when it is a group. */
const targetOf = ({ group, questions }) =>
  questions.length > 1 ? { path: `/questions/groups/${group.group_id}`, questions, group } : { path: `/questions/${questions[0].question_id}`, questions };

async function readIntents() {
  const { intents } = await get("/intents", { background: true });
  return new Map(intents.map((intent) => [intent.name, intent]));
}

new Shell({ roles: ["pharmacist"], keys: true, open: (shell, me) => new Questions(shell, me) });
