// The kiosk page after it was drawn by the server: it follows the service's events and shows each scan as it comes.

import { bind, bindRows } from "./bind.js";
import { fit, fitCalm, fitRows, fitStrip } from "./fit.js";
import { keys } from "./keys.js";
import { choosable, printing } from "./printing.js";
import { follow } from "./stream.js";
import { Tones } from "./tones.js";

const BESIDE = 0.4; // of the size that it has where the place is its own
const ANSWER_MS = 250; // how long a tone waits for central, so that ordered sounds like ordered
const SEVERITY = { grey: 0, pending: 1, green: 1, amber: 2, red: 3 };
const PRINT_TONES = { green: "green", amber: "amber", red: "red" }; // of one that goes on there is nothing to hear

const body = document.body;
const last = document.querySelector('[data-name="last"]');
const print = document.querySelector('[data-name="print"]');
const besides = document.querySelectorAll(".beside");
const undo = document.querySelector("#undo");
const tones = new Tones((blocked) => {
  document.querySelector("#silent").hidden = !blocked;
  fitStrip();
});

let state = null; // the newest
let fading = 0;
let undoing = 0;
let newest = body.dataset.face === "print" ? "print" : "last"; // which of them is shown while it is fresh
let shown = { id: body.dataset.last, tone: last.dataset.tone };
let printed = { id: print.dataset.id, tone: print.dataset.tone };
let heard = new Set([shown.id, ...[...document.querySelectorAll("[data-row]")].map((row) => row.dataset.id)]);

function face() {
  if (body.dataset.lost) return "lost";
  if (state?.view.alarm) return "alarm";
  if (body.dataset.panel) return body.dataset.panel;
  if (fading) return newest;
  return state.view.print.asks || state.view.print.goes_on ? "print" : "calm";
}

function turn() {
  const name = state ? face() : body.dataset.lost ? "lost" : body.dataset.face;
  if (body.dataset.face !== name) body.dataset.face = name;
  const beside = name === body.dataset.panel && fading ? newest : ""; // whoever chooses goes on choosing
  if ((body.dataset.beside ?? "") === beside) return;
  body.dataset.beside = beside;
  fitBesides();
}

function show(milliseconds) {
  clearTimeout(fading);
  fading = setTimeout(() => {
    fading = 0;
    turn();
  }, milliseconds);
}

function sound(row, connected) {
  const wait = row.tone === "pending" && connected ? ANSWER_MS : 0;
  setTimeout(() => tones.play((state.view.rows.find(({ id }) => id === row.id) ?? row).tone), wait);
}

function soundAll(view, first) {
  const scans = view.rows.filter(({ id }) => id !== view.last.id).reverse();
  scans.push(view.last); // which is not among the rows when it could not be stored
  const fresh = scans.filter(({ id }) => id && !heard.has(id));
  heard = new Set(scans.map(({ id }) => id));
  if (!first || view.fresh_ms) fresh.slice(-3).forEach((row) => sound(row, view.connected));
}

function showLast(view, first) {
  const now = view.last;
  const changed = now.id !== shown.id;
  const worse = !changed && SEVERITY[now.tone] > SEVERITY[shown.tone];
  if (now.id && (changed || worse)) {
    const left = first ? (view.face === "last" ? view.fresh_ms : 0) : Number(body.dataset.fadeMs);
    if (left) {
      newest = "last";
      show(left);
      document.querySelector("#spoken").textContent = now.spoken;
    }
    if (worse) tones.play(now.tone);
  }
  shown = { id: now.id, tone: now.tone };
}

function showPrint(view, first) {
  const now = view.print;
  const changed = now.id !== printed.id || now.tone !== printed.tone;
  printed = { id: now.id, tone: now.tone };
  if (!now.id || !changed || (first && view.face !== "print")) return;
  newest = "print";
  show(first ? view.fresh_ms : Number(body.dataset.fadeMs));
  document.querySelector("#spoken").textContent = now.spoken;
  if (!first && PRINT_TONES[now.tone]) tones.play(PRINT_TONES[now.tone]);
}

function fitBesides() {
  for (const beside of besides) fit(beside, BESIDE);
}

function fitAll() {
  fit(last);
  fit(print);
  fitBesides();
  fitCalm();
  fitRows();
  fitStrip();
}

function allowUndo(milliseconds) {
  clearTimeout(undoing);
  undo.disabled = !milliseconds;
  if (milliseconds) undoing = setTimeout(() => (undo.disabled = true), milliseconds);
}

follow({
  state(content, first) {
    if (content.release !== document.documentElement.dataset.release) return location.reload();
    if (content.language !== document.documentElement.lang) return location.reload(); // the server draws all fixed words
    state = content;
    bind({ ...content.view, choices: choosable(content.view.choices) });
    bindRows(content.view.rows);
    soundAll(content.view, first);
    showPrint(content.view, first);
    showLast(content.view, first);
    allowUndo(content.view.undo_ms);
    turn();
    fitAll();
    body.dataset.followed = "yes"; // from now on this page hears of everything
  },
  beat: bind,
  found() {
    delete body.dataset.lost;
    turn();
  },
  lost() {
    body.dataset.lost = "yes";
    turn();
  },
});

if (body.dataset.face === "last" || body.dataset.face === "print") show(Number(last.dataset.freshMs));
addEventListener("resize", fitAll);
keys();
printing(turn);
fitAll();
