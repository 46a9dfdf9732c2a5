/** How the assistant does: what was asked, what became of it, how long people had to wait. */

import { get } from "./api.js";
import { bars, lines } from "./charts.js";
import { h } from "./dom.js";
import { segments } from "./fields.js";
import { Shell } from "./shell.js";
import { length } from "./time.js";
import { QUEUES, word } from "./words.js";

const PERIODS = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
];
const SERIES = [
  ["asked", "Asked"],
  ["answered", "Answered by the assistant"],
  ["escalated", "Passed to people"],
  ["unanswered", "Not understood"],
];
const MOST_INTENTS = 15;

class Numbers {
  #run = 0;

  constructor({ main }) {
    main.className = "page numbers";
    this.state = h("p.small", { role: "status" }, "Loading…");
    this.content = h("div.stack");
    this.csv = h("a.button", { download: "numbers.csv" }, "Download as CSV");
    const period = segments("Period", PERIODS, "30", (days) => this.#load(days));
    main.replaceChildren(h("div.row.between", null, h("h1", null, "Numbers"), h("div.row", null, period, this.csv)), this.state, this.content);
    this.#load("30");
  }

  stop() {
    this.#run += 1;
  }

  async #load(days) {
    const run = (this.#run += 1);
    this.csv.href = `/staff/api/numbers.csv?days=${days}`;
    this.state.textContent = "Loading…";
    try {
      const numbers = await get(`/numbers?days=${days}`);
      if (run !== this.#run) return;
      this.content.replaceChildren(...parts(numbers).filter(Boolean));
      this.state.textContent = `The last ${days} days.`;
    } catch ({ message }) {
      if (run === this.#run) this.state.textContent = message;
    }
  }
}

function parts({ days, intents, first_answer: wait, topics, feedback }) {
  const total = (name) => days.reduce((sum, day) => sum + (day[name] ?? 0), 0);
  const asked = total("asked");
  const share = (name) => (asked ? `${percent(total(name) / asked)} of what was asked` : "");
  const marks = feedback.helpful + feedback.not_helpful;
  return [
    h(
      "dl.tiles",
      null,
      tile("Asked", asked),
      tile("Answered by the assistant", total("answered"), share("answered")),
      tile("Passed to people", total("escalated"), share("escalated")),
      tile("Not understood", total("unanswered"), share("unanswered")),
      tile("Alarms", total("alarms"), "urgent, by the red-flag screen"),
      tile("First human answer", length(wait?.median_seconds), "half of the patients waited no longer"),
      tile("Helped", marks ? percent(feedback.helpful / marks) : "–", `${feedback.helpful} yes, ${feedback.not_helpful} no`),
    ),
    lines({ title: "What was asked, and what became of it", days: days.map(({ day }) => date(day)), series: SERIES.map(([key, name]) => ({ name, values: days.map((day) => day[key] ?? 0) })) }),
    h("div.side-by-side", null, asking(intents), h("div.stack", null, waits(wait), newTopics(topics), words(feedback))),
  ];
}

const tile = (name, value, more) => h("div.tile", null, h("dt", null, name), h("dd", null, h("b", null, typeof value === "number" ? value.toLocaleString("en-US") : value), more && h("span.small", null, more)));

const date = (day) => new Date(`${day}T00:00:00Z`).toLocaleDateString("en-US", { timeZone: "UTC", month: "short", day: "numeric" });

const percent = (share) => share.toLocaleString("en-US", { style: "percent" });

function asking(intents) {
  const rows = intents.slice(0, MOST_INTENTS).map(({ intent, label, asked }) => [String(label ?? intent), asked]);
  if (!rows.length) return panel("What patients meant", h("p.small", null, "Nothing was asked."));
  return bars({ title: "What patients meant", rows, what: "Meaning" });
}

const panel = (title, ...content) => h("section.figure", null, h("h2", null, title), ...content);

function waits(wait) {
  const queues = Object.entries(wait?.by_queue ?? {});
  const row = (name, { answered, median_seconds, p90_seconds } = {}) => h("tr", null, h("th", { scope: "row" }, name), [length(median_seconds), length(p90_seconds), answered === undefined ? "–" : String(answered)].map((cell) => h("td", null, cell)));
  const head = h("thead", null, h("tr", null, ["Queue", "Half within", "Nine in ten within", "Answered"].map((name) => h("th", { scope: "col" }, name))));
  const body = h("tbody", null, row("All", wait ?? {}), queues.map(([name, each]) => row(word(QUEUES, name), each ?? {})));
  return panel("How long until a person answered", h("div.table", { tabindex: 0, role: "group", "aria-label": "Waiting times" }, h("table", null, head, body)));
}

function newTopics(topics) {
  if (!topics.length) return panel("New topics", h("p.small", null, "Nothing new."));
  const row = ({ group_id, size, new: fresh, example }) => h("li", null, h("a", { href: `/staff/questions#g${encodeURIComponent(group_id)}` }, `“${example}”`), h("span.small", null, ` ${fresh} new, ${size} in all`));
  return panel("New topics", h("ol.topics", null, topics.map(row)));
}

function words({ helpful, not_helpful: not }) {
  const rows = [
    ["Yes", helpful],
    ["No", not],
  ];
  return panel("“Did this help?”", h("dl.facts", null, rows.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, String(value))))));
}

new Shell({ roles: ["pharmacist"], open: (shell) => new Numbers(shell) });
