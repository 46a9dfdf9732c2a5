/** The widget's safe way to build DOM, with what only the desk needs. */

import { h, sr, tel } from "../widget/dom.js";

export { h, sr, tel };

const ICONS = {
  urgent: "M12 3L2 20h20zM12 10v4M12 17v1",
  soon: "M12 7v5l4 2M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z",
  routine: "M4 13h4l2 3h4l2-3h4M5 5h14l1 8v6H4v-6z",
  phone: "M6 3h4l2 5-3 2a12 12 0 0 0 5 5l2-3 5 2v4C12 20 4 12 6 3z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c1-5 4-6 8-6s7 1 8 6",
  note: "M5 4h14v11l-5 5H5zM14 20v-5h5M8 9h8M8 13h4",
  check: "M5 12l5 5L19 7",
  lock: "M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3",
  back: "M20 12H5M11 6l-6 6 6 6",
  close: "M6 6l12 12M18 6L6 18",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l5 5",
  sound: "M4 10v4h4l5 4V6L8 10zM16 9a4 4 0 0 1 0 6M18 6a8 8 0 0 1 0 12",
  mute: "M4 10v4h4l5 4V6L8 10zM17 10l4 4M21 10l-4 4",
  menu: "M5 7h14M5 12h14M5 17h14",
  send: "M4 12h15M13 6l6 6-6 6",
  text: "M5 5h14v11H11l-5 4v-4H5zM8 9h8M8 12h5",
  away: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
};

/** Decorative: the words beside it say the same. @param {keyof typeof ICONS} name */
export function icon(name) {
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.ariaHidden = "true";
  path.setAttribute("d", ICONS[name] ?? ICONS.routine);
  svg.append(path);
  return svg;
}

/** @param {string} label @param {() => void} onclick @param {object} [options] */
export function button(label, onclick, { look = "button", sign, key, ...props } = {}) {
  const shortcut = key && { "aria-keyshortcuts": key, title: `${label} (${key})` };
  return h(`button.${look}`, { type: "button", onclick, ...shortcut, ...props }, sign && icon(sign), h("span", null, label));
}

const PHONE = String.raw`(?<![\w.$#-])(?:(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}|911|988)(?![\w-]|\.\d)`;
const WEB = String.raw`https:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]]`;

/**
 * Text with phone numbers, and secure web addresses if `web`, as links. A patient's addresses stay
 * text: nobody at the desk should land on a page that a stranger chose.
 */
export function linkify(value, web = false) {
  const text = String(value ?? "");
  const parts = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(new RegExp(web ? `${WEB}|${PHONE}` : PHONE, "g"))) {
    const address = found.startsWith("https:");
    const props = address ? { href: found, target: "_blank", rel: "noreferrer" } : { href: tel(found) };
    parts.push(text.slice(from, index), h("a", props, found));
    from = index + found.length;
  }
  return [...parts, text.slice(from)];
}

/** Puts `nodes` into `parent` in this order; what is there already stays where it is. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
}
