/* <script src="https://your-willcall/widget.js" data-pharmacy="Name" data-locale="en" defer></script> */
(() => {
  const script = document.currentScript; // only a classic script knows the tag that loaded it
  if (!script || window.willcall) return;
  const base = new URL(".", script.src).href;
  const { pharmacy = "", locale = document.documentElement.lang } = script.dataset;
  const ready = import(`${base}static/widget/element.js`).then(() => {
    const chat = document.createElement("willcall-chat");
    for (const [name, value] of Object.entries({ base, pharmacy, locale })) chat.setAttribute(name, value);
    document.body.append(chat);
  });
  // Looked up each time: another element takes its place when a chat starts afresh.
  const open = (text) => ready.then(() => document.querySelector("willcall-chat").open(text));
  window.willcall = { open };
  // Anything on the page can open it: data-willcall-open, or data-willcall-open="text for the composer".
  document.addEventListener("click", ({ target }) => {
    const opener = target.closest?.("[data-willcall-open]");
    if (opener) open(opener.dataset.willcallOpen);
  });
})();
