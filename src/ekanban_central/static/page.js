/* What every page does: light or dark, ages that go on, forms that are sent once. No build step, no library. */
"use strict";

const Page = (() => {
  const words = () => JSON.parse(document.getElementById("words")?.textContent ?? "{}");

  /* The same as view.duration: two units at most. */
  function duration(milliseconds, unit) {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    if (seconds < 60) return `${seconds} ${unit.s}`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} ${unit.min}`;
    if (seconds < 86400) {
      const minutes = String(Math.floor((seconds % 3600) / 60)).padStart(2, "0");
      return `${Math.floor(seconds / 3600)} ${unit.h} ${minutes} ${unit.min}`;
    }
    return `${Math.floor(seconds / 86400)} ${unit.d} ${Math.floor((seconds % 86400) / 3600)} ${unit.h}`;
  }

  /* Central's clock, not this device's: what it said when the page was made, and the time since. */
  let said = 0;
  let heard = 0;
  function setClock(milliseconds) {
    said = milliseconds;
    heard = performance.now();
  }
  const now = () => said + (performance.now() - heard);

  /* Ages count on: every element that carries data-age (a moment in milliseconds). */
  function tick(root = document) {
    const unit = words();
    if (!unit.min) return;
    for (const element of root.querySelectorAll("[data-age]")) {
      const text = duration(now() - Number(element.dataset.age), unit);
      if (element.firstChild && element.childNodes.length === 1) {
        if (element.textContent !== text) element.firstChild.data = text;
      } else element.textContent = text;
    }
  }

  function theme() {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax`;
  }

  /* The clipboard exists on secure addresses only; elsewhere the text is selected, ready for Ctrl-C. */
  function copy(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    navigator.clipboard?.writeText(element.textContent).catch(() => undefined);
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-theme-switch]")) theme();
    const opener = event.target.closest?.("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    const copier = event.target.closest?.("[data-copies]");
    if (copier) copy(document.getElementById(copier.dataset.copies));
    const closer = event.target.closest?.("[data-closes]");
    if (closer) closer.closest("dialog")?.close();
  });

  /* Menus close when one presses elsewhere, or Escape. */
  const menus = () => document.querySelectorAll("details.more[open], details.confirm[open]");
  document.addEventListener("click", (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  /* A form is sent once; a second press waits for the answer. Back-forward brings it to life again. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog") return;
    if (form.dataset.sent) event.preventDefault();
    else form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  /*
   * What the keys of a list do. Not while somebody types or a dialog is open; a button, link or box that has the focus
   * takes Enter and the space bar itself.
   */
  function keys(actOf) {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      const field = event.target.closest?.("input, select, textarea");
      if (field && field.type !== "checkbox") {
        if (event.key === "Escape") field.blur();
        return;
      }
      if (event.target.closest?.("a, button, summary") && (event.key === "Enter" || event.key === " ")) return;
      if (field && event.key === " ") return;
      const act = actOf(event.key);
      if (!act) return;
      event.preventDefault();
      act();
    });
  }

  const clock = document.querySelector("[data-now]");
  if (clock) {
    setClock(Number(clock.dataset.now));
    setInterval(tick, 5000);
  }
  return { now, setClock, tick, duration, words, keys, csrf: () => document.querySelector("meta[name=csrf]").content };
})();
