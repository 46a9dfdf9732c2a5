/** What is kept for how long, for the admin; a patient's own copy, and erasing before the time. */

import { get, post } from "./api.js";
import { ask } from "./dialogs.js";
import { button, h } from "./dom.js";
import { Shell } from "./shell.js";
import { stamp } from "./time.js";
import { plural, who } from "./words.js";

const TYPED = "erase";

class Retention {
  #stopped = false;

  constructor(shell) {
    this.shell = shell;
    shell.main.className = "page retention";
    this.rules = h("div.stack-small");
    this.runs = h("div.stack-small");
    this.state = h("p.small", { role: "status" }, "Loading…");
    this.input = h("input", { id: "conversation", autocomplete: "off", spellcheck: "false", maxlength: 100, "aria-describedby": "conversation-hint conversation-wrong" });
    this.wrong = h("p.problem", { id: "conversation-wrong", role: "alert" });
    const hint = h("p.small", { id: "conversation-hint" }, "The number of the conversation, as the audit and the desk's address show it.");
    const field = h("div.field", null, h("label", { for: "conversation" }, "Conversation"), hint, this.input, this.wrong);
    const form = h("form.stack", { novalidate: "", "aria-label": "One conversation" }, field, h("div.row", null, h("button.button.primary", { type: "submit" }, "Export for the patient"), button("Erase…", () => this.#erase(), { look: "button.danger" })));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#export();
    });
    shell.main.replaceChildren(
      h("h1", null, "Retention"),
      h("section.stack-small", null, h("h2", null, "What is kept for how long"), this.rules),
      h("section.stack-small", null, h("h2", null, "Last runs"), this.runs),
      h("section.stack-small", null, h("h2", null, "One conversation"), form),
      this.state,
    );
    this.#load();
  }

  stop() {
    this.#stopped = true;
  }

  async #load() {
    try {
      const { rules, due, runs } = await get("/retention");
      if (this.#stopped) return;
      this.rules.replaceChildren(ruleTable(rules, due));
      this.runs.replaceChildren(runTable(runs));
      this.state.textContent = "";
    } catch ({ message }) {
      this.state.textContent = message;
    }
  }

  /** What was asked for, or the field with what is missing. */
  get #conversation() {
    const id = this.input.value.trim();
    this.wrong.textContent = id ? "" : "Enter the number of a conversation.";
    this.input.setAttribute("aria-invalid", String(!id));
    if (!id) this.input.focus();
    return id;
  }

  async #export() {
    const conversation_id = this.#conversation;
    if (!conversation_id) return;
    try {
      save(`conversation-${conversation_id}.json`, await post("/retention/export", { conversation_id }));
      this.shell.say("Exported. The file holds what a patient said: hand it to nobody else.");
    } catch ({ message }) {
      this.wrong.textContent = message;
    }
  }

  async #erase() {
    const conversation_id = this.#conversation;
    if (!conversation_id) return;
    const fields = [
      { name: "reason", label: "Reason", kind: "textarea", required: true, hint: "It is kept in the audit." },
      { name: "typed", label: `Type “${TYPED}” to confirm`, required: true },
    ];
    const text = `What was said in ${conversation_id} is gone for everybody, and nothing brings it back.`;
    const erased = await ask({ title: "Erase this conversation?", text, fields, submit: "Erase for good", danger: true }, async ({ reason, typed }) => {
      if (typed.toLowerCase() !== TYPED) throw new Error(`Type “${TYPED}” to confirm.`);
      await post("/retention/erase", { conversation_id, reason });
    });
    if (!erased) return;
    this.input.value = "";
    this.shell.say("Erased.");
    this.#load();
    this.input.focus();
  }
}

const RULES = {
  transcripts_days: ["Chats", "conversations", "after nothing was said in them any more"],
  questions_days: ["Questions to review, redacted", "questions", "after they were asked"],
};
const RULE_COLUMNS = ["What", "Kept for", "Due now"];
const RUN_COLUMNS = ["When", "By", "Chats deleted", "Questions deleted"];

/** 0 days are for ever. */
function ruleTable(rules, due) {
  const kept = (days, since) => (days ? `${plural(days, "day", "days")} ${since}` : "for ever");
  const rows = Object.entries(rules ?? {}).map(([name, days]) => {
    const [what, counted, since] = Object.hasOwn(RULES, name) ? RULES[name] : [name.replaceAll("_", " "), "", ""];
    return [what, kept(days, since), due?.[counted]];
  });
  return table("Rules", RULE_COLUMNS, rows, "No rule is set.");
}

function runTable(runs) {
  const rows = (runs ?? []).map(({ at, by, conversations, questions }) => [stamp(at), who(by) || "Willcall itself", conversations, questions]);
  return table("Last runs", RUN_COLUMNS, rows, "It has not run yet.");
}

function table(title, columns, rows, nothing) {
  if (!rows.length) return h("p.small", null, nothing);
  const head = h("thead", null, h("tr", null, columns.map((name) => h("th", { scope: "col" }, name))));
  const body = h("tbody", null, rows.map((row) => h("tr", null, row.map((cell) => h("td", null, String(cell ?? "–"))))));
  return h("div.table", { tabindex: 0, role: "group", "aria-label": title }, h("table", null, head, body));
}

function save(name, content) {
  const url = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2)], { type: "application/json" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

new Shell({ roles: ["admin"], open: (shell) => new Retention(shell) });
