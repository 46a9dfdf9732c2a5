/** A constructed sheet: the content policy can stay strict. */

const CSS = `
:host {
  all: initial; display: block; color-scheme: light dark; color: var(--ink);
  font: 400 max(16px, 1rem)/1.45 system-ui, sans-serif;
  --ink: light-dark(#1d2b26, #ece9e1); --muted: light-dark(#55625c, #abb6af); --paper: light-dark(#fff, #1d2724);
  --wash: light-dark(#f5f2ea, #131b18); --line: light-dark(#ddd7ca, #35423c); --edge: light-dark(#78837d, #84918a);
  --brand: light-dark(#1c5344, #2b735c); --link: light-dark(#17604c, #8bd0b4); --tint: light-dark(#e6efe9, #24372f);
  --copper: light-dark(#a0441a, #eda676); --warm: light-dark(#fcefdd, #3a2a17);
  --alarm: light-dark(#9c1f1f, #a82b2b); --wrong: light-dark(#9c1f1f, #ffb0a3);
  --corner: 16px 16px 5px 16px; --reply: 5px 16px 16px;
}
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, p, ol, li, dl, dd, fieldset, legend { margin: 0; padding: 0; border: 0; font: inherit; list-style: none; min-width: 0; }
button, input, textarea { font: inherit; color: inherit; margin: 0; }
button, summary, label:has([type="radio"]) { cursor: pointer; border: 0; background: none; }
a { color: var(--link); }
:focus-visible, .segments :has(:focus-visible) { outline: 3px solid var(--copper); outline-offset: 2px; }
svg { width: 1.25em; height: 1.25em; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.small { color: var(--muted); font-size: .8125em; }
.wrong { color: var(--wrong); font-weight: 600; font-size: .9em; }
.small:empty, .wrong:empty { display: none; }
.text, .bubble, .line p { white-space: pre-wrap; overflow-wrap: anywhere; }
h2, h3, dd, button { overflow-wrap: anywhere; }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; }
.button, .choice { display: inline-flex; align-items: center; gap: .5em; min-height: 44px; padding: 6px 16px; border: 1.5px solid currentColor; border-radius: 12px; font-weight: 600; line-height: 1.3; text-align: left; text-decoration: none; }
.bubble, .card, .menu, .confirm, .panel { background: var(--paper); border: 1px solid var(--line); color: var(--ink); }
.primary, .launcher, .top, .patient .bubble, [aria-pressed="true"], .segments :has(:checked), .done .dot { background: var(--brand); color: #fff; border-color: transparent; }
.pinned, .danger, .alarm { background: var(--alarm); color: #fff; }
[aria-disabled="true"] { opacity: .6; }
.tool, .sign { display: grid; place-items: center; width: 44px; height: 44px; border-radius: var(--corner); flex: none; list-style: none; }
.tool:hover, .top .sign { background: #fff2; }

.panel, :host { position: fixed; z-index: 2147483000; inset: auto max(20px, env(safe-area-inset-right)) max(20px, env(safe-area-inset-bottom)) auto; }
.launcher, .panel, .menu { box-shadow: 0 10px 36px #0d1a154d; }
.launcher { display: flex; align-items: center; gap: .6em; min-height: 56px; padding: 0 22px; border-radius: 28px 28px 8px 28px; font-weight: 600; }
.badge { display: grid; place-items: center; min-width: 1.7em; height: 1.7em; margin-right: -8px; border-radius: 1em; background: #fff; color: var(--alarm); font-size: .875em; }
.panel { flex-direction: column; margin: 0; padding: 0; width: 412px; height: min(720px, 100dvh - 40px); max-width: none; max-height: none; overflow: hidden; border-radius: 20px 20px 8px 20px; background: var(--wash); }
.panel[open] { display: flex; }
.top { position: relative; z-index: 1; display: flex; align-items: center; gap: 4px; padding: 8px 8px 8px 14px; }
.top > div { flex: 1; min-width: 0; margin-left: 8px; line-height: 1.3; font-size: .8125em; }
h2 { font-weight: 650; font-size: 1.25em; }
.top > :focus-visible, summary:focus-visible, .pinned :focus-visible { outline-color: #fff; outline-offset: -3px; }
.menu { position: absolute; top: 100%; right: 8px; width: 250px; padding: 10px; border-radius: var(--corner); }
.menu > .button { width: 100%; margin-top: 8px; border: 0; color: var(--copper); }
.segments { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; padding: 4px; border-radius: 12px; background: var(--wash); border: 1px solid var(--edge); }
.segments > * { position: relative; display: grid; place-items: center; min-height: 44px; padding: 4px; border-radius: 8px; text-align: center; line-height: 1.2; }
.segments input { position: absolute; inset: 0; opacity: 0; cursor: pointer; }

.pinned { max-height: 40%; overflow: auto; flex: none; }
.pinned .box { padding: 10px 16px 14px; }
.pinned .text { font-weight: 600; }
.text a { color: inherit; }
.box .button { background: #fff; color: var(--alarm); }
.box .row { margin: 8px 0; }
.flag { display: flex; align-items: center; gap: .4em; font-weight: 700; font-size: .9em; }
.scroll { position: relative; flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 16px; }
.scroll:focus-visible { outline-offset: -3px; }
h3 { font: 600 1.25em/1.25 Palatino, Georgia, serif; }
.welcome h3 { font-size: 1.6em; margin: 4px 0 8px; }
.welcome > p + p { margin: 12px 0; padding-left: 12px; border-left: 3px solid var(--alarm); font-weight: 600; }
.welcome .row { margin: 16px 0; }
.past { font-size: .8125em; color: var(--muted); }
.past > :is(h3, .row, .small) { display: none; }
.choice { border-color: var(--link); border-radius: var(--corner); background: var(--paper); color: var(--link); }
.choice:disabled { border: 1px dashed var(--edge); background: none; color: var(--muted); font-weight: 400; }
.choice:hover { background: var(--tint); }

.item { margin-bottom: 14px; display: flex; flex-direction: column; align-items: flex-start; gap: 6px; }
.bubble { max-width: 90%; padding: 10px 14px; border-radius: var(--reply); }
.patient { align-items: flex-end; }
.patient .bubble { border-radius: var(--corner); }
.staff .bubble { border-left: 4px solid var(--copper); }
.line { align-items: center; }
.line p { display: flex; gap: .5em; padding: 5px 14px; border-radius: 14px; background: var(--tint); font-size: .875em; }
.notice .box { padding: 12px 14px; border-radius: var(--reply); background: var(--warm); border-left: 4px solid var(--copper); }
.card { width: 100%; padding: 16px; display: grid; gap: 12px; border-top: 5px solid var(--brand); border-radius: var(--reply); }
.late { border-top-color: var(--copper); }
.head { display: flex; align-items: center; gap: 10px; }
.card .sign, .next { background: var(--tint); color: var(--link); }
.late .sign, .late .next, .problem .dot { background: var(--warm); color: var(--copper); }
li { position: relative; display: flex; gap: 10px; padding-bottom: 6px; font-size: .9em; color: var(--muted); }
li:not(:last-child)::after { content: ""; position: absolute; left: 10px; top: 23px; bottom: -1px; border-left: 2px dotted var(--edge); }
li.done::after { border-left: 2px solid var(--link) !important; }
.dot { display: grid; place-items: center; width: 22px; height: 22px; border-radius: 50%; border: 2px solid var(--edge); flex: none; }
.dot svg { width: 14px; stroke-width: 3; }
.current .dot { border: 6px solid var(--link); }
.problem .dot { border-color: currentColor; border-radius: 6px; }
.done, .current, .problem { color: var(--ink); }
.current, .problem, dd { font-weight: 700; }
.waits { color: var(--copper); font-weight: 400; }
input + .small { margin-top: 6px; }
dl { display: grid; gap: 6px; font-size: .9em; border-top: 1px solid var(--line); padding-top: 12px; }
dl div, .next .small { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 12px; }
dt { color: var(--muted); }
.next { padding: 12px 14px; border-radius: 12px; }
.next .small { margin-bottom: 4px; color: inherit; }
.next .text { color: var(--ink); }
.who { padding: 0 10px; border-radius: 10px; border: 1px solid; background: var(--paper); }
.field > label, legend, .parts label { display: block; margin-bottom: 5px; }
.field > label, legend { font-weight: 600; }
input, textarea { width: 100%; min-height: 46px; padding: 9px 12px; border: 1.5px solid var(--edge); border-radius: 10px; background: var(--paper); }
[aria-invalid="true"] { border: 2px solid var(--wrong); }
.parts { display: grid; grid-template-columns: 4.5em 4.5em 6em; gap: 10px; }
.help { margin-bottom: 14px; }
.help button { min-height: 32px; padding: 0 12px; color: var(--link); }
.typing { display: flex; align-items: center; gap: 5px; color: var(--muted); font-size: .875em; }
i { width: 7px; height: 7px; border-radius: 50%; background: currentColor; }
.foot { padding: 10px 12px max(10px, env(safe-area-inset-bottom)); display: grid; gap: 8px; background: var(--paper); border-top: 1px solid var(--line); }
.composer { display: grid; grid-template-columns: 1fr 46px; gap: 8px; align-items: end; }
textarea { resize: none; max-height: 130px; border-radius: var(--corner); }
textarea:focus-visible { outline-offset: -2px; outline-width: 2px; }
::placeholder { color: var(--muted); opacity: 1; }
.composer button { display: grid; place-items: center; height: 46px; padding: 0; border-radius: var(--corner); }
.confirm { width: min(340px, 100vw - 32px); padding: 20px; border-radius: var(--corner); }
.confirm p { margin: 8px 0 16px; }
@media (max-width: 480px), (max-height: 480px) {
  .panel { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
  .scroll { padding: 14px 12px; }
}
@media (max-height: 480px) { .top { padding-block: 2px; } .pinned { max-height: 33%; } }
@media (prefers-reduced-motion: no-preference) {
  i { animation: blink 1.2s infinite; }
  @keyframes blink { 30% { opacity: .2; } }
}
`;

export const sheet = new CSSStyleSheet();
sheet.replaceSync(CSS);
