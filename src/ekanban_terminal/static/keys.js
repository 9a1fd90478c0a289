// The big keys. Each posts JSON to this terminal's own API; what came of it arrives as an event like everything else.

const SHOWN_MS = 8_000; // how long a failure is said

let hiding = 0;

export function failed(sentence) {
  const place = document.querySelector("#failed");
  place.querySelector(".state").textContent = sentence;
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (place.hidden = true), SHOWN_MS);
}

// Asks this terminal's own API; gives its answer, null where it said why not, undefined where nothing was heard.
export async function ask(address, content) {
  const post = content && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) };
  try {
    const answer = await fetch(address, post);
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) return said;
    failed(String(said.detail ?? said.title ?? answer.status));
    return null;
  } catch {
    failed(document.querySelector("#failed").dataset.unheard); // the page itself says in a moment that the service is away
    return undefined;
  }
}

async function press(key) {
  key.setAttribute("aria-busy", "true");
  try {
    const id = key.dataset.id ? { id: key.dataset.id } : {};
    await ask(key.dataset.post, { ...id, ...JSON.parse(key.dataset.more ?? "{}") });
  } finally {
    key.removeAttribute("aria-busy");
    key.blur(); // a scanner that types its Enter into this page must not press the key again
  }
}

export function keys() {
  for (const key of document.querySelectorAll("[data-post]")) {
    key.addEventListener("click", () => key.getAttribute("aria-busy") !== "true" && press(key));
  }
}
