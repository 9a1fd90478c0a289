"""Planted bugs of the station, the courier and what it believes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from ekanban_core.states import Outcome
from ekanban_core.wire import ScanResult
from ekanban_terminal import delivery, exchange, station_memory
from ekanban_terminal.backoff import Backoff
from ekanban_terminal.courier import Courier
from ekanban_terminal.delivery import Delivery
from ekanban_terminal.journal_types import Batch
from ekanban_terminal.register import About, Register
from ekanban_terminal.register_loader import RegisterLoader
from ekanban_terminal.station import Station
from ekanban_terminal.station_memory import LastRead, LastScan, Memory
from simulation.planted import bug, patched, together

Patch = AbstractContextManager[Any]


@bug("a scan is forgotten when it is sent")
def forgotten_on_send() -> Patch:
    send = Delivery.send

    async def forgetful(self: Delivery, batch: Batch) -> float:
        journal = self._store._journal
        with journal._file.writing() as connection:
            for scan in batch.scans:
                connection.execute("UPDATE scan SET state = 'taken', answered_ms = 0 WHERE id = ?", (scan.id,))
            journal.counts = journal._counted(connection)
        return await send(self, batch)

    return patched(Delivery, "send", forgetful)


@bug("a whole batch counts as taken where only a part was answered")
def whole_batch_acked() -> Patch:
    take = Delivery._take

    async def whole(self: Delivery, answer: Any, answered: Any, sent: Any) -> bool:
        missing = {message.id for message in sent} - {result.id for result in answer.results}
        if answer.results:
            more = [ScanResult(id=one, outcome=Outcome.OPENED, message="") for one in sorted(missing)]
            answer = answer.model_copy(update={"results": [*answer.results, *more]})
        return await take(self, answer, answered, sent)

    return patched(Delivery, "_take", whole)


@bug("a reading that waited bears the register's cursor of when it was stored")
def cursor_of_storing_time() -> Patch:
    return patched(About, "cursor_at", lambda self, _boottime_ms: self.cursor or None)


@bug("any 200 is believed, signed or not")
def portal_believed() -> Patch:
    check = exchange.check_answer

    def lenient(verify: Any, key: str, status: int, headers: Any, *rest: Any) -> None:
        if any(name.lower() == b"signature" for name, _ in headers) or status != 200:
            check(verify, key, status, headers, *rest)

    return patched(exchange, "check_answer", lenient)


@bug("the answer of any key is believed")
def stranger_believed() -> Patch:
    check = exchange.check_answer

    def lenient(verify: Any, key: str, status: int, headers: Any, *rest: Any) -> None:
        if not any(name.lower() == b"signature" for name, _ in headers):
            check(verify, key, status, headers, *rest)

    return patched(exchange, "check_answer", lenient)


@bug("the courier ends with the first exchange that fails")
def courier_stops() -> Patch:
    async def once(self: Courier) -> None:
        delay = 0.0
        while not self._relation.failures:
            delay = await self.step()
            await self._sleep(delay)

    return patched(Courier, "run", once)


@bug("the waiting between tries grows without bound and is never reset")
def backoff_never_resets() -> Patch:
    def failed(self: Backoff) -> float:
        self.failures += 1
        return float(0.5 * 2 ** min(self.failures, 20))

    return together(patched(Backoff, "failed", failed), patched(Backoff, "worked", lambda _self: None))


@bug("one scan that cannot be taken holds up all behind it")
def head_of_line_blocked() -> Patch:
    async def never(_self: Delivery, _batch: Batch) -> bool:
        return False

    return patched(Delivery, "_poisoned", never)


@bug("a scan is given up at the first status that might be about it")
def given_up_at_once() -> Patch:
    return together(patched(delivery, "STRIKES", 1), patched(delivery, "PROOFS", 0))


@bug("the register is not loaded again when central was restored")
def register_not_reloaded() -> Patch:
    def since(self: RegisterLoader) -> str:
        about, relation = self._register.about, self._relation
        if not about.generation or relation.generation in (None, about.generation):
            return about.cursor
        return f"{relation.generation}:{min(about.position, relation.position or 0)}"

    return patched(RegisterLoader, "_since", since)


@bug("changes of the register are noted as read and not stored")
def register_changes_lost() -> Patch:
    put = Register._put

    def careless(self: Register, connection: Any, page: Any) -> None:
        put(self, connection, page if page.full else type(page)(**{**_fields(page), "cards": page.cards[1:]}))

    return patched(Register, "_put", careless)


@bug("double reads are told apart by the wall clock")
def double_reads_by_wall_clock() -> Patch:
    begin = Station.__init__

    class WallMemory(Memory):
        def __init__(self, window_s: float, clock: Any) -> None:
            super().__init__(window_s)
            self._clock = clock

        def double(self, scanner: str, body: str, intent: Any, commanded: bool, at: float) -> LastRead | None:
            return super().double(scanner, body, intent, commanded, self._clock.wall_ms() / 1000)

        def card_read(self, scanner: str, body: str, read: LastRead) -> None:
            wall = LastRead(read.scan_id, read.intent, read.by_command, self._clock.wall_ms() / 1000)
            super().card_read(scanner, body, wall)

    def with_wall(self: Station, setting: Any, **arguments: Any) -> None:
        begin(self, setting, **arguments)
        self._memory = WallMemory(setting.window_s, arguments["clock"])

    return patched(Station, "__init__", with_wall)


@bug("a terminal whose clock is unset looks for news of the register less often")
def register_waits_for_the_clock() -> Patch:
    went_on = RegisterLoader.ledger_went_on

    def with_clock(self: RegisterLoader) -> None:
        if self._clock.wall_ms() > 1_700_000_000_000:
            went_on(self)

    return patched(RegisterLoader, "ledger_went_on", with_clock)


@bug("what was judged ahead counts, whatever was read or heard since")
def judged_ahead_for_ever() -> Patch:
    judge = Station._as_foreseen

    def kept(self: Station, given: Any) -> Any:
        before = self._foreseen
        found = judge(self, given)
        if found is None and before is not None and before.given != given:
            self._foreseen = before
        return found

    return together(patched(Station, "_as_foreseen", kept), patched(Station, "_standing", lambda _self: ()))


@bug("a command card holds until the next one")
def command_never_lapses() -> Patch:
    return patched(station_memory, "COMMAND_S", 1e9)


@bug("undo takes back the scan before the last one")
def undo_of_the_wrong_scan() -> Patch:
    happened = Memory.happened

    def behind(self: Memory, last: LastScan | None) -> None:
        before, self._newest = getattr(self, "_newest", None), last  # type: ignore[attr-defined]  # planted
        happened(self, before if before and last else last)

    return patched(Memory, "happened", behind)


@bug("undo after an undo takes the same scan back once more")
def undo_twice() -> Patch:
    happened = Memory.happened

    def remembering(self: Memory, last: LastScan | None) -> None:
        if last is not None:
            happened(self, last)

    return patched(Memory, "happened", remembering)


@bug("undo has no time limit")
def undo_for_ever() -> Patch:
    return patched(station_memory, "UNDO_S", 1e9)


def _fields(page: Any) -> dict[str, Any]:
    return {name: getattr(page, name) for name in page.__dataclass_fields__}
