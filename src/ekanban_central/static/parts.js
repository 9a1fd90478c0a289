/*
 * A page whose parts follow central: the review desk, the terminals. When something has happened the page is asked for
 * anew, and those children of every [data-parts] that came out otherwise, known by their ids, are put in their place.
 * A part in which somebody reads or types stays as it is until they have done.
 */
"use strict";

const Parts = (() => {
  const AGES_MS = 60_000; // what only time changes: ages, a terminal that falls silent
  const main = document.getElementById("main");
  const BUSY_MS = Number(main.dataset.busy ?? 1000); // at most one question to central in this time
  const parts = (container) => [...container.children].filter((one) => one.id);
  const told = new Map(); // id → the part as central said it last

  function isInUse(part) {
    const fields = [...part.querySelectorAll("input:not([type=hidden]):not([type=checkbox])")];
    const writes = fields.some((one) => one.value !== (one.dataset.offered ?? "")); // offered: nobody has typed that
    const picks = part.dataset.id === undefined && part.querySelector("input[name=id]:checked") !== null;
    return writes || picks || part.querySelector("details[open], form[data-sent], :active") !== null;
  }

  /* A row that was selected, or that the keys act on, stays so (rows.js). */
  function keep(old, fresh) {
    const [box, other] = [old, fresh].map((part) => part.querySelector("input[name=id]"));
    if (box?.checked && other) other.checked = true;
    for (const name of ["current", "chosen"]) fresh.classList.toggle(name, old.classList.contains(name));
    fresh.tabIndex = old.tabIndex;
  }

  /* Whoever walks by keys goes on from the same button. */
  function replace(old, fresh) {
    if (old.dataset.id) keep(old, fresh);
    const focused = old === document.activeElement;
    const stops = (part) => [...part.querySelectorAll("a, button, summary, input:not([type=hidden])")];
    const at = stops(old).indexOf(document.activeElement);
    old.replaceWith(fresh);
    if (focused) fresh.focus({ preventScroll: true });
    if (at >= 0) stops(fresh).at(at)?.focus({ preventScroll: true });
  }

  function place(container, fresh) {
    const wanted = parts(fresh);
    const ids = new Set(wanted.map((one) => one.id));
    for (const old of parts(container)) if (!ids.has(old.id) && !isInUse(old)) old.remove();
    let behind = null; // from the end: what comes next stands already
    for (const part of wanted.reverse()) {
      const said = part.outerHTML;
      const old = document.getElementById(part.id);
      if (!old) {
        part.classList.add("arrived");
        if (behind) behind.before(part);
        else if (parts(container).length) parts(container).at(-1).after(part);
        else container.append(part);
      } else if (told.get(part.id) !== said) {
        if (isInUse(old)) {
          behind = old;
          continue;
        }
        replace(old, part);
      }
      told.set(part.id, said);
      if (part.isConnected) htmx.process(part); // some of its own parts may come late
      behind = document.getElementById(part.id);
    }
  }

  function show(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const stands = Steady.watch(() => [...document.querySelectorAll("[data-parts] > [id]")]);
    for (const container of document.querySelectorAll("[data-parts]")) {
      const same = fresh.getElementById(container.id);
      if (same) place(container, same);
    }
    stands();
    for (const count of document.querySelectorAll("[data-count]")) {
      const now = fresh.querySelector(`[data-count="${count.dataset.count}"]`);
      if (now) count.replaceWith(now);
    }
    document.title = fresh.title;
    document.dispatchEvent(new CustomEvent("parts:shown"));
  }

  async function question() {
    const answer = await Wire.answered(main.dataset.url, { headers: { Accept: "text/html" } });
    show(await answer.text());
  }

  function notice() {
    const offline = document.querySelector("template[data-offline]");
    const shown = offline.content.firstElementChild.cloneNode(true);
    offline.after(shown);
    return shown;
  }

  for (const container of document.querySelectorAll("[data-parts]")) {
    for (const part of parts(container)) told.set(part.id, part.outerHTML);
  }
  const ask = Wire.follow(main.dataset.kinds.split(" "), { question, busy: BUSY_MS, notice });
  main.addEventListener("focusout", () => setTimeout(ask));
  main.addEventListener("toggle", (event) => event.target.open || ask(), true);
  setInterval(() => document.hidden || ask(), AGES_MS);
  return { ask, now: () => question().catch(ask) };
})();
