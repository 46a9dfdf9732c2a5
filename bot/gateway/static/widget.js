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
  // looked up each time: a chat that starts afresh is another element
  const open = (text) => ready.then(() => document.querySelector("willcall-chat").open(text));
  window.willcall = { open };
  // data-willcall-open="text for the composer" opens it from anywhere on the page
  document.addEventListener("click", ({ target }) => {
    const opener = target.closest?.("[data-willcall-open]");
    if (opener) open(opener.dataset.willcallOpen);
  });
})();
