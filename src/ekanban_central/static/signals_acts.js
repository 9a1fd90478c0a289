/* Selection, keys and acts on the list of open signals. */
"use strict";

(() => {
  const { words, say, hooks } = Signals;
  if (Signals.wall) return;
  let current = null; // id of the row that the keys act on
  let led = -Infinity; // when it became so without a key, because the one before was done

  const form = () => document.getElementById("acts");
  const boxes = () => [...form().querySelectorAll('tbody input[name="id"]')];
  const chosen = () => boxes().filter((box) => box.checked).map((box) => box.value);
  const dialog = document.getElementById("cancel");
  let cancelling = [];

  /* The row that the keys act on */
  function select(element) {
    for (const one of form().querySelectorAll("tr.current")) {
      one.classList.remove("current");
      one.tabIndex = -1;
    }
    current = element?.dataset.id ?? null;
    led = -Infinity;
    if (!element) return;
    element.classList.add("current");
    element.tabIndex = 0;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
  }

  const move = (by) => {
    const all = Signals.list().filter((one) => !one.classList.contains("leaving"));
    const at = all.findIndex((one) => one.dataset.id === current);
    const gone = at < 0 && current ? Signals.list().findIndex((one) => one.dataset.id === current) : -1;
    const next = at < 0 ? all[Math.max(0, gone)] : all[Math.min(all.length - 1, Math.max(0, at + by))];
    if (next) select(next);
    const onward = document.querySelector("tr.onward");
    if (onward && next === all.at(-1)) onward.scrollIntoView({ block: "nearest" });
  };

  hooks.led = (by) => {
    move(by);
    led = performance.now();
  };

  hooks.picked = () => {
    const ids = chosen();
    for (const box of boxes()) box.closest("tr").classList.toggle("chosen", box.checked);
    const bar = form().querySelector(".picked");
    bar.hidden = !ids.length;
    const text = ids.length === 1 ? words.picked_one : say(words.picked_many, { n: ids.length });
    bar.querySelector(".picked-count").textContent = text;
    const all = document.getElementById("pick-all");
    all.checked = ids.length > 0 && ids.length === boxes().length;
    all.indeterminate = ids.length > 0 && !all.checked;
  };

  function unpick() {
    for (const box of boxes()) box.checked = false;
    hooks.picked();
  }

  /* One row's button, the keys and the bar below all come here. */
  async function act(step, ids, reason = "") {
    const body = new URLSearchParams(ids.map((id) => ["id", id]));
    if (reason) body.set("reason", reason);
    let answer;
    try {
      const headers = { "X-CSRF-Token": Page.csrf() };
      answer = await Signals.send(`/signals/acts/${step}`, { method: "POST", body, headers });
    } catch {
      Signals.notice(words.lost, "red");
      return;
    }
    const said = await answer.json().catch(() => ({}));
    for (const one of said.notices ?? []) Signals.notice(one.text, one.colour);
    if (!said.notices) Signals.notice(said.detail ?? say(words.failed, { status: answer.status }), "red");
    if (answer.ok) unpick();
    await Signals.ask(said.again ?? []);
  }

  function start(step, ids) {
    if (!ids.length) return;
    if (step !== "cancel") act(step, ids);
    else ask(ids);
  }

  function ask(ids) {
    cancelling = ids;
    const name = Signals.row(ids[0])?.dataset.name ?? "";
    const one = ids.length === 1;
    dialog.querySelector("[data-title]").textContent = one
      ? say(words.cancel_one, { name })
      : say(words.cancel_many, { n: ids.length });
    dialog.querySelector("[data-confirm]").textContent = one ? words.confirm_one : say(words.confirm_many, { n: ids.length });
    dialog.querySelector("form").reset();
    dialog.showModal();
  }

  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopImmediatePropagation(); // page.js would mark the form as sent for good
    const reason = new FormData(event.target).get("reason").trim();
    if (!reason) return;
    dialog.close();
    act("cancel", cancelling, reason);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#acts button");
    if (!button) {
      const cell = event.target.closest?.("#rows td");
      if (cell && !event.target.closest("a, button, input")) select(cell.parentElement);
      return;
    }
    if (button.dataset.unpick !== undefined) unpick();
    if (!button.dataset.act) return;
    event.preventDefault();
    start(button.dataset.act, button.name === "only" ? [button.value] : chosen());
  });

  document.addEventListener("change", (event) => {
    if (event.target.id === "pick-all") for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.closest?.("#acts")) hooks.picked();
  });

  function targets() {
    if (chosen().length) return chosen();
    return current && Signals.row(current) && !Steady.tooSoon(led) ? [current] : [];
  }

  function toggle() {
    const box = current && Signals.row(current)?.querySelector("input");
    if (!box) return;
    box.checked = !box.checked;
    hooks.picked();
  }

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    a: () => start("acknowledge", targets()),
    r: () => start("receive", targets()),
    x: () => start("cancel", targets()),
    "/": () => document.getElementById("search").focus(),
    "?": () => document.getElementById("help").showModal(),
    " ": toggle,
    Enter: () => current && Signals.row(current)?.querySelector("td.part a")?.click(),
    Escape: () => {
      unpick();
      select(null);
    },
  };

  Page.keys((key) => KEYS[key]);
})();
