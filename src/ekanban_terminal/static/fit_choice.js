// What stands on choices, and of the one that was chosen: nothing is cut off by an edge, and where a card belongs can be read.

import { tooWide } from "./fit.js";
import { shorten, whole } from "./shorten.js";

const SHRINK_LINE = [1, 0.92, 0.85, 0.78, 0.7, 0.65, 0.6]; // a part number
const SHRINK_PLACE = [1, 0.92, 0.85]; // of a place; before it becomes smaller it loses its middle
const SHRINK_CROWDED = [0.6, 0.5]; // where even that is too much for the height of a choice
const SHRINK_BROKEN = [0.6, 0.55, 0.5, 0.45, 0.4]; // and then words are broken before they become smaller still

// A line among several is written smaller, and only then goes on to a second one.
function fitLine(line, scales) {
  line.classList.remove("wraps");
  for (const scale of scales) {
    line.style.setProperty("--scale", scale);
    if (!tooWide(line)) return;
  }
  line.classList.add("wraps");
}

// Letters may stand out of a tight line by a little; what is cut off loses a part of a line.
function halved(element) {
  return element.scrollHeight - element.clientHeight > 0.3 * parseFloat(getComputedStyle(element).fontSize);
}

function parts(element) {
  return [".headline", ".what", ".way"].map((name) => element.querySelector(name));
}

// The description goes first, then the middle of the place; then a long part number is written smaller.
export function fitChoice(choice) {
  const [headline, , way] = parts(choice);
  const cut = () => [...choice.children].some(halved);
  const shrink = (scales) => {
    if (!headline.classList.contains("wraps")) return;
    for (const scale of scales) {
      if (cut()) headline.style.setProperty("--scale", scale);
    }
  };
  choice.classList.remove("crowded", "broken");
  fitLine(headline, SHRINK_LINE);
  if (way) {
    shorten(way, () => true);
    fitLine(way, SHRINK_PLACE);
  }
  if (cut()) {
    choice.classList.add("crowded");
    if (way) shorten(way, () => !cut());
    shrink(SHRINK_CROWDED);
    choice.classList.toggle("broken", cut());
    if (cut()) headline.style.setProperty("--scale", SHRINK_BROKEN[0]);
    shrink(SHRINK_BROKEN);
    if (way) shorten(way, () => !cut());
  }
  name(choice, way);
}

// Whoever hears the page hears all of it.
function name(choice, way) {
  if (way?.dataset.whole) choice.setAttribute("aria-label", parts(choice).map(whole).join(" "));
  else choice.removeAttribute("aria-label");
}

// The card that was chosen, above the next question: its place on one line, its number on as many as it takes.
export function fitChosen(chosen) {
  const [headline, , way] = parts(chosen);
  fitLine(headline, SHRINK_LINE);
  shorten(way, () => !tooWide(way));
}
