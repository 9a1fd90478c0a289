/*
 * The wire to central: a stream of events that comes back by itself, and questions. An event is a bell only; what has
 * changed is asked for. A page that nobody has seen for a minute lets its connection go, and one that hears nothing
 * says so.
 */
"use strict";

const Wire = (() => {
  const HIDDEN_MS = 60_000;
  const AGAIN_MS = 3000;
  const SILENT_MS = 4000; // shorter breaks are nobody's business

  async function send(url, options) {
    const headers = { Accept: "application/json", "HX-Request": "true", "HX-Current-URL": location.href };
    const answer = await fetch(url, { ...options, headers: { ...headers, ...options.headers } });
    if (answer.status === 401 && answer.headers.get("HX-Redirect")) location.href = answer.headers.get("HX-Redirect");
    return answer;
  }

  /* For questions: an answer that is none is as good as silence. */
  async function answered(url, options) {
    const answer = await send(url, options);
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer;
  }

  /* Say that the page is not live, by what `notice` puts there, until it is. */
  function silence(notice) {
    let timer = 0;
    let shown = null;
    return {
      lost() {
        timer ||= setTimeout(() => {
          shown = notice();
        }, SILENT_MS);
      },
      found() {
        clearTimeout(timer);
        timer = 0;
        shown?.remove();
        shown = null;
      },
    };
  }

  /* Questions never overlap, and there is one in `busy` milliseconds; what is wanted meanwhile is asked together then. */
  function paced(question, busy, lost) {
    let asking = false;
    let wanted = null;
    return async function ask(about = []) {
      if (asking) {
        wanted = [...new Set([...(wanted ?? []), ...about])];
        return;
      }
      asking = true;
      try {
        await question(about);
      } catch {
        lost();
      } finally {
        setTimeout(() => {
          asking = false;
          const next = wanted;
          wanted = null;
          if (next) ask(next);
        }, busy);
      }
    };
  }

  /*
   * Ask the `question` at every event of these kinds, and whenever the stream has come (back); returns what asks it at
   * other times, with a list of what it is about.
   */
  function follow(kinds, { question, busy, notice }) {
    const { lost, found } = silence(notice);
    let source = null;
    let hiding = 0;

    const ask = paced(async (about) => {
      await question(about);
      if (source?.readyState === EventSource.OPEN) found();
    }, busy, lost);

    function listen() {
      source?.close();
      source = new EventSource("/api/v1/events");
      source.onopen = () => {
        found();
        ask();
      };
      source.onerror = () => {
        lost();
        if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
      };
      for (const kind of kinds) source.addEventListener(kind, () => ask());
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
    return ask;
  }

  return { send, answered, follow };
})();
