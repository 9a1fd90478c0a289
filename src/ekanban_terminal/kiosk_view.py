"""A KioskState made ready for the eye: every sentence, time and choice that the kiosk page shows.

The page's template and its JavaScript read the same view by the same paths ("last.word"), so that a page drawn by the
server and one that followed the events for a month are alike. Pure: the caller gives the wall clock.
"""

from __future__ import annotations

from datetime import UTC, datetime
from gettext import NullTranslations
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ekanban_core.states import Intent, Outcome
from ekanban_terminal import kiosk_words as words
from ekanban_terminal.kiosk_calendar import full_date, short_day
from ekanban_terminal.kiosk_shape import (
    CalmView,
    ChoiceView,
    ClockView,
    PrintView,
    RefusedView,
    ScanView,
    StatusView,
    Tone,
    View,
)
from ekanban_terminal.kiosk_text import dotted, printable, short_code
from ekanban_terminal.printing.jobs import State
from ekanban_terminal.state import Entry, KioskState, PrintShown, ScannerShown

FADE_MS = 20_000  # how long the last scan stays before the calm state returns
UNDO_MS = 120_000  # how long a scan may be taken back (language.md, Undo)
ROWS = 10
SCANNERS = 2  # that have room in the status strip
NEARLY_FULL = 0.8  # share of the limit from which the queue is shown amber
CHOICES = 6  # cards to choose from at a time
GOES_ON = (State.QUEUED, State.SENDING, State.ASKED)
PRINT_TONES: dict[State, Tone] = {
    State.QUEUED: "blue",
    State.SENDING: "blue",
    State.ASKED: "blue",
    State.DONE: "green",
    State.VOID: "red",
    State.UNKNOWN: "amber",
    State.FAILED: "red",
}
# For a bin without a card: green would look like ordered, and what failed is reported all the same.
MISSING_TONES: dict[State, Tone] = {**PRINT_TONES, State.DONE: "amber", State.FAILED: "amber"}
SENTENCE = 320  # most characters of one
CHANGES_SOMETHING = {  # and can therefore be taken back
    Outcome.OPENED,
    Outcome.ADVANCED,
    Outcome.RECEIVED,
    Outcome.STALE_PRINT,
    Outcome.OUT_OF_SEQUENCE,
}


def view(state: KioskState, now_ms: int, texts: NullTranslations) -> View:
    """Make the view of a state, `now_ms` by the terminal's wall clock."""
    return _Maker(state, now_ms, texts).view()


def clock_of(state: KioskState, now_ms: int, texts: NullTranslations) -> ClockView:
    """Make the clock alone: it goes on while nothing else changes."""
    now = _local(now_ms, _zone(state.time_zone))
    return ClockView(clock=f"{now:%H:%M}", date=full_date(now, texts.gettext))


class _Maker:
    """What all the pieces of one view need: texts, language, zone, now."""

    def __init__(self, state: KioskState, now_ms: int, texts: NullTranslations) -> None:
        self.state = state
        self.now_ms = now_ms
        self.texts = texts
        self._ = texts.gettext
        self.zone = _zone(state.time_zone)

    def view(self) -> View:
        state, last = self.state, self.state.last
        age_ms = self.now_ms - last.at_ms if last else -1
        print_age_ms = self.now_ms - state.printed.at_ms if state.printed else -1
        fresh_ms = max(_left(age_ms), _left(print_age_ms))
        stop = next((alarm.text for alarm in state.alarms if alarm.stop), "")
        notices = [alarm.text for alarm in state.alarms if not alarm.stop] + self.dead()
        time = clock_of(state, self.now_ms, self.texts)
        return View(
            clock=time.clock,
            date=time.date,
            plant=printable(state.plant),
            station=printable(state.station.name),
            face="alarm" if stop else self.face(age_ms, print_age_ms),
            calm=self.calm(),
            last=self.scan(last),
            print=self.printed(state.printed or next(iter(state.asked), None)),
            rows=_padded([self.scan(entry) for entry in state.scans[:ROWS]], ROWS, ScanView()),
            scanners=_padded(self.scanners(), SCANNERS, StatusView()),
            printer=self.printer(),
            prints=state.prints,
            choices=_padded(self.choices(), CHOICES, ChoiceView()),
            question=self.printed(next(iter(state.asked), None)),
            central=self.central(),
            alarm=printable(stop, SENTENCE),
            notices=_padded([printable(text, SENTENCE) for text in notices[:2]], 2, ""),
            refused=self.refused(),
            connected=state.central.state == "online",
            fresh_ms=fresh_ms,
            undo_ms=self.undo_ms(last, age_ms),
        )

    def face(self, age_ms: int, print_age_ms: int) -> Literal["calm", "last", "print"]:
        """Whichever happened last; what asks, or is under way, stays until a scan comes."""
        fresh, printed = _left(age_ms), self.state.printed
        if fresh and (printed is None or age_ms <= print_age_ms):
            return "last"
        going = self.state.asked or (printed is not None and printed.state in GOES_ON)
        return "print" if going or _left(print_age_ms) else "last" if fresh else "calm"

    def printed(self, one: PrintShown | None) -> PrintView:
        if one is None:
            return PrintView()
        headline, why = printable(one.part or one.code), printable(one.message, SENTENCE)
        word = words.print_word(one.state, self._, one.missing)
        where, beside = printable(one.destination), printable(one.bin)
        tones = PRINT_TONES if one.missing is None else MISSING_TONES
        return PrintView(
            id=one.id,
            tone=tones[one.state],
            icon="clock" if one.state is State.DONE and one.missing is not None else words.PRINT_ICONS[one.state],
            word=word,
            headline=headline,
            description=printable(one.description),
            amount=self.amount(one),
            source=printable(one.source),
            destination=f"{where} ·" if where and beside else where or beside,
            bin=beside if where else "",
            why=why,
            time=self.time(one.at_ms),
            spoken=_spoken(word, headline, why),
            asks=one.state is State.UNKNOWN,
            goes_on=one.state in GOES_ON,
        )

    def choices(self) -> list[ChoiceView]:
        """The last cards scanned here, each once."""
        known = {entry.card: entry for entry in reversed(self.state.scans) if entry.card and entry.part}
        newest = sorted(known.values(), key=self.state.scans.index)
        return [
            ChoiceView(
                card=entry.card or "",
                headline=printable(entry.part),
                description=printable(entry.description),
                way=dotted(entry.destination, entry.bin, short_code(entry.card or "")),
            )
            for entry in newest[:CHOICES]
        ]

    def printer(self) -> StatusView:
        printer = self.state.printer
        if printer is None:
            return StatusView()
        word = words.printer_word(printer.state, self._)
        text = printable(f"{word}. {printer.text}" if printer.text else word, SENTENCE)
        tone: Tone = {"ready": "green", "not_ready": "amber", "unknown": "grey"}[printer.state]  # type: ignore[assignment]
        icon = "alert" if printer.state == "not_ready" else "printer"
        return StatusView(tone=tone, icon=icon, name=printable(printer.name), text=text)

    def scan(self, entry: Entry | None) -> ScanView:
        if entry is None:
            return ScanView()
        code = self._("Undo") if entry.intent is Intent.UNDO else entry.code  # the key's own code is no news to anyone
        headline = printable(entry.part or code)
        word = words.word(entry, self._)
        why = printable(entry.message, SENTENCE)
        where, beside = printable(entry.destination), printable(entry.bin)
        if not where:
            where, beside = beside, ""
        return ScanView(
            id=entry.id,
            card=(entry.card or "") if entry.part else "",
            tone="pending" if words.is_pending(entry) else entry.colour.value,
            icon=words.icon(entry),
            word=word,
            headline=headline,
            description=printable(entry.description) if entry.part else "",
            amount=self.amount(entry),
            source=printable(entry.source),
            destination=f"{where} ·" if beside else where,
            bin=beside,
            why=why,
            time=self.time(entry.at_ms),
            spoken=_spoken(word, headline, why),
        )

    def amount(self, entry: Entry | PrintShown) -> str:
        if entry.quantity is None:
            return printable(entry.container)
        return dotted(f"{entry.quantity} {entry.unit}".rstrip(), entry.container)

    def time(self, ms: int) -> str:
        """Hours and minutes; the day of the week as well when it was another day."""
        then, now = _local(ms, self.zone), _local(self.now_ms, self.zone)
        if then.date() == now.date():
            return f"{then:%H:%M}"
        return f"{short_day(then, self._)} {then:%H:%M}"

    def undo_ms(self, last: Entry | None, age_ms: int) -> int:
        if last is None or last.intent is Intent.UNDO or last.outcome not in CHANGES_SOMETHING or last.colour == "red":
            return 0
        return max(0, UNDO_MS - age_ms) if age_ms >= 0 else 0

    def calm(self) -> CalmView:
        _, scanners = self._, self.state.scanners
        if not scanners:
            return CalmView(tone="amber", icon="scanner", title=_("No scanner is set up"), text=self.state.station.does)
        if any(scanner.state == "ready" for scanner in scanners):
            return CalmView(title=_("Scan a card"), text=printable(self.state.station.does, SENTENCE))
        first = scanners[0]
        title = _("No scanner is ready") if len(scanners) > 1 else _("The scanner is not ready")
        return CalmView(tone="amber", icon="alert", title=title, text=printable(first.text, SENTENCE))

    def scanners(self) -> list[StatusView]:
        """Show the scanners, those with trouble first; the last place counts those that have no room."""
        some = sorted(self.state.scanners, key=lambda scanner: scanner.state == "ready")
        shown = [self.scanner(scanner) for scanner in some[:SCANNERS]]
        if len(some) > SCANNERS:
            more = some[SCANNERS - 1 :]
            ready = sum(scanner.state == "ready" for scanner in more)
            text = self._("{ready} of {count} ready").format(ready=ready, count=len(more))
            tone: Tone = "green" if ready == len(more) else "amber"
            shown[-1] = StatusView(tone=tone, name=self._("More scanners"), text=text)
        return shown

    def scanner(self, scanner: ScannerShown) -> StatusView:
        word = words.scanner_word(scanner.state, self._)
        if scanner.state == "ready":
            return StatusView(tone="green", name=printable(scanner.name), text=word)
        text = printable(f"{word}. {scanner.text}" if scanner.text else word, SENTENCE)
        return StatusView(tone="amber", icon="alert", name=printable(scanner.name), text=text)

    def central(self) -> StatusView:
        _, stored, central = self._, self.state.stored, self.state.central
        since = self.time(central.since_ms)
        queue = _stored_sentence(stored, self.state.limit, _)
        full = stored >= NEARLY_FULL * self.state.limit
        tone: Tone = "amber" if full else "grey"
        match central.state:
            case "online" if not stored:
                return StatusView(tone="green", icon="link", name=_("Connected"), text=_("Everything is sent."))
            case "online":
                return StatusView(
                    tone=tone, icon="link", name=_("Connected"), text=_("Sending {count}.").format(count=stored)
                )
            case "offline":
                text = _("No connection since {time}.").format(time=since)
                return StatusView(tone=tone, icon="inbox", name=queue, text=text)
            case "refused":
                text = _("Stored here: {count}. Call a supervisor.").format(count=stored)
                return StatusView(tone="red", icon="stop", name=_("Central refuses this terminal"), text=text)
            case "pending":
                text = _("Stored here: {count}. A supervisor has to approve this terminal.").format(count=stored)
                return StatusView(tone="amber", icon="clock", name=_("Not approved yet"), text=text)
            case "never":
                text = _("Stored here: {count}. Enrol this terminal at a central.").format(count=stored)
                return StatusView(tone="amber", icon="silent", name=_("Not enrolled yet"), text=text)

    def dead(self) -> list[str]:
        count = self.state.dead
        return [self._("Not taken by central: {count}. Call a supervisor.").format(count=count)] if count else []

    def refused(self) -> RefusedView:
        refused = self.state.refused
        if not refused:
            return RefusedView()
        oldest = min(refused, key=lambda entry: entry.at_ms)
        title = self._("Refused at central: {count}").format(count=len(refused))
        return RefusedView(count=len(refused), title=title, scan=self.scan(oldest))


def _stored_sentence(stored: int, limit: int, _: words.Gettext) -> str:
    if not stored:
        return _("Scans are stored here.")
    if stored >= NEARLY_FULL * limit:
        return _("Stored here: {count} of at most {limit}.").format(count=stored, limit=limit)
    return (_("Stored here: {count}. It will be sent.") if stored == 1
            else _("Stored here: {count}. They will be sent.")).format(count=stored)  # fmt: skip


def _left(age_ms: int) -> int:
    """How much longer something of that age is shown."""
    return FADE_MS - age_ms if 0 <= age_ms < FADE_MS else 0


def _spoken(*texts: str) -> str:
    return ". ".join(text.rstrip(".") for text in texts if text) + "."


T = TypeVar("T")


def _padded(items: list[T], places: int, empty: T) -> tuple[T, ...]:
    return tuple(items + [empty] * (places - len(items)))


def _local(ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # the plant's zone is central's word; a page must come all the same
        return ZoneInfo("UTC")
