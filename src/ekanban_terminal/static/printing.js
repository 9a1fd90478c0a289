// Printing a card again in three touches: the key, the card, the reason. For a bin without a card: the key, "card
// missing", the bin, and whether it is empty: only then a supervisor hears of it. What becomes of the print arrives as an event, as everything does.

import { bind } from "./bind.js";
import { fitChoice, fitChosen } from "./fit_choice.js";
import { ask } from "./keys.js";
import { whole } from "./shorten.js";

const IDLE_MS = 30_000; // a panel that nobody touches goes away
const PANELS = ["choose", "places", "bin", "reason"];

const panel = Object.fromEntries(PANELS.map((name) => [name, document.querySelector(`[data-name="${name}"]`)]));
const spoken = document.querySelector("#spoken");
const opener = document.querySelector("#again");

let turn = () => {}; // tells the page that a panel opened or closed
let idle = 0;
let byKey = false; // opened from a keyboard: only then the focus moves, for a scanner that types Enter would choose
let wish = null; // the card chosen, and the id of the wish: touched twice, it is printed once
let ranges = []; // the way into the list of bins
let newest = []; // cards that there are to choose from
let offered = []; // those that stand there: nothing moves under a hand that is about to touch it

// The cards to show, when the service tells of these.
export function choosable(choices) {
  newest = choices;
  if (!document.body.dataset.panel) offered = choices;
  return offered;
}

// A UUIDv7, which sorts by time. crypto.randomUUID is not there over plain HTTP from another machine.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const time = BigInt(Date.now());
  for (let place = 0; place < 6; place += 1) bytes[place] = Number((time >> BigInt(40 - 8 * place)) & 255n);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, "$1-$2-$3-$4-$5");
}

function open(name) {
  document.body.dataset.panel = name;
  clearTimeout(idle);
  idle = setTimeout(close, IDLE_MS);
  spoken.textContent = panel[name].querySelector("h2").textContent;
  none(name);
  turn();
  panel[name].querySelectorAll(".chosen").forEach(fitChosen);
  panel[name].querySelectorAll(".choice:not([hidden])").forEach(fitChoice);
  scrollTo(0, 0); // a phone had scrolled down to the key
  if (byKey) panel[name].querySelector(".choice:not([hidden]), .back").focus();
  else document.activeElement.blur?.();
}

function close() {
  clearTimeout(idle);
  if (!document.body.dataset.panel) return;
  delete document.body.dataset.panel;
  ranges = [];
  bind({ choices: choosable(newest) });
  turn();
  if (byKey) opener.focus();
}

function none(name) {
  const text = panel[name].querySelector(".none");
  if (text) text.hidden = panel[name].querySelector(".choice:not([hidden])") !== null;
}

function fill(element, { headline, description, way }) {
  for (const [line, text] of [["headline", headline], ["what", description], ["way", way]]) {
    const place = element.querySelector(`.${line}`);
    delete place.dataset.whole;
    place.textContent = text;
  }
}

function choose(card, shown) {
  wish = { card, id: newId() };
  fill(panel.reason.querySelector(".chosen"), shown);
  open("reason");
}

// The service answers before the paper comes; its event shows the print, and the panel is in nobody's way then. Where
// nothing was heard of it the question comes back: the same touch again is the same wish.
async function print(reason, empty) {
  const asked = wish;
  const name = document.body.dataset.panel;
  close();
  const { card, id } = asked;
  const heard = await ask("/api/v1/print", { card, id, reason, ...(empty && { empty }) });
  if (heard !== undefined || document.body.dataset.panel) return;
  wish = asked;
  open(name);
}

// way: into the list. It counts once its choices are there, unless somebody has left meanwhile.
async function places(way = ranges) {
  const from = document.body.dataset.panel;
  const range = way.at(-1);
  const found = await ask(`/api/v1/print/cards${range ? `?first=${range.first}&count=${range.count}` : ""}`);
  if (!found || document.body.dataset.panel !== from) return;
  ranges = way;
  for (const [place, key] of panel.places.querySelectorAll(".choice").entries()) {
    const item = found.items[place];
    key.hidden = !item;
    if (!item) continue;
    fill(key, item);
    key.onclick = () => {
      if (!item.card) return places([...ranges, item]);
      wish = { card: item.card, id: newId() };
      fill(panel.bin.querySelector(".chosen"), item);
      return open("bin");
    };
  }
  open("places");
}

function back() {
  const now = document.body.dataset.panel;
  if (now === "reason") return open("choose");
  if (now === "bin") return places();
  if (now !== "places") return close();
  if (!ranges.length) return open("choose");
  return places(ranges.slice(0, -1));
}

// Arrows go from choice to choice as the eye does: two in a row.
function step(event) {
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 2, ArrowUp: -2 };
  const keys = [...panel[document.body.dataset.panel].querySelectorAll("button:not([hidden])")];
  const place = keys.indexOf(document.activeElement);
  if (!(event.key in steps)) return;
  event.preventDefault();
  keys[Math.min(Math.max(place + steps[event.key], 0), keys.length - 1)]?.focus();
}

// A glove that touches twice has chosen once: the second touch would fall on whatever stands there by now.
function onceATouch(event) {
  if (event.detail > 1) event.stopImmediatePropagation();
}

// on: told that a panel opened or closed. Pages hear of prints as of scans, by what they follow.
export function printing(on) {
  turn = on;
  for (const name of PANELS) panel[name].addEventListener("click", onceATouch, { capture: true });
  opener.addEventListener("click", (event) => {
    if (!document.body.dataset.followed) return; // nothing is known yet
    byKey = event.detail === 0; // a key pressed the key
    if (document.body.dataset.panel) close();
    else open("choose");
  });
  for (const key of panel.choose.querySelectorAll(".choice")) {
    const shown = (name) => whole(key.querySelector(name));
    key.addEventListener("click", () =>
      choose(key.dataset.id, { headline: shown(".headline"), description: shown(".what"), way: shown(".way") }),
    );
  }
  const scanned = document.querySelector("#this"); // the card that was scanned while its choice stands here
  scanned.addEventListener("click", onceATouch, { capture: true });
  scanned.addEventListener("click", () => {
    const one = newest.find(({ card }) => card === scanned.dataset.id);
    if (one) choose(one.card, one);
  });
  document.querySelector("#missing").addEventListener("click", () => places([]));
  for (const key of panel.reason.querySelectorAll("[data-reason]")) {
    key.addEventListener("click", () => document.body.dataset.panel === "reason" && print(key.dataset.reason));
  }
  for (const key of panel.bin.querySelectorAll("[data-empty]")) {
    const empty = key.dataset.empty === "true";
    key.addEventListener("click", () => document.body.dataset.panel === "bin" && print("lost", empty));
  }
  for (const key of document.querySelectorAll(".back")) key.addEventListener("click", back);
  addEventListener("keydown", (event) => {
    if (!document.body.dataset.panel) return;
    if (event.key === "Escape") back();
    else step(event);
  });
}
