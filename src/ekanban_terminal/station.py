"""The station: a reading becomes a verdict, is stored, and only then may be shown (promises 1 and 2).

Clock, randomness, store and register are arguments; the same station runs in the deterministic simulation. It works
where its journal is (`store.Run`): from the reading to the commit nothing waits for another thread.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from ekanban_core.decision import Decision, Known
from ekanban_core.effects import Target
from ekanban_core.facts import Message, ScanFact
from ekanban_core.ids import uuid7
from ekanban_core.offline import verdict
from ekanban_core.reading import CardRead, CommandRead, Reading, Unreadable, read
from ekanban_core.states import Colour, Intent
from ekanban_core.texts import gettext as _
from ekanban_core.texts import translations
from ekanban_core.wire import MOST_RAW, RegisterCard, ScanMessage
from ekanban_terminal import entries
from ekanban_terminal.beliefs import After, Beliefs, after_from_json, after_to_json, for_undo
from ekanban_terminal.central_time import CentralTime
from ekanban_terminal.clock import Clock, rfc3339
from ekanban_terminal.entries import Reader
from ekanban_terminal.errors import JournalError, JournalFull, TerminalError
from ekanban_terminal.journal_types import Draft, Kept
from ekanban_terminal.state import Entry
from ekanban_terminal.station_memory import LastRead, LastScan, Memory
from ekanban_terminal.store import Store

NO_EPOCH = "0" * 32  # the journal gives epoch and sequence number
UNDO_CODE = b"EKC-UNDO"
OLDEST_READING_S = 60.0  # a time stamp further back is not one of this clock
FORESEEN_S = 0.5  # a reading whose end comes later after its last character is judged anew


class NothingToUndo(TerminalError):
    """There is nothing to take back: only this station's last scan, within two minutes, and only once."""


@dataclass(frozen=True, slots=True)
class Input:
    """One reading, from a scanner or from the local API (whose scanner is "")."""

    raw: bytes
    scanner: str = ""
    intent: Intent | None = None  # what it means, where the scanner's role or the caller says so
    symbology: str | None = None
    at: float | None = None  # monotonic seconds of its last character; a terminator adds nothing to it
    suspect: bool = False  # its beginning may be missing: only a check character proves it
    error: Message | None = None  # it is no scan, and why
    replays: str | None = None  # the dead scan that it is read again for


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a reading. `stored` is False when it does not count; then nothing may be shown green."""

    entry: Entry
    stored: bool
    full: bool = False  # not stored because a limit is reached


@dataclass(frozen=True, slots=True)
class Setting:
    """What a station is set to."""

    name: str
    intent: Intent
    intents: dict[str, Intent]  # by scanner
    window_s: float


def _tell_nobody(_taken: Taken) -> None:
    """For who only waits for take_here to return."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A reading understood, before it is stored."""

    scan_id: str
    input: Input
    read: Reading
    intent: Intent
    at: float
    ago_ms: int  # from then until it was understood
    boottime_ms: int  # the boot clock then
    commanded: bool = False
    duplicate: LastRead | None = None
    undoes: LastScan | None = None


@dataclass(frozen=True, slots=True)
class _Judged:
    """A reading judged: all that is stored of it, and all that is remembered when it was."""

    plan: _Plan
    found: RegisterCard | None
    decision: Decision
    after: After | None
    entry: Entry
    draft: Draft


@dataclass(frozen=True, slots=True)
class _Foreseen:
    """A reading that has not come yet, judged as if it had."""

    given: Input
    standing: tuple[object, ...]  # what the judgement stands on
    judged: _Judged


class Station:
    """Takes readings one after the other, in the order in which they come: `take_here` is for one thread at a time."""

    def __init__(
        self,
        setting: Setting,
        *,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        store: Store,
        beliefs: Beliefs,
        time: CentralTime,
        reader: Callable[[], Reader],
        terminal: Callable[[], str],
    ) -> None:
        self.setting = setting
        self._clock = clock
        self._random_bytes = random_bytes
        self._store = store
        self._beliefs = beliefs
        self._time = time
        self._reader = reader
        self._terminal = terminal
        self._memory = Memory(setting.window_s)
        self._foreseen: _Foreseen | None = None
        self._running: set[asyncio.Task[Taken]] = set()

    async def take(self, given: Input) -> Taken:
        """Take a reading. When this returns `stored`, it is on the disk. Whoever waits may give up; this goes on."""
        task = asyncio.ensure_future(self._store.do(partial(self.take_here, given)))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    def take_here(self, given: Input, tell: Callable[[Taken], None] = _tell_nobody) -> Taken:
        """Take a reading, from work that is where the journal is; see take.

        tell: told what became of it as soon as that is certain.
        """
        judged = self._as_foreseen(given) or self._judged(given)
        try:
            self._store.append_here(judged.draft)
        except JournalError as error:
            taken = self._refused(judged.plan, judged.found, error)
            tell(taken)
            return taken
        taken = Taken(judged.entry, True)
        try:
            tell(taken)
        finally:
            self._remember(judged.plan, judged.decision, judged.after)
        return taken

    def foresee_here(self, given: Input) -> None:
        """Judge a reading that is likely to be the next, from work that is where the journal is.

        Nothing is stored, shown or remembered. When the same reading comes next, and nothing that the judgement stands
        on has changed, it only needs to be stored; else it is as if nobody had foreseen anything.
        """
        self._foreseen = None
        standing = self._standing()  # before it is looked at
        if None in standing or not self._is_fresh(given):
            return
        judged = self._judged(given)
        with suppress(JournalError):  # the reading itself will tell
            self._store.prepare_here(judged.draft)
            self._foreseen = _Foreseen(given, standing, judged)

    def _as_foreseen(self, given: Input) -> _Judged | None:
        """The judgement of this very reading, if it was foreseen; none outlives the next reading, whatever that is."""
        foreseen, self._foreseen = self._foreseen, None
        if foreseen is None or foreseen.given != given or not self._is_fresh(given):
            return None
        return foreseen.judged if foreseen.standing == self._standing() else None

    def _is_fresh(self, given: Input) -> bool:
        """Whether it is known when its last character came, and that is a moment ago."""
        return given.at is not None and 0 <= self._clock.monotonic() - given.at <= FORESEEN_S

    def _standing(self) -> tuple[object, ...]:
        """Everything besides the reading that a judgement stands on and that may change; None: it is changing now.

        How people read here is a setting, or the register's.
        """
        beliefs = self._beliefs
        return (self._memory.mark, beliefs.mark, beliefs.register.mark, self._time.mark, self._terminal())

    def _judged(self, given: Input) -> _Judged:
        plan = self._plan(given)
        found, known, decision = self._judge(plan)
        policy, reader = known.policy if known else None, self._reader_at(plan)
        entry = entries.shown(plan.scan_id, plan.read, plan.intent, decision, found, policy, reader)
        after = None if plan.duplicate else After.of(decision)
        draft = Draft(
            message=self._message(plan, decision),
            shown=entry.model_dump_json(),
            green=entry.colour is Colour.GREEN,
            body=_body(plan),
            after=after_to_json(after) if after else None,
            replays=given.replays,
        )
        return _Judged(plan, found, decision, after, entry, draft)

    async def undo(self) -> Taken:
        """Take back the station's last scan. Raises NothingToUndo, and then nothing is stored."""
        if self._memory.undoable(self._clock.monotonic()) is None:
            raise NothingToUndo(_("There is nothing to take back: only the last scan, within two minutes, and once."))
        return await self.take(Input(UNDO_CODE, intent=Intent.UNDO))

    async def replay(self, dead: Kept) -> Taken:
        """Read a dead scan again: same bytes and intent, a new scan of now."""
        message = dead.message
        given = Input(message.content, message.scanner, message.intent, message.symbology, replays=dead.id)
        return await self.take(given)

    def remember(self, newest: Sequence[Kept], overlays: Iterable[tuple[str, str, str]]) -> None:
        """After a restart: the station's last scan, if it is of this boot, may still be taken back.

        `newest`: the journal's newest scans, newest first. `overlays`: see Journal.overlays.
        """
        counted = (one for one in newest if one.message.duplicate_of is None and not _is_command(one.message))
        kept = next(counted, None)
        if kept is None or kept.message.boot_id != self._clock.boot_id or kept.message.intent is Intent.UNDO:
            return
        age_s = (self._clock.boottime_ms() - kept.message.boottime_ms) / 1000
        after = next((content for _body, scan_id, content in overlays if scan_id == kept.id), None)
        found = after_from_json(after) if after else None
        body, effect = (found.card.body, found.effect) if found else (None, None)
        self._memory.happened(LastScan(kept.id, body, effect, self._clock.monotonic() - age_s))

    def _plan(self, given: Input) -> _Plan:
        """Understand the reading and what is meant by it."""
        now = self._clock.monotonic()
        at = given.at if given.at is not None and 0 <= now - given.at <= OLDEST_READING_S else now
        ago_ms = round((now - at) * 1000)
        then = (at, ago_ms, max(0, self._clock.boottime_ms() - ago_ms))
        understood = self._understand(given)
        scan_id = uuid7(self._clock.wall_ms(), self._random_bytes)
        role = given.intent or self.setting.intents.get(given.scanner, self.setting.intent)
        if isinstance(understood, CommandRead) and understood.intent is Intent.UNDO:
            role = Intent.UNDO
        if role is Intent.UNDO:
            return _Plan(scan_id, given, understood, role, *then, undoes=self._memory.undoable(at))
        if not isinstance(understood, CardRead):
            return _Plan(scan_id, given, understood, role, *then)
        command = self._memory.command(given.scanner, at) if given.intent is None else None
        intent, commanded = command or role, command is not None or given.intent is not None
        duplicate = None
        if given.replays is None:
            duplicate = self._memory.double(given.scanner, understood.body, intent, commanded, at)
        if duplicate:
            intent = duplicate.intent
        return _Plan(scan_id, given, understood, intent, *then, command is not None, duplicate)

    def _understand(self, given: Input) -> Reading:
        understood = read(given.raw, self._beliefs.register.alias)
        if given.error is not None:
            return Unreadable(given.error, understood.text)
        if len(given.raw) > MOST_RAW:
            return Unreadable(Message("reading_too_long", {"got": len(given.raw)}), understood.text)
        if given.suspect and isinstance(understood, CardRead) and understood.version is None:
            return Unreadable(Message("unreadable"), understood.text)
        return understood

    def _judge(self, plan: _Plan) -> tuple[RegisterCard | None, Known | None, Decision]:
        body = _body(plan)
        found, known = self._beliefs.known(body) if body else (None, None)
        target = Target(plan.undoes.scan_id, plan.undoes.effect) if plan.undoes else None
        if known and plan.undoes:
            known = for_undo(known, plan.undoes.scan_id)
        scan = ScanFact(
            id=plan.scan_id,
            terminal=self._terminal(),
            intent=plan.intent,
            at=self._time.moment(self._terminal(), plan.boottime_ms, plan.ago_ms),
            version=plan.read.version if isinstance(plan.read, CardRead) else None,
            shown=None,
            target=plan.undoes.scan_id if plan.undoes else None,
            duplicate_of=plan.duplicate.scan_id if plan.duplicate else None,
        )
        decision = verdict(plan.read, known, scan, target, loaded=self._beliefs.loaded)
        return found, known, self._saying_who(decision, known, found)

    def _saying_who(self, decision: Decision, known: Known | None, found: RegisterCard | None) -> Decision:
        """Say who opened the signal: this station, or whom the register names."""
        if known is None or known.signal is None or found is None:
            return decision
        if self._beliefs.opened_here(known.card.body, known.signal.id):
            return decision.saying(by=self.setting.name)
        by = found.signal.opened_at if found.signal and found.signal.id == known.signal.id else ""
        return decision.saying(by=by) if by else decision

    def _message(self, plan: _Plan, decision: Decision) -> ScanMessage:
        return ScanMessage(
            id=plan.scan_id,
            epoch=NO_EPOCH,
            seq=1,
            raw=base64.b64encode(plan.input.raw[:MOST_RAW]).decode("ascii"),
            symbology=(plan.input.symbology or None) and str(plan.input.symbology)[:8],
            scanner=plan.input.scanner[:200],
            intent=plan.intent,
            target=plan.undoes.scan_id if plan.undoes else None,
            duplicate_of=plan.duplicate.scan_id if plan.duplicate else None,
            local_outcome=decision.outcome,
            register_cursor=self._beliefs.register.about.cursor_at(plan.boottime_ms),
            scanned_at=rfc3339(self._clock.wall_ms() - plan.ago_ms),
            boot_id=self._clock.boot_id,
            boottime_ms=plan.boottime_ms,
        )

    def _reader_at(self, plan: _Plan) -> Reader:
        """How people read here, at the time of the reading."""
        reader = self._reader()
        return Reader(reader.language, reader.zone, reader.now_ms - plan.ago_ms)

    def _refused(self, plan: _Plan, found: RegisterCard | None, error: JournalError) -> Taken:
        says = translations(self._reader().language).gettext
        why = says(_("Not stored, it does not count. Call your supervisor, then scan again."))
        entry = entries.not_stored(plan.scan_id, plan.read, plan.intent, found, why, self._reader().now_ms)
        return Taken(entry, False, full=isinstance(error, JournalFull))

    def _remember(self, plan: _Plan, decision: Decision, after: After | None) -> None:
        scanner, at = plan.input.scanner, plan.at
        if plan.intent is Intent.UNDO:
            self._memory.happened(None)
        elif isinstance(plan.read, CommandRead):
            self._memory.command_read(scanner, plan.read.intent, at)
            return
        elif isinstance(plan.read, CardRead):
            first = plan.duplicate
            newest = replace(first, at=at) if first else LastRead(plan.scan_id, plan.intent, plan.commanded, at)
            self._memory.card_read(scanner, plan.read.body, newest)
        if plan.duplicate:
            return
        if plan.intent is not Intent.UNDO:
            self._memory.happened(LastScan(plan.scan_id, _body(plan), decision.effect, at))
        if after is not None:
            self._beliefs.note(plan.scan_id, after)


def correct(message: ScanMessage, shown: str, says: entries.Says = str) -> tuple[ScanMessage, str]:
    """A scan whose commit failed and which is stored all the same: people were told that it does not count."""
    entry = Entry.model_validate_json(shown)
    told = entries.not_stored(
        entry.id,
        Unreadable(Message("unreadable"), entry.code),
        entry.intent,
        None,
        says(_("Not stored at once: scan again if it is still needed.")),
        entry.at_ms,
    )
    return message.model_copy(update={"local_outcome": told.outcome}), told.model_dump_json()


def _is_command(message: ScanMessage) -> bool:
    """Whether it was a command card, which is for the next card and nothing to take back; an undo is not meant."""
    return message.intent is not Intent.UNDO and isinstance(read(message.content), CommandRead)


def _body(plan: _Plan) -> str | None:
    """The card that this is about: the one read, or the one whose scan is taken back."""
    if plan.intent is Intent.UNDO:
        return plan.undoes.body if plan.undoes else None
    return plan.read.body if isinstance(plan.read, CardRead) else None
