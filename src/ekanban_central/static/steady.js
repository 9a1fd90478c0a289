/*
 * A press is meant for what stood there when somebody decided to press. A list that follows the plant moves by itself: what
 * has only just come under the finger is not pressed, and the page says so. Keys act on a row, wherever it stands.
 */
"use strict";

const Steady = (() => {
  const MS = Number(document.documentElement.dataset.steadyMs ?? 500); // from seeing to pressing
  const LEAST_PX = 4;
  const SAID_MS = 5000;
  const moved = new Map(); // id of a row or part → when it came to stand where it stands
  let pressed = 0;

  const top = (element) => element.getBoundingClientRect().top;

  /* elements(): rows or parts with an id. Returns what is to be called when the change is done. */
  function watch(elements) {
    const before = new Map(elements().map((one) => [one.id, top(one)]));
    return () => {
      const after = elements();
      const other = after.filter((one) => before.has(one.id) && Math.abs(top(one) - before.get(one.id)) >= LEAST_PX);
      if (!other.length) return; // what is new stands below everything, or took a place that was empty
      const now = performance.now();
      for (const [id, at] of moved) if (now - at > MS) moved.delete(id);
      for (const one of other) moved.set(one.id, now);
      for (const one of after) if (!before.has(one.id)) moved.set(one.id, now);
    };
  }

  const justMoved = (id, at = performance.now()) => at - (moved.get(id) ?? -Infinity) <= MS;

  function say() {
    document.getElementById("moved")?.remove();
    const said = document.createElement("p");
    said.id = "moved";
    said.className = "notice amber";
    said.setAttribute("role", "status");
    said.textContent = document.body.dataset.moved;
    document.body.append(said);
    setTimeout(() => said.remove(), SAID_MS);
  }

  addEventListener("pointerdown", () => (pressed = performance.now()), true);
  document.addEventListener("click", (event) => {
    if (event.detail === 0 || event.target.closest?.(".picked")) return; // a key, a script; what acts on selected rows
    const part = event.target.closest?.("button, input, summary, label")?.closest("#rows > [id], [data-parts] > [id]");
    if (!part || !justMoved(part.id, pressed)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    say();
  }, true);

  /* Whether a key comes too soon: at that moment the page itself went on to another row. Says so then. */
  function tooSoon(at) {
    const soon = performance.now() - at <= MS;
    if (soon) say();
    return soon;
  }

  return { watch, tooSoon };
})();
