// The big keys. Each posts JSON to this terminal's own API; what came of it arrives as an event like everything else.

const SHOWN_MS = 8_000; // how long a failure is said

let hiding = 0;

function failed(sentence) {
  const place = document.querySelector("#failed");
  place.querySelector(".state").textContent = sentence;
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (place.hidden = true), SHOWN_MS);
}

async function press(key) {
  key.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(key.dataset.post, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(key.dataset.id ? { id: key.dataset.id } : {}),
    });
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({}));
      failed(String(problem.detail ?? problem.title ?? answer.status));
    }
  } catch (error) {
    failed(String(error.message)); // the service is away; the page says so itself in a moment
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
