/** One instruction: both languages side by side, its versions, and what to do with it. */

import { post } from "./api.js";
import { ask } from "./dialogs.js";
import { button, h, linkify } from "./dom.js";
import { approval, keyOf, review, stateTag } from "./instruction_list.js";
import { stamp } from "./time.js";
import { LANGUAGES, who, word } from "./words.js";

const PENDING = ["draft", "second"];

export class InstructionDetail {
  /** @param {object} page @param {object[]} versions newest first */
  constructor(page, versions) {
    this.page = page;
    const [newest, ...older] = versions;
    const told = older.find(({ state }) => state === "active");
    this.node = h(
      "div.stack",
      null,
      h("h2", { tabindex: -1 }, `${newest.medicine}: ${page.topic(newest.topic)}`),
      h("p.line", null, stateTag(newest.state), newest.clinical && h("span.tag", null, "clinical: two pharmacists approve"), newest.imported && h("span.tag", null, "from the feed"), review(newest)),
      told && h("p.info", null, `Patients are still told the version of ${stamp(told.written_at)}, until this one is approved.`),
      texts(newest),
      facts(newest),
      this.#acts(newest),
      older.length > 0 && h("section.stack", null, h("h3", null, "Earlier versions"), older.map((version) => earlier(version))),
    );
  }

  #acts(version) {
    const { state, approved_by, imported } = version;
    const acts = [];
    const own = state === "second" && approved_by?.username === this.page.me.username;
    if (PENDING.includes(state)) acts.push(button("Approve", () => this.#approve(version), { look: "button.primary", disabled: own && "" }));
    acts.push(button("New version", () => this.page.go(`${keyOf(version)}+`), { look: PENDING.includes(state) ? "button" : "button.primary" }));
    if (!imported && (state === "active" || PENDING.includes(state))) acts.push(button(state === "active" ? "Retire" : "Discard", () => this.#retire(version)));
    const why = [
      own && "You have approved it. As it is clinical, another pharmacist has to approve it too.",
      imported && "It came with the pharmacy's feed and ends there. A new version written here is told instead of it.",
    ].filter(Boolean);
    return h("div.stack-small", null, h("div.row", null, acts), why.map((text) => h("p.small", null, text)));
  }

  #approve(version) {
    const second = version.state === "second";
    const text = version.clinical && !second ? "It is clinical: patients are told it after a second pharmacist has approved it too." : "Patients are told it from the next message on.";
    return ask({ title: `Approve: ${version.medicine}?`, text, content: [texts(version)], submit: "Approve" }, async () => {
      const now = await post(`/instructions/${version.version_id}/approve`);
      setTimeout(() => this.page.changed(now, now.state === "second" ? "Approved. It waits for a second pharmacist." : "Approved: patients are told it now."));
    });
  }

  #retire(version) {
    const active = version.state === "active";
    const title = `${active ? "Retire" : "Discard"}: ${version.medicine}?`;
    const text = active ? "Nobody is told it from now on. Such questions go to a pharmacist." : "The draft is put away. Nobody was told it.";
    return ask({ title, text, submit: active ? "Retire" : "Discard", danger: true }, async () => {
      const now = await post(`/instructions/${version.version_id}/retire`);
      setTimeout(() => this.page.changed(now, active ? "Retired: nobody is told it any more." : "Discarded."));
    });
  }
}

function texts({ texts: of }) {
  const languages = [...new Set(["en", "es", ...Object.keys(of ?? {})])];
  return h(
    "div.side-by-side",
    null,
    languages.map((language) => h("section.box", null, h("h3.small", null, word(LANGUAGES, language)), of?.[language] ? h("p.text", { lang: language }, linkify(of[language])) : h("p.small", null, "No text."))),
  );
}

function facts(version) {
  const { source, source_url, written_by, written_at } = version;
  const rows = [
    ["Source", [source, source_url && h("span", null, " ", link(source_url))]],
    ["Written", written_by && `${who(written_by)}, ${stamp(written_at)}`],
    ["Approved", approval(version)?.replace("approved by ", "")],
    ["Ended", version.ended_by && `${who(version.ended_by)}, ${stamp(version.ended_at)}`],
  ];
  return h("dl.facts", null, rows.filter(([, value]) => value).map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

/** Only a secure address is a link: the text comes from a form or the feed. */
const link = (url) => (/^https:\/\//.test(url) ? h("a", { href: url, target: "_blank", rel: "noreferrer" }, url) : url);

const earlier = (version) =>
  h("details.box", null, h("summary", null, `${stamp(version.written_at)}, ${who(version.written_by)} – `, stateTag(version.state)), texts(version), facts(version));
