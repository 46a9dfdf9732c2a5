/** The audit, for the admin: who did what, newest first. */

import { get, query } from "./api.js";
import { button, h } from "./dom.js";
import { Shell } from "./shell.js";
import { ROLES, word } from "./words.js";

const FILTERS = [
  ["username", "User name", "text"],
  ["action", "Action", "text"],
  ["outcome", "Outcome", "text"],
  ["since", "From", "datetime-local"],
  ["until", "Until", "datetime-local"],
  ["conversation_id", "Conversation", "text"],
];
const COLUMNS = ["Time", "Person", "Action", "Outcome", "Conversation", "Request", "Address", "Details"];

class Audit {
  #next = null;
  #run = 0;

  constructor({ main }) {
    main.className = "page";
    this.inputs = Object.fromEntries(FILTERS.map(([name, , type]) => [name, h("input", { id: name, name, type, autocomplete: "off" })]));
    const fields = FILTERS.map(([name, label]) => h("div.field", null, h("label", { for: name }, label), this.inputs[name]));
    this.csv = h("a.button", { download: "audit.csv" }, "Download as CSV");
    const clear = button("Clear", () => {
      form.reset();
      this.#load();
    });
    const form = h("form.filters", { "aria-label": "Filters" }, fields, h("div.row.end", null, h("button.button.primary", { type: "submit" }, "Show"), clear, this.csv));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#load();
    });
    this.rows = h("tbody");
    this.state = h("p.small", { role: "status" });
    this.more = button("Load more", () => this.#load(true), { hidden: "" });
    const head = h("thead", null, h("tr", null, COLUMNS.map((name) => h("th", { scope: "col" }, name))));
    const table = h("div.table", { tabindex: 0, role: "group", "aria-label": "Audit entries" }, h("table", null, head, this.rows));
    main.replaceChildren(h("h1", null, "Audit"), form, table, h("div.row", null, this.more, this.state));
    this.#load();
  }

  stop() {
    this.#run += 1;
  }

  get #filters() {
    return Object.fromEntries(
      Object.entries(this.inputs).map(([name, { type, value }]) => [name, type === "text" || !value ? value.trim() : new Date(value).toISOString()]),
    );
  }

  async #load(further = false) {
    const run = (this.#run += 1);
    const filters = further ? this.shown : this.#filters;
    this.shown = filters;
    this.csv.href = `/staff/api/audit.csv${query(filters)}`;
    this.state.textContent = "Loading…";
    try {
      const { entries, next } = await get(`/audit${query({ ...filters, before: further ? this.#next : "" })}`);
      if (run !== this.#run) return;
      if (!further) this.rows.replaceChildren();
      const first = this.rows.rows.length;
      this.rows.append(...entries.map(row));
      this.#next = next;
      const focused = document.activeElement === this.more;
      this.more.hidden = !next;
      if (focused && !next) this.rows.rows[first]?.closest(".table").focus();
      const count = this.rows.rows.length;
      this.state.textContent = count ? `${count} entries shown${next ? "" : ", that is all"}.` : "No entry fits.";
    } catch ({ message }) {
      if (run === this.#run) this.state.textContent = message;
    }
  }
}

function row(entry) {
  const who = entry.username ? [h("b", null, entry.username), entry.role && h("span.small", null, ` ${word(ROLES, entry.role)}`)] : "–";
  const { detail } = entry;
  const details = detail && typeof detail === "object" ? Object.entries(detail).map(([key, value]) => `${key}: ${typeof value === "object" ? JSON.stringify(value) : value}`) : [detail];
  const cells = [
    h("time", { datetime: entry.at }, new Date(entry.at).toLocaleString("en-US", { dateStyle: "medium", timeStyle: "medium" })),
    who,
    entry.action,
    h(`span.tag${entry.outcome === "ok" ? "" : ".warn"}`, null, entry.outcome),
    entry.conversation_id && h("code", null, entry.conversation_id),
    entry.escalation_id && String(entry.escalation_id),
    entry.address,
    details.filter(Boolean).join(", "),
  ];
  return h("tr", null, cells.map((cell) => h("td", null, cell)));
}

new Shell({ roles: ["admin"], open: (shell) => new Audit(shell) });
