/*
 * The wire to central: a stream of events that comes back by itself, and questions. An event is a bell only; what has
 * changed is asked for. A page that nobody has seen for a minute lets its connection go.
 */
"use strict";

const Wire = (() => {
  const HIDDEN_MS = 60_000;
  const AGAIN_MS = 3000;

  async function send(url, options) {
    const headers = { Accept: "application/json", "HX-Request": "true", "HX-Current-URL": location.href };
    const answer = await fetch(url, { ...options, headers: { ...headers, ...options.headers } });
    if (answer.status === 401 && answer.headers.get("HX-Redirect")) location.href = answer.headers.get("HX-Redirect");
    return answer;
  }

  /* `heard` at every event of these kinds, and whenever the stream has come (back); `lost` when it breaks. */
  function follow(kinds, { heard, lost, found }) {
    let source = null;
    let hiding = 0;

    function listen() {
      source?.close();
      source = new EventSource("/api/v1/events");
      source.onopen = () => {
        found();
        heard();
      };
      source.onerror = () => {
        lost();
        if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
      };
      for (const kind of kinds) source.addEventListener(kind, heard);
    }

    document.addEventListener("visibilitychange", () => {
      clearTimeout(hiding);
      if (document.hidden) {
        hiding = setTimeout(() => {
          source?.close();
          source = null;
        }, HIDDEN_MS);
      } else if (!source) listen();
    });
    addEventListener("pagehide", () => source?.close());
    addEventListener("pageshow", (event) => event.persisted && listen());
    listen();
  }

  return { send, follow };
})();
