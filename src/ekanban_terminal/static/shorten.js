// Long names lose their middle: what tells cards apart stands at both ends (4711-…-0001A). The whole text is kept beside it,
// for those who hear the page, and for bind.js, which would take the shorter one for an old one.

const BETWEEN = " · ";
const segments = new Intl.Segmenter();

// What a line says, whatever of it stands there.
export function whole(line) {
  return line.dataset.whole ?? line.textContent;
}

function letters(text) {
  return [...segments.segment(text)].map(({ segment }) => segment);
}

// Takes away `count` letters, each from the piece that is the longest by then; none gets below `least`.
function without(pieces, count, least) {
  const kept = pieces.map((piece) => piece.length);
  for (let taken = 0; taken < count; taken += 1) {
    const place = kept.indexOf(Math.max(...kept));
    if (kept[place] > least) kept[place] -= 1;
  }
  return pieces.map((piece, place) => {
    const [keep, all] = [kept[place], piece.length];
    if (keep === all) return piece.join("");
    return [...piece.slice(0, Math.ceil((keep - 1) / 2)), "…", ...piece.slice(all - Math.floor((keep - 1) / 2))].join("");
  });
}

// Short pieces, codes among them, go on to the next line as one: 7K3Q-M9X2 has a hyphen.
function draw(line, pieces, least) {
  const parts = pieces.map((piece) => {
    if (pieces.length < 2 || piece.length > least + 1) return piece;
    const one = document.createElement("span");
    one.className = "one";
    one.textContent = piece;
    return one;
  });
  line.replaceChildren(...parts.flatMap((part, place) => (place ? [BETWEEN, part] : [part])));
}

// Writes a line whole, or as much of it as `fits` agrees to; least: letters that each of its pieces keeps.
export function shorten(line, fits, least = 9) {
  const text = whole(line);
  const pieces = text.split(BETWEEN).map(letters);
  const show = (count) => draw(line, without(pieces, count, least), least);
  delete line.dataset.whole;
  show(0);
  if (fits()) return;
  let [low, high] = [0, pieces.reduce((sum, piece) => sum + Math.max(0, piece.length - least), 0)];
  if (!high) return;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    show(middle);
    if (fits()) high = middle;
    else low = middle;
  }
  show(high);
  line.dataset.whole = text;
}
