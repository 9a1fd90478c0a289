// Makes the last scan as large as its place allows: the part number first, and nothing is ever cut off.

import { shorten } from "./shorten.js";

const LARGEST_VH = 24; // of the part number
const LEAST_VH = 12; // on one line; a longer number goes on to the next line before it becomes smaller than this
const SMALLEST_PX = 16;
const SHRINK = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7]; // of all the rest, which must stay readable too
const SHRINK_CLOCK = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4];
const SHRINK_STRIP = [...SHRINK, 0.65, 0.6]; // what to do about a scanner is read from near

export function tooWide(element) {
  return element.scrollWidth > element.clientWidth + 1;
}

function tooHigh(element) {
  return element.scrollHeight > element.clientHeight + 1;
}

// A line may end behind a separator, and within a long run after each four characters: 4711-0815-22, 7K3QM9X2 01CE.
function breakable(text) {
  const pieces = text.split(/(?<=[-/._ ])(?=[^-/._ ])/u).flatMap((run) => (run.length > 8 ? run.match(/.{1,4}/gsu) : [run]));
  return pieces.flatMap((piece, place) => (place ? [document.createElement("wbr"), piece] : [piece]));
}

// room: how large its part number is, of what it is where the whole face is its own.
export function fit(face, room = 1) {
  const part = face.querySelector(".part");
  const text = part.textContent;
  const vh = innerHeight / 100;
  const portrait = innerWidth < innerHeight;
  const least = room * (portrait ? innerWidth * 0.13 : LEAST_VH * vh);
  const most = room * (portrait ? innerWidth * 0.24 : LARGEST_VH * vh);
  const fits = (size) => {
    part.style.fontSize = `${size}px`;
    return !tooWide(part) && !tooWide(face) && !tooHigh(face);
  };

  part.replaceChildren(text);
  part.classList.remove("wraps");
  for (const scale of SHRINK) {
    face.style.setProperty("--scale", scale);
    if (fits(least)) return grow(fits, least, most);
  }
  part.replaceChildren(...breakable(text));
  part.classList.add("wraps");
  for (const scale of SHRINK) {
    face.style.setProperty("--scale", scale);
    if (fits(least)) return least;
  }
  return grow(fits, SMALLEST_PX, Math.max(least, SMALLEST_PX));
}

// A long sentence of what is done here needs the room of the clock, a part number among the last scans loses its middle.
export function fitCalm() {
  const calm = document.querySelector('[data-name="calm"]');
  const clock = calm.querySelector(".clock");
  for (const scale of SHRINK_CLOCK) {
    clock.style.setProperty("--clock", scale);
    if (!tooHigh(calm)) break;
  }
}

export function fitRows() {
  for (const number of document.querySelectorAll(".row:not([hidden]) .number")) shorten(number, () => !tooWide(number), 3);
}

// Each place of the status strip keeps its height: a long remedy is written smaller.
export function fitStrip() {
  for (const status of document.querySelectorAll(".status:not([hidden])")) {
    for (const scale of SHRINK_STRIP) {
      status.style.setProperty("--scale", scale);
      if (!tooHigh(status) && !tooWide(status)) break;
    }
  }
}

// The largest size between two that fits, to half a pixel; `low` is taken to fit.
function grow(fits, low, high) {
  if (fits(high)) return high;
  while (high - low > 0.5) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  fits(low);
  return low;
}
