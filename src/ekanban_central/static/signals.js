/*
 * The list of open signals as it lives: rows that change are replaced where they stand, rows that are done leave, rows
 * that arrive are put in their place when the list stands at its top and are counted in a bar while somebody reads
 * further down. Central renders every row; this file only decides where it goes.
 */
"use strict";

const Signals = (() => {
  const LEAVING_MS = 1500;
  const BUSY_MS = 400; // at most one question to central in this time
  const KINDS = [
    "signal_opened", "signal_released", "signal_advanced", "signal_stepped_back", "signal_received",
    "signal_cancelled", "signal_reopened", "review_raised", "review_decided",
  ];
  const wall = document.documentElement.hasAttribute("data-wall");
  const words = Page.words();
  const send = Wire.send;
  const notice = Notices.show;
  const held = new Map(); // id → row that waits in the bar
  const hooks = { led() {}, picked() {} }; // set by signals_acts.js
  let shown = null; // the board that `position` belongs to
  let position = 0;

  const board = () => document.getElementById("board");
  const rows = () => document.getElementById("rows");
  const row = (id) => document.getElementById(`s-${id}`);
  const list = () => [...rows().children].filter((one) => one.dataset.id);
  const onward = () => rows().querySelector("tr.onward");
  const say = (text, facts = {}) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");

  /* Order: as central's statement sorts, by place and then by id. */
  function place(element) {
    const order = board().dataset.order;
    return { at: Number(order.endsWith("due") ? element.dataset.due : element.dataset.opened), id: element.dataset.id };
  }

  function before(one, other) {
    const [a, b] = [place(one), place(other)];
    const smaller = a.at !== b.at ? a.at < b.at : a.id < b.id;
    return board().dataset.order.startsWith("-") ? !smaller && a.id !== b.id : smaller;
  }

  /* Whether the row belongs among those that are loaded; what lies further down comes when one scrolls there. */
  function within(element) {
    const [first, last] = [list().at(0), list().at(-1)];
    if (board().dataset.after !== undefined && !(first && before(first, element))) return false;
    return !onward() || wall || (last && before(element, last));
  }

  function atTop() {
    const head = rows().closest("table").tHead.rows[0].cells[0].getBoundingClientRect(); // cells are what sticks
    return wall || rows().getBoundingClientRect().top >= head.bottom - 4;
  }

  function parse(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  }

  function put(element) {
    if (row(element.dataset.id)) return;
    const next = list().find((one) => before(element, one));
    element.classList.add("arrived");
    rows().insertBefore(element, next ?? onward());
  }

  function replace(old, fresh) {
    const picked = old.querySelector("input")?.checked;
    const current = old.classList.contains("current");
    const focused = old.contains(document.activeElement);
    old.replaceWith(fresh);
    fresh.classList.add("arrived");
    if (picked) fresh.querySelector("input").checked = true;
    fresh.classList.toggle("chosen", Boolean(picked));
    if (current) {
      fresh.classList.add("current");
      fresh.tabIndex = 0;
      if (focused) fresh.focus({ preventScroll: true });
    }
  }

  function leave(old, sign) {
    const badge = old.querySelector(".state");
    badge.className = `state ${sign.colour}`;
    badge.querySelector("use").setAttribute("href", `#i-${sign.icon}`);
    badge.lastChild.data = sign.word;
    old.classList.add("leaving", "arrived");
    old.classList.remove("chosen");
    const box = old.querySelector("input");
    if (box) box.checked = box.disabled = false;
    setTimeout(() => remove(old), LEAVING_MS);
  }

  function remove(old) {
    if (!old.isConnected) return;
    if (old.classList.contains("current")) hooks.led(old.nextElementSibling?.dataset.id ? 1 : -1);
    const above = old.getBoundingClientRect().bottom < 0;
    const height = old.offsetHeight;
    const stands = Steady.watch(list);
    old.remove();
    if (above && !CSS.supports("overflow-anchor", "auto")) scrollBy(0, -height);
    stands();
    if (!list().length && !onward()) load();
    settle();
  }

  /* The bar that counts what came in while one reads. */
  function showHeld() {
    for (const id of held.keys()) if (row(id)) held.delete(id);
    const bar = document.getElementById("arrivals");
    bar.hidden = !held.size;
    bar.lastElementChild.textContent = held.size === 1 ? words.new_one : say(words.new_many, { n: held.size });
  }

  function release() {
    const below = [...held.values()].filter((one) => !within(one));
    for (const one of held.values()) if (within(one)) put(one);
    held.clear();
    showHeld();
    if (below.length) load(newestFirst());
    else scrollTo({ top: 0 });
    settle();
  }

  function newestFirst() {
    const url = new URL(location.href);
    url.searchParams.set("sort", "-age");
    url.searchParams.delete("cursor");
    return url.pathname + url.search;
  }

  function load(url = location.pathname + location.search) {
    return htmx.ajax("GET", url, { target: "#board", swap: "outerHTML", push: url });
  }

  async function showHead(html, open) {
    document.title = document.title.replace(/\(\d+\)/, `(${open})`);
    const head = document.getElementById("head");
    if (head.querySelector("details[open]")) return; // a menu is being read
    await htmx.swap({ sourceElement: head, target: head, text: html, swap: "outerMorph" });
  }

  async function apply(answer) {
    if (answer.reload) return load();
    Page.setClock(answer.now);
    position = answer.position;
    for (const gone of answer.gone) {
      held.delete(gone.id);
      const old = row(gone.id);
      if (old && !old.classList.contains("leaving")) leave(old, gone);
    }
    const top = atTop();
    const stands = Steady.watch(list);
    for (const one of answer.rows) {
      const old = row(one.id);
      const fresh = parse(one.html);
      if (old) replace(old, fresh);
      else if (top && within(fresh)) put(fresh);
      else if (held.has(one.id) || one.fresh || within(fresh)) held.set(one.id, fresh);
    }
    showHeld();
    if (list().length && document.querySelector(".empty")) document.querySelector(".empty").remove();
    stands();
    const still = Steady.watch(list);
    await showHead(answer.head, answer.open);
    still();
    for (const count of document.querySelectorAll('[data-count="/reviews"]')) {
      count.textContent = answer.reviews;
      count.hidden = !answer.reviews;
    }
    settle();
  }

  /* What has changed since, and these rows once more. */
  async function question(again) {
    const query = new URLSearchParams(board().dataset.query.replace(/^\?/, ""));
    query.set("since", position);
    if (wall) query.set("wall", "1");
    for (const id of again) query.append("again", id);
    const mine = board();
    const answer = await Wire.answered(`/signals/changes?${query}`, {});
    if (mine === board()) await apply(await answer.json());
  }

  /* Time goes on without events: what is due counts down, and a row that falls overdue is asked for anew. */
  function countDown() {
    const late = [];
    for (const one of rows().querySelectorAll("[data-left]")) {
      const remaining = Number(one.dataset.left) - Page.now();
      const text = Page.duration(Math.abs(remaining), words);
      const said = say(remaining >= 0 ? words.in : words.late, { time: text });
      if (one.textContent !== said) one.textContent = said;
      const element = one.closest("tr");
      if (remaining < 0 && !element.classList.contains("late")) late.push(element.dataset.id);
    }
    if (late.length) ask(late.slice(0, 50));
    const clock = document.getElementById("wall-clock");
    if (clock) {
      const zone = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: clock.dataset.zone };
      clock.textContent = new Intl.DateTimeFormat("en-GB", zone).format(Page.now());
    }
  }

  /* The wall shows whole rows only, and says how many more there are. */
  function fit() {
    if (!wall) return;
    const more = document.getElementById("wall-more");
    const unseen = Number(board().dataset.more ?? 0);
    const all = list();
    for (const one of all) one.hidden = false;
    more.hidden = false;
    more.textContent = say(words.more, { n: unseen + all.length });
    const room = document.getElementById("main").getBoundingClientRect().bottom - more.offsetHeight - 8;
    const first = all.findIndex((one) => one.getBoundingClientRect().bottom > room);
    const fitting = first < 0 ? all.length : first;
    for (const one of all.slice(fitting)) one.hidden = true;
    more.textContent = say(words.more, { n: unseen + all.length - fitting });
    more.hidden = unseen + all.length === fitting;
  }

  function settle() {
    fit();
    hooks.picked();
  }

  /* htmx has put a new board there: another filter, another order. */
  function begin() {
    if (shown === board() || !board()) return;
    shown = board();
    position = Number(shown.dataset.position);
    held.clear();
    settle();
  }

  document.addEventListener("htmx:after:settle", () => {
    begin();
    if (held.size) showHeld();
  });
  document.addEventListener("htmx:response:error", (event) => {
    const status = event.detail.ctx?.response?.status;
    if (status === 401) return;
    notice(say(words.failed, { status }), "red");
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#arrivals")) release();
  });
  addEventListener("scroll", () => held.size && atTop() && release(), { passive: true });
  addEventListener("resize", fit);

  begin();
  const ask = Wire.follow(KINDS, { question, busy: BUSY_MS, notice: () => notice(words.offline, "amber", 0) });
  setInterval(countDown, 5000);
  return { ask, list, row, notice, say, send, words, wall, hooks };
})();
