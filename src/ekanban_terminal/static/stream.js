// Follows /events for as long as the page is open, and says when it no longer hears anything.

const SILENCE_MS = 15_000; // three beats of the service
const LOST_MS = 3_000; // a broken connection is mended at once or said
const AGAIN_MS = 2_000;

export function follow(on) {
  let source = null;
  let first = true; // of this connection
  let again = 0;
  let silence = 0;
  let broken = 0;

  function heard() {
    clearTimeout(silence);
    clearTimeout(broken);
    broken = 0;
    silence = setTimeout(lost, SILENCE_MS);
    on.found();
  }

  function lost() {
    on.lost();
    open();
  }

  function open() {
    source?.close();
    clearTimeout(again);
    first = true;
    source = new EventSource("/events");
    source.addEventListener("state", (event) => {
      heard();
      on.state(JSON.parse(event.data), first);
      first = false;
    });
    source.addEventListener("beat", (event) => {
      heard();
      on.beat(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      first = true;
      broken ||= setTimeout(on.lost, LOST_MS);
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS); // answered, but not with a stream
    });
  }

  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && open());
  silence = setTimeout(lost, SILENCE_MS);
  open();
}
