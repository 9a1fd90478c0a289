/*
 * A list of rows with an id: walked by keys, selected by keys and mouse, acted on together. What is selected and what
 * asks first stands in the page: .picked with its buttons, dialogs with data-one and data-many for their sentences.
 */
"use strict";

(() => {
  const say = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
  const form = () => document.getElementById("acts"); // it comes anew where the whole list does
  const bar = () => form()?.querySelector(".picked") ?? null;
  const list = () => [...(document.getElementById("rows")?.children ?? [])].filter((one) => one.dataset.id);
  const current = () => document.querySelector("#rows tr.current");
  const boxes = () => [...(form()?.querySelectorAll('tbody input[name="id"]') ?? [])];
  const chosen = () => list().filter((row) => row.querySelector('input[name="id"]')?.checked);

  function select(row) {
    for (const one of document.querySelectorAll("#rows tr.current")) {
      one.classList.remove("current");
      one.tabIndex = -1;
    }
    if (!row) return;
    row.classList.add("current");
    row.tabIndex = 0;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function move(by) {
    const all = list();
    const at = all.indexOf(current());
    const next = at < 0 ? all[0] : all[Math.min(all.length - 1, Math.max(0, at + by))];
    if (next) select(next);
  }

  function picked() {
    if (!bar()) return;
    for (const box of boxes()) box.closest("tr").classList.toggle("chosen", box.checked);
    const count = chosen().length;
    const { one, many } = bar().dataset;
    bar().hidden = !count;
    bar().querySelector(".picked-count").textContent = say(count === 1 ? one : many, { n: count });
    const all = document.getElementById("pick-all");
    all.checked = count > 0 && count === boxes().length;
    all.indeterminate = count > 0 && !all.checked;
  }

  function unpick() {
    for (const box of boxes()) box.checked = false;
    picked();
  }

  /* The rows that keys and buttons act on: all that are selected, else the current one. */
  function targets() {
    if (!chosen().length && current()?.querySelector('input[name="id"]')) {
      current().querySelector('input[name="id"]').checked = true;
      picked();
    }
    return chosen();
  }

  async function act(url, body) {
    for (const row of chosen()) body.append("id", row.dataset.id);
    const words = Page.words();
    let answer;
    try {
      answer = await Wire.send(url, { method: "POST", body, headers: { "X-CSRF-Token": Page.csrf() } });
    } catch {
      Notices.show(words.lost, "red");
      return;
    }
    const said = await answer.json().catch(() => ({}));
    for (const one of said.notices ?? []) Notices.show(one.text, one.colour);
    if (!said.notices) Notices.show(said.detail ?? say(words.failed, { status: answer.status }), "red");
    if (answer.ok) unpick();
    await Parts.now();
  }

  function ask(dialog) {
    const rows = targets();
    if (!rows.length) return;
    const facts = { name: rows[0].dataset.name, n: rows.length };
    for (const one of dialog.querySelectorAll("[data-one]")) {
      one.textContent = say(rows.length === 1 ? one.dataset.one : one.dataset.many, facts);
    }
    dialog.querySelector("form").reset();
    dialog.showModal();
  }

  for (const asking of document.querySelectorAll('dialog[id^="ask-"] form')) {
    asking.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopImmediatePropagation(); // page.js would mark the form as sent for good
      asking.closest("dialog").close();
      act(asking.action, new URLSearchParams(new FormData(asking)));
    });
  }

  function press(button) {
    if (button.dataset.asks) ask(document.getElementById(button.dataset.asks));
    else if (button.dataset.act) act(button.dataset.act, new URLSearchParams());
    else if (targets().length) form().requestSubmit(button);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".picked button");
    if (button?.dataset.unpick !== undefined) unpick();
    else if (button && (button.dataset.asks || button.dataset.act)) {
      event.preventDefault();
      press(button);
    }
    const cell = button ? null : event.target.closest?.("#rows td");
    if (cell && !event.target.closest("a, button, input, summary, label")) select(cell.parentElement);
  });

  /* Shift: all rows from the one that was chosen before. */
  let before = null;
  document.addEventListener("click", (event) => {
    if (!event.target.matches?.('#acts tbody input[name="id"]')) return;
    const all = boxes();
    const [from, to] = [all.indexOf(before), all.indexOf(event.target)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) for (const box of all.slice(from, to + 1)) box.checked = event.target.checked;
    before = event.target;
  });

  document.addEventListener("change", (event) => {
    if (event.target.id === "pick-all") for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.closest?.("#acts")) picked();
  });
  document.addEventListener("parts:shown", picked);
  addEventListener("pageshow", picked); // browsers remember what was selected

  function toggle() {
    const box = current()?.querySelector('input[name="id"]');
    if (!box) return;
    box.checked = !box.checked;
    picked();
  }

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    "/": () => document.getElementById("search")?.focus(),
    "?": () => document.getElementById("help")?.showModal(),
    " ": toggle,
    Enter: () => current()?.querySelector("a.main-link, td.part a, a")?.click(),
    Escape: () => {
      unpick();
      select(null);
    },
  };

  function keyOf(name) {
    const button = [...(bar()?.querySelectorAll("[data-key]") ?? [])].find((one) => one.dataset.key === name);
    return KEYS[name] ?? (button && (() => targets().length && press(button)));
  }

  Page.keys(keyOf);
})();
