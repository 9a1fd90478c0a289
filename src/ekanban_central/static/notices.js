/* Sentences about what was done, at the lower edge; green ones leave soon, others when they were read. */
"use strict";

const Notices = (() => {
  const SOON_MS = 5000;
  const LATE_MS = 20_000;

  /* lasts: milliseconds; 0 for as long as it is true. Returns the notice, which whoever put it there may remove. */
  function show(text, colour = "amber", lasts = colour === "green" ? SOON_MS : LATE_MS) {
    const box = document.createElement("div");
    box.className = `notice ${colour}`;
    box.append(text);
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", Page.words().close);
    close.onclick = () => box.remove();
    box.append(close);
    const notices = document.getElementById("notices");
    notices.replaceChildren(...[...notices.children].slice(-2), box);
    if (lasts) setTimeout(() => box.remove(), lasts);
    return box;
  }

  return { show };
})();
