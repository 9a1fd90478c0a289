// Fills the places of the page from a view. Everything is text or a known attribute value: nothing is ever read as HTML.

import { whole } from "./shorten.js";

function at(view, path) {
  return path.split(".").reduce((value, step) => value?.[step], view);
}

function setText(element, text) {
  if (whole(element) === text) return;
  delete element.dataset.whole;
  element.textContent = text;
}

function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

const KINDS = [
  ["[data-text]", (element, view) => setText(element, String(at(view, element.dataset.text) ?? ""))],
  ["[data-icon]", (element, view) => setAttribute(element, "href", `#i-${at(view, element.dataset.icon)}`)],
  ["[data-shown]", (element, view) => element.toggleAttribute("hidden", !at(view, element.dataset.shown))],
  ["[data-toned]", (element, view) => setAttribute(element, "data-tone", at(view, element.dataset.toned))],
  ["[data-value]", (element, view) => setAttribute(element, "data-id", at(view, element.dataset.value))],
];

// Only the places whose path begins with a key of `view`: a beat brings the clock alone.
export function bind(view) {
  for (const [selector, fill] of KINDS) {
    const name = selector.slice("[data-".length, -1);
    for (const element of document.querySelectorAll(selector)) {
      if (element.dataset[name].split(".")[0] in view) fill(element, view);
    }
  }
}

// Tints the rows that were not there before.
export function bindRows(rows) {
  const before = new Set([...document.querySelectorAll("[data-row]")].map((row) => row.dataset.id));
  for (const [place, row] of rows.entries()) {
    const element = document.querySelector(`[data-row="rows.${place}"]`);
    element.classList.toggle("arrived", Boolean(row.id) && !before.has(row.id));
    element.dataset.id = row.id;
  }
}
