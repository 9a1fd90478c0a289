"""A dead terminal's journal is imported: its scans go through the same intake, once, in a person's name (promise 4)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from central_plant import START_MS, TABLES, Plant, Terminal, outcomes
from journal_files import export, first_release, opened, stored, text, things
from sqlalchemy import insert

from ekanban_central.import_rows import Import
from ekanban_central.imported import ImportState
from ekanban_central.imports import Imports, Wish
from ekanban_central.ledger import Actor
from ekanban_central.replay import replay_site
from ekanban_core.states import TerminalState

ANNA = UUID("019caea2-5480-7238-abc9-f3c67d99e125")
CENTRAL = "central-key"
Bring = Callable[..., Import]


@pytest.fixture
def bring(plant: Plant) -> Iterator[Bring]:
    """Anna imports a file, and waits for its end."""
    row = {"id": ANNA, "name": "anna", "display_name": "Anna Arndt", "role": "supervisor", "active": True}
    with plant.database.transaction() as connection:
        connection.execute(insert(TABLES["person"]), [row])
    imports = Imports(plant.database, plant.intake.take, lambda *_: None, lambda: plant.now, plant.random, CENTRAL)

    def do(content: bytes, **wish: Any) -> Import:
        wanted = Wish(plant.site_id, Actor.person(ANNA), "journal.jsonl", **wish)
        key, ended = imports.begin(wanted, opened(content))
        ended.result(120)
        found = imports.read(plant.site_id, key)
        assert found is not None
        return found

    yield do
    imports.stop()


@pytest.fixture
def line(plant: Plant) -> Terminal:
    return plant.terminal("Line 1")


def dead_scans(line: Terminal, cards: Sequence[str]) -> list[dict[str, Any]]:
    """A scan of each card, two seconds apart."""
    made = []
    for card in cards:
        line.plant.pass_s(2)
        made.append(line.scan(card))
    return made


def rebuilt(plant: Plant) -> None:
    """The ledger alone gives cards and signals (promise 20)."""
    with plant.database.reading() as connection:
        state = replay_site(connection, plant.site_id)
    assert {key: one["state"] for key, one in state.signals.items()} == {
        str(row["id"]): row["state"] for row in plant.rows("signal")
    }
    assert {body: (one["last_scan_ms"], one["last_signal"]) for body, one in state.cards.items()} == {
        row["body"]: (row["last_scan_ms"], row["last_signal"] and str(row["last_signal"])) for row in plant.rows("card")
    }


def test_what_a_dead_terminal_had_stored_is_ordered(plant: Plant, line: Terminal, bring: Bring) -> None:
    scans = dead_scans(line, plant.cards)

    found = bring(export(line, scans))

    assert (found.state, found.done, found.new, found.repeated) == (ImportState.DONE, 5, 5, 0)
    assert (found.terminal, found.person, found.outcomes) == ("Line 1", "Anna Arndt", {"opened": 5})
    assert {str(row["id"]) for row in plant.rows("signal")} == {scan["id"] for scan in scans}
    assert {row["opened_terminal"] for row in plant.rows("signal")} == {line.id}
    rebuilt(plant)


def test_the_same_file_again_changes_nothing(plant: Plant, line: Terminal, bring: Bring) -> None:
    content = export(line, dead_scans(line, plant.cards))
    bring(content)
    before = plant.rows("signal"), plant.rows("card")

    again = bring(content)

    assert (again.state, again.new, again.repeated) == (ImportState.DONE, 0, 5)
    assert (plant.rows("signal"), plant.rows("card")) == before
    rebuilt(plant)


def test_what_had_arrived_before_is_not_ordered_twice(plant: Plant, line: Terminal, bring: Bring) -> None:
    scans = dead_scans(line, plant.cards)
    line.send(*scans[:3])

    found = bring(export(line, [*(stored(one, "taken") for one in scans[:3]), *scans[3:]]))

    assert (found.new, found.repeated) == (2, 3)
    assert plant.count("signal") == 5
    assert plant.count("review") == 0


def test_a_terminal_that_comes_alive_again_doubles_nothing_and_goes_on(
    plant: Plant, line: Terminal, bring: Bring
) -> None:
    scans = dead_scans(line, plant.cards[:3])
    bring(export(line, scans))

    late = line.send(*scans)
    onward = line.send(line.scan(plant.cards[3]))
    line.restart()
    anew = line.send(line.scan(plant.cards[4]))

    assert [one.repeated for one in late.results] == [True] * 3
    assert (outcomes(onward), outcomes(anew)) == (["opened"], ["opened"])
    assert (late.expected, onward.expected, anew.expected) == (None, None, None)
    assert plant.count("signal") == 5
    assert plant.count("review") == 0
    rebuilt(plant)


def test_a_file_with_several_starts_of_the_terminal(plant: Plant, line: Terminal, bring: Bring) -> None:
    scans = dead_scans(line, plant.cards[:2])
    line.restart()
    scans += dead_scans(line, plant.cards[2:])

    found = bring(export(line, scans))

    assert found.outcomes == {"opened": 5}
    assert [row["last_seq"] for row in sorted(plant.rows("terminal_epoch"), key=lambda row: row["ordinal"])] == [
        2,
        None,
    ]


def test_starts_whose_scans_central_has_and_the_journal_forgot(plant: Plant, line: Terminal, bring: Bring) -> None:
    line.send(*dead_scans(line, plant.cards[:2]))
    line.restart()
    scans = dead_scans(line, plant.cards[2:])

    found = bring(export(line, scans[1:]))  # the first of the new start is not in it, and central lacks it

    assert found.outcomes == {"opened": 2}
    missing = [row["data"] for row in plant.rows("ledger") if row["kind"] == "scans_missing"]
    assert [(one["first"], one["last"], one["import"]) for one in missing] == [(1, 1, str(found.id))]
    assert outcomes(line.send(scans[0])) == ["set_aside"]  # kept for a person, not lost


def test_the_scans_of_a_revoked_terminal_are_set_aside(plant: Plant, bring: Bring) -> None:
    stolen = plant.terminal("Stolen", TerminalState.REVOKED)

    found = bring(export(stolen, dead_scans(stolen, plant.cards[:2])))

    assert (found.state, found.outcomes, found.to_decide) == (ImportState.DONE, {"set_aside": 2}, 2)
    assert plant.count("signal") == 0
    assert plant.count("review") == 2


def test_a_copy_of_the_device_is_a_fork_in_a_file_too(plant: Plant, line: Terminal, bring: Bring) -> None:
    line.send(*dead_scans(line, plant.cards[:1]))
    original, copied = line.epoch, line.seq
    line.restart()
    line.send(*dead_scans(line, plant.cards[1:2]))
    line.epochs = [{"epoch": original, "previous": None, "previous_seq": 0}]
    line.epoch, line.seq = original, copied
    line.restart()  # a second successor of the same start

    found = bring(export(line, dead_scans(line, plant.cards[2:3])))

    assert found.outcomes == {"set_aside": 1}
    assert [row["kind"] for row in plant.rows("ledger")].count("terminal_forked") == 1


def test_other_content_under_the_same_number_is_set_aside(plant: Plant, line: Terminal, bring: Bring) -> None:
    (scan,) = dead_scans(line, plant.cards[:1])
    line.send(scan)

    found = bring(export(line, [{**scan, "intent": "receive"}]))

    assert found.outcomes == {"set_aside": 1}
    assert [row["closed_how"] for row in plant.rows("signal")] == [None]
    assert [row["facts"]["standing"] for row in plant.rows("review")] == ["conflict"]


def test_a_stand_in_keeps_its_place_and_the_scan_behind_it_is_for_a_person(
    plant: Plant, line: Terminal, bring: Bring
) -> None:
    poisoned, after = dead_scans(line, plant.cards[:2])
    stand_in = {**poisoned, "id": line.scan(plant.cards[4])["id"], "raw": "U1RBTkQtSU4=", "intent": "lookup"}
    line.seq = 2
    line.send(stand_in)  # central has taken it when the scan itself was too much for it

    found = bring(export(line, [stored(poisoned, "dead", stand_in=stand_in, stands_in=True), after]))
    again = bring(export(line, [stored(poisoned, "dead", stand_in=stand_in, stands_in=True), after]))

    assert (found.done, found.repeated, found.outcomes) == (3, 1, {"set_aside": 1, "opened": 1})
    assert (again.done, again.repeated) == (3, 3)


def test_a_scan_that_was_replayed_brings_its_stand_in_only(plant: Plant, line: Terminal, bring: Bring) -> None:
    poisoned, replay = dead_scans(line, [plant.cards[0], plant.cards[0]])
    stand_in = {**poisoned, "id": line.scan(plant.cards[4])["id"], "raw": "U1RBTkQtSU4=", "intent": "lookup"}

    found = bring(export(line, [stored(poisoned, "taken", stand_in=stand_in, stands_in=True), replay]))

    assert found.outcomes == {"unreadable": 1, "opened": 1}


def test_damaged_scans_are_kept_for_a_person_and_hold_up_no_other(plant: Plant, line: Terminal, bring: Bring) -> None:
    first, second, third = dead_scans(line, plant.cards[:3])
    damaged = {"damaged": {"id": second["id"], "epoch": 1, "seq": 2, "message": '{"raw": "\\xf5'}, "state": "waiting"}
    content = export(line, [first, damaged, third])

    found = bring(content)
    again = bring(content)

    assert (found.outcomes, found.damaged) == ({"opened": 2, "unreadable": 1}, 1)
    assert again.repeated == 3
    (review,) = plant.rows("review")
    assert (review["kind"], review["facts"]["error"].startswith("The terminal's disk")) == ("malformed", True)
    assert not [row for row in plant.rows("ledger") if row["kind"] == "scans_missing"]
    rebuilt(plant)


def test_who_did_it_by_which_file_stands_in_the_ledger(plant: Plant, line: Terminal, bring: Bring) -> None:
    found = bring(export(line, dead_scans(line, plant.cards[:1])))

    rows = plant.rows("ledger")
    begun, done = [row for row in rows if row["kind"].startswith("journal_import")]
    assert [(one["kind"], one["actor_kind"], one["actor"]) for one in (begun, done)] == [
        ("journal_import_begun", "person", str(ANNA)), ("journal_imported", "person", str(ANNA))
    ]  # fmt: skip
    assert begun["data"] == {
        "import": str(found.id), "terminal": str(line.id), "file": found.sha256, "scans": 1, "damaged": 0
    }  # fmt: skip
    assert (done["data"]["new"], done["data"]["outcomes"]) == (1, {"opened": 1})
    (scan,) = [row for row in rows if row["kind"] == "scan"]
    assert (scan["actor_kind"], scan["actor"], scan["data"]["import"]) == ("terminal", str(line.id), str(found.id))


def test_an_import_is_no_sign_of_life_of_the_terminal(plant: Plant, line: Terminal, bring: Bring) -> None:
    scans = dead_scans(line, plant.cards[:2])
    line.send(scans[0], status={"release": "1", "stored": 1, "scanners": {"hand": "ready"}})
    before = plant.rows("terminal")[0]
    plant.pass_s(86_400)

    bring(export(line, scans))

    after = plant.rows("terminal")[0]
    for name in ("seen_ms", "release", "stored", "scanners"):
        assert after[name] == before[name]


def test_an_import_is_no_measurement_of_the_terminals_clock(plant: Plant, line: Terminal, bring: Bring) -> None:
    line.send(*dead_scans(line, plant.cards[:1]))
    before = plant.rows("terminal_boot")
    aged = [{**one, "age_ms": 5} for one in dead_scans(line, plant.cards[1:2])]
    lines = things(line, aged, facts={
        "central": CENTRAL, "contact": json.dumps({"at_ms": plant.now, "boot_id": line.boot_id, "boottime_ms": 1}),
    })  # fmt: skip
    lines[2]["scan"]["age_ms"] = 5  # whoever writes it into a file
    plant.pass_s(86_400)

    bring(text(lines))

    assert plant.rows("terminal_boot") == before


def test_the_times_of_imported_scans_reach_to_the_import_where_no_contact_ends_them(
    plant: Plant, line: Terminal, bring: Bring
) -> None:
    line.boot_id = "never-heard-of"
    (scan,) = dead_scans(line, plant.cards[:1])
    made_ms = plant.now
    plant.pass_s(86_400)

    bring(export(line, [scan]))

    (signal,) = plant.rows("signal")
    assert signal["opened_earliest_ms"] <= made_ms <= signal["opened_latest_ms"]
    assert signal["opened_latest_ms"] == plant.now


@pytest.mark.parametrize(("heard", "closer"), [(CENTRAL, True), ("another-central", False)])
def test_a_contact_with_this_central_brings_the_times_closer(
    plant: Plant, line: Terminal, bring: Bring, heard: str, closer: bool
) -> None:
    contact = {"at_ms": plant.now, "boot_id": line.boot_id, "boottime_ms": line.boottime_ms}
    (scan,) = dead_scans(line, plant.cards[:1])
    made_ms = plant.now
    plant.pass_s(86_400)

    bring(export(line, [scan], facts={"central": heard, "contact": json.dumps(contact)}))

    (signal,) = plant.rows("signal")
    assert signal["opened_earliest_ms"] <= made_ms
    assert (signal["opened_earliest_ms"] > START_MS - 86_400_000) is closer


def test_a_scan_of_before_the_card_was_received_opens_nothing(plant: Plant, line: Terminal, bring: Bring) -> None:
    other = plant.terminal("Line 2")
    line.send(line.reading(b"hello", "lookup"))  # its clock is measured
    (scan,) = dead_scans(line, plant.cards[:1])
    plant.pass_s(3_600)
    other.send(other.scan(plant.cards[0]))
    plant.pass_s(3_600)
    other.send(other.scan(plant.cards[0], "receive"))

    found = bring(export(line, [scan]))

    assert found.outcomes in ({"late": 1}, {"review": 1})
    assert plant.open_signals(plant.cards[0]) == []


def test_an_export_of_the_first_release_is_read_and_its_terminal_known_by_its_starts(
    plant: Plant, line: Terminal, bring: Bring
) -> None:
    scans = dead_scans(line, plant.cards[:3])
    unknown = bring(first_release(line, scans))
    named = bring(first_release(line, scans[:1]), terminal=line.id)

    known = bring(first_release(line, scans))

    assert unknown.state is ImportState.REFUSED
    assert "does not say whose journal" in unknown.errors[0].text
    assert (named.state, named.new) == (ImportState.DONE, 1)
    assert (known.state, known.terminal, known.new, known.repeated) == (ImportState.DONE, "Line 1", 2, 1)


def test_only_checking_changes_nothing(plant: Plant, line: Terminal, bring: Bring) -> None:
    scans = dead_scans(line, plant.cards[:3])
    line.send(scans[0])
    before = plant.count("ledger")

    found = bring(export(line, scans), dry_run=True)

    assert (found.state, found.new, found.repeated, found.total) == (ImportState.CHECKED, 2, 1, 3)
    assert plant.count("ledger") == before


def test_a_big_journal_is_taken_in_by_batches(plant: Plant, line: Terminal, bring: Bring) -> None:
    taken: list[int] = []
    take = plant.intake.take
    scans = [line.reading(b"hello", "lookup") for _ in range(1_203)]
    imports = Imports(
        plant.database, lambda batch: taken.append(len(batch[0].items)) or take(batch), lambda *_: None,
        lambda: plant.now, plant.random, CENTRAL,
    )  # fmt: skip

    _key, ended = imports.begin(Wish(plant.site_id, Actor.person(ANNA)), opened(export(line, scans)))
    ended.result(120)
    imports.stop()

    assert taken == [500, 500, 203]


def test_an_import_that_was_broken_off_goes_on_with_the_same_file(plant: Plant, line: Terminal, bring: Bring) -> None:
    content = export(line, [line.reading(b"hello", "lookup") for _ in range(1_100)])
    take = plant.intake.take
    imports: Imports

    def once(batch: Any) -> Any:
        imports._ending.set()  # central is told to end while the first batch is taken in
        return take(batch)

    imports = Imports(plant.database, once, lambda *_: None, lambda: plant.now, plant.random, CENTRAL)
    key, ended = imports.begin(Wish(plant.site_id, Actor.person(ANNA)), opened(content))
    ended.result(120)
    imports.stop()

    broken = imports.read(plant.site_id, key)
    again = bring(content)

    assert broken is not None
    assert (broken.state, broken.done, broken.total) == (ImportState.BROKEN, 500, 1_100)
    assert (again.state, again.repeated, again.new) == (ImportState.DONE, 500, 600)


def test_an_import_whose_central_was_killed_is_called_broken_off(plant: Plant, line: Terminal, bring: Bring) -> None:
    found = bring(export(line, dead_scans(line, plant.cards[:1])))
    plant.change("file_import", {"id": found.id}, state="running")

    plant.pass_s(600)

    assert bring(b"").state is ImportState.REFUSED
    imports = Imports(plant.database, plant.intake.take, lambda *_: None, lambda: plant.now, plant.random, CENTRAL)
    seen = imports.read(plant.site_id, found.id)
    assert seen is not None
    assert seen.state is ImportState.BROKEN


def test_a_scan_that_no_intake_can_process_is_kept_and_holds_up_no_other(
    plant: Plant, line: Terminal, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ekanban_central import intake_judging

    scans = dead_scans(line, plant.cards[:3])
    judge = intake_judging.judge

    def fails(standing: Any, read: Any, known: Any, fact: Any, *more: Any) -> Any:
        if fact.id == scans[1]["id"]:
            raise RuntimeError("a bug of ours")
        return judge(standing, read, known, fact, *more)

    monkeypatch.setattr(intake_judging, "judge", fails)

    found = bring(export(line, scans))

    assert found.outcomes == {"opened": 2, "unreadable": 1}


def missing(plant: Plant) -> list[tuple[int, int]]:
    """What central has noted as gone for good."""
    return [(row["data"]["first"], row["data"]["last"]) for row in plant.rows("ledger", kind="scans_missing")]


def test_scans_that_the_disk_has_lost_hold_up_no_later_ones(plant: Plant, line: Terminal, bring: Bring) -> None:
    first, _lost, third, _last = dead_scans(line, plant.cards[:4])
    line.restart()
    fifth = line.scan(plant.cards[4])

    found = bring(export(line, [first, third, fifth]))

    assert (found.state, found.outcomes) == (ImportState.DONE, {"opened": 3})
    assert missing(plant) == [(2, 2), (4, 4)]


def test_a_start_that_a_restored_central_lacks_and_the_journal_forgot_holds_up_no_later_one(
    plant: Plant, line: Terminal, bring: Bring
) -> None:
    dead_scans(line, plant.cards[:3])
    before = line.epochs[0]
    line.restart()
    scans = dead_scans(line, plant.cards[3:])
    lines = things(line, scans)
    lines.insert(1, {**before, "last_seq": 3})
    lines[-1]["end"]["epochs"] = 2

    found = bring(text(lines))

    assert (found.state, found.outcomes) == (ImportState.DONE, {"opened": 2})
    assert missing(plant) == [(1, 3)]


def test_a_damaged_scan_between_two_batches_is_not_called_missing(plant: Plant, line: Terminal, bring: Bring) -> None:
    scans: list[dict[str, Any]] = [line.reading(b"hello", "lookup") for _ in range(501)]
    scans[499] = {"damaged": {"seq": 500}, "state": "waiting"}

    found = bring(export(line, scans))

    assert (found.state, found.done) == (ImportState.DONE, 501)
    assert missing(plant) == []


def test_a_file_cannot_say_how_old_its_scans_are(plant: Plant, line: Terminal, bring: Bring) -> None:
    line.boot_id = "never-heard-of"
    (scan,) = dead_scans(line, plant.cards[:1])
    lines = things(line, [scan])
    lines[2]["scan"]["age_ms"] = 30 * 86_400_000
    made_ms = plant.now
    plant.pass_s(86_400)

    bring(text(lines))

    assert plant.rows("signal")[0]["opened_latest_ms"] >= made_ms


def test_an_import_whose_turn_never_came_is_called_broken_off_and_keeps_no_file(plant: Plant, line: Terminal) -> None:
    began, go_on, cancelled = threading.Event(), threading.Event(), threading.Event()

    def slowly(batch: Any) -> Any:
        began.set()
        assert go_on.wait(60)
        return plant.intake.take(batch)

    imports = Imports(plant.database, slowly, lambda *_: None, lambda: plant.now, plant.random, CENTRAL)
    wish = Wish(plant.site_id, Actor.person(ANNA))
    first, second = (opened(export(line, dead_scans(line, plant.cards[:1]))) for _ in range(2))
    imports.begin(wish, first)
    assert began.wait(60)
    waiting, never = imports.begin(wish, second)
    never.add_done_callback(lambda _: cancelled.set())
    ending = threading.Thread(target=imports.stop)
    ending.start()
    assert cancelled.wait(60)  # not futures.wait: that knows a cancelled one only when a worker has come across it
    go_on.set()
    ending.join()
    plant.pass_s(3_601)

    seen = imports.read(plant.site_id, waiting)
    assert never.cancelled()
    assert (first.closed, second.closed) == (True, True)
    assert seen is not None
    assert seen.state is ImportState.BROKEN
