/** Single keys for the work of a page; they can be turned off, and never act while one types. */

import { inform, isOpen } from "./dialogs.js";
import { h } from "./dom.js";
import { preference } from "./kept.js";

export const DESK_KEYS = [
  ["j", "Next in the queue", "next"],
  ["k", "Previous in the queue", "previous"],
  ["Enter", "Open", null],
  ["c", "Claim", "claim"],
  ["r", "Reply", "reply"],
  ["n", "Add a private note", "note"],
  ["t", "Transfer to the other queue", "transfer"],
  ["h", "Hand back to the assistant", "handBack"],
  ["x", "Close", "close"],
  ["/", "Search", "search"],
  ["Esc", "Back to the queue", null],
  ["?", "These shortcuts", "help"],
];
const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable]";

/**
 * @param {[key: string, does: string, name: string | null][]} keys
 * @param {Record<string, () => void>} actions by those names, and `back` for Escape
 */
export function listen(keys, actions, signal) {
  const named = Object.fromEntries(keys.filter(([, , name]) => name).map(([key, , name]) => [key, name]));
  const pressed = (event) => {
    if (isOpen() || event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector(":popover-open")) return;
    const typing = event.target.closest?.(TYPING);
    if (event.key === "Escape") return actions.back();
    if (typing) return;
    const inList = event.target.closest?.(".cards");
    const arrow = inList && { ArrowDown: "next", ArrowUp: "previous" }[event.key];
    const name = arrow || (preference.get("keys") && named[event.key]);
    if (!name) return;
    event.preventDefault();
    actions[name]();
  };
  addEventListener("keydown", pressed, { signal });
}

export function showShortcuts(keys, hint) {
  const box = h("input", { type: "checkbox", id: "keys" });
  box.checked = preference.get("keys");
  box.addEventListener("change", () => preference.set("keys", box.checked));
  const rows = keys.map(([key, does]) => h("div", null, h("dt", null, h("kbd", null, key)), h("dd", null, does)));
  inform(
    "Keyboard shortcuts",
    h("dl.keys", null, rows),
    h("p.small", null, hint),
    h("label.check", { for: "keys" }, box, "Single-key shortcuts are on"),
  );
}
