"""What the kiosk says in each situation."""

from __future__ import annotations

from datetime import UTC, datetime
from gettext import NullTranslations
from typing import Any

import kiosk_states
import pytest

from ekanban_core.states import Colour, Intent, Outcome
from ekanban_core.texts import translations
from ekanban_terminal.kiosk_shape import View
from ekanban_terminal.kiosk_view import FADE_MS, UNDO_MS, clock_of, view
from ekanban_terminal.state import Alarm, CentralShown, ScannerShown

NOW_MS = int(datetime(2026, 6, 3, 5, 42, 30, tzinfo=UTC).timestamp() * 1000)
MINUTE = kiosk_states.MINUTE


def seen(age_ms: int = 0, last: Any = None, **changes: Any) -> View:
    """The view of a state, `age_ms` after its last scan."""
    state = kiosk_states.state(NOW_MS, last or kiosk_states.entry(0, NOW_MS), **changes)
    return view(state, NOW_MS + age_ms, NullTranslations())


def test_a_fresh_scan_is_shown_with_all_that_the_operator_needs() -> None:
    last = seen().last

    assert (last.tone, last.icon, last.word) == ("green", "check", "Ordered")
    assert last.headline == "4711-0815"
    assert last.amount == "200 pcs · KLT 4315"
    assert (last.source, last.destination, last.bin) == ("Supermarket A", "Line 4 ·", "B-12")
    assert last.why == "Ordered, due 09:15."
    assert last.spoken == "Ordered. 4711-0815. Ordered, due 09:15."


def test_times_are_the_plants_not_the_terminals() -> None:
    assert seen().clock == "07:42"
    assert seen().last.time == "07:42"
    assert seen().date == "Wednesday, June 3, 2026"


def test_a_scan_of_another_day_names_the_day() -> None:
    friday = kiosk_states.entry(0, NOW_MS - 5 * 24 * 60 * MINUTE)

    assert seen(last=friday).last.time == "Fri 07:42"


def test_days_and_months_are_in_the_readers_language() -> None:
    german = translations("de")
    state = kiosk_states.state(NOW_MS, kiosk_states.entry(0, NOW_MS - 5 * 24 * 60 * MINUTE), language="de")

    shown = view(state, NOW_MS, german)

    assert (shown.date, shown.last.time) == ("Mittwoch, 3. Juni 2026", "Fr 07:42")
    assert clock_of(state, NOW_MS, german).date == "Mittwoch, 3. Juni 2026"


def test_a_zone_or_language_that_this_machine_does_not_know_breaks_nothing() -> None:
    state = kiosk_states.state(NOW_MS, time_zone="Mars/Olympus", language="x!")

    assert clock_of(state, NOW_MS, translations("x!")).clock == "05:42"


def test_the_last_scan_fades_to_the_calm_state() -> None:
    assert seen(0).face == "last"
    assert seen(FADE_MS - 1).face == "last"
    assert seen(FADE_MS - 1).fresh_ms == 1
    assert seen(FADE_MS).face == "calm"


def test_a_clock_that_was_set_back_shows_no_old_scan_as_new() -> None:
    assert seen(-MINUTE).face == "calm"
    assert seen(-MINUTE).undo_ms == 0


def test_a_scan_may_be_taken_back_for_two_minutes() -> None:
    assert seen(0).undo_ms == UNDO_MS
    assert seen(UNDO_MS).undo_ms == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": Outcome.UNDONE, "intent": Intent.UNDO},
        {"outcome": Outcome.ON_HOLD},
        {"outcome": Outcome.DOUBLE_READ},
        {"outcome": Outcome.ALREADY_OPEN},
        {"outcome": Outcome.OUT_OF_SEQUENCE, "colour": Colour.RED},
    ],
)
def test_nothing_is_offered_to_take_back_where_nothing_was_done(changes: dict[str, Any]) -> None:
    last = kiosk_states.entry(0, NOW_MS, **changes)

    assert seen(last=last).undo_ms == 0


def test_stored_here_looks_and_sounds_other_than_ordered() -> None:
    stored, ordered = (seen(last=kiosk_states.entry(0, NOW_MS, pending=pending)).last for pending in (True, False))

    assert (stored.tone, stored.icon, stored.word) == ("pending", "inbox", "Stored here")
    assert (ordered.tone, ordered.icon, ordered.word) == ("green", "check", "Ordered")


def test_a_refusal_stays_red_although_it_is_not_yet_sent() -> None:
    last = seen(last=kiosk_states.entry(0, NOW_MS, Outcome.ON_HOLD, pending=True)).last

    assert (last.tone, last.word) == ("red", "On hold")


def test_what_is_no_card_is_shown_as_it_was_read() -> None:
    nothing = {"part": "", "description": "", "quantity": None, "container": "", "code": "HELLO"}
    last = seen(last=kiosk_states.entry(0, NOW_MS, Outcome.UNREADABLE, **nothing)).last

    assert last.headline == "HELLO"
    assert last.amount == ""


def test_an_undo_is_not_shown_by_its_code() -> None:
    undo = kiosk_states.entry(0, NOW_MS, Outcome.UNDONE, intent=Intent.UNDO, part="", code="EKC-UNDO")

    assert (seen(last=undo).last.word, seen(last=undo).last.headline) == ("Taken back", "Undo")


def test_the_page_has_ten_rows_however_few_scans_there_are() -> None:
    rows = seen(scans=()).rows

    assert len(rows) == 10
    assert not any(row.id for row in rows)


def central(state: str, **changes: Any) -> tuple[str, str, str]:
    shown = seen(central=CentralShown(state=state, since_ms=NOW_MS - 47 * MINUTE), **changes).central  # type: ignore[arg-type]  # the parameter's values are the type's
    return shown.tone, shown.name, shown.text


def test_the_strip_says_how_things_stand_with_central() -> None:
    assert central("online") == ("green", "Connected", "Everything is sent.")
    assert central("online", stored=3) == ("grey", "Connected", "Sending 3.")
    assert central("refused", stored=4) == (
        "red",
        "Central refuses this terminal",
        "Stored here: 4. Call a supervisor.",
    )
    assert central("pending")[0] == central("never")[0] == "amber"


def test_offline_is_said_without_alarm() -> None:
    assert central("offline", stored=7) == (
        "grey", "Stored here: 7. They will be sent.", "No connection since 06:55.",
    )  # fmt: skip
    assert central("offline", stored=1)[1] == "Stored here: 1. It will be sent."
    assert central("offline")[1] == "Scans are stored here."


def test_a_queue_that_is_nearly_full_is_said_in_amber() -> None:
    assert central("offline", stored=80, limit=100) == (
        "amber", "Stored here: 80 of at most 100.", "No connection since 06:55.",
    )  # fmt: skip


def test_a_scanner_that_is_not_ready_says_what_to_do() -> None:
    absent = ScannerShown(name="Hand scanner", state="absent", text="Plug in its cable.")
    shown = seen(FADE_MS, scanners=(absent,))

    assert shown.scanners[0].tone == "amber"
    assert shown.scanners[0].text == "Absent. Plug in its cable."
    assert (shown.calm.tone, shown.calm.title) == ("amber", "The scanner is not ready")
    assert shown.calm.text == "Plug in its cable."


def test_one_ready_scanner_is_enough_to_invite() -> None:
    scanners = (ScannerShown(name="A", state="absent"), ScannerShown(name="B", state="ready"))

    assert seen(scanners=scanners).calm.title == "Scan a card"


def test_without_a_scanner_nobody_is_invited() -> None:
    assert seen(scanners=()).calm.title == "No scanner is set up"


def test_of_many_scanners_those_with_trouble_are_named() -> None:
    many = [ScannerShown(name=f"S{number}", state="ready") for number in range(4)]
    shown = seen(scanners=(*many, ScannerShown(name="Gate", state="absent"))).scanners

    assert [(place.name, place.text) for place in shown] == [("Gate", "Absent"), ("More scanners", "4 of 4 ready")]


def test_an_alarm_that_stops_everything_covers_the_last_scan() -> None:
    shown = seen(alarms=(kiosk_states.journal_stopped(),))

    assert shown.face == "alarm"
    assert shown.alarm.startswith("Scans cannot be stored")
    assert shown.notices == ("", "")


def test_a_lesser_alarm_is_a_notice_beside_the_work() -> None:
    shown = seen(alarms=(Alarm(key="disk", text="Disk space is low."),), dead=2)

    assert shown.face == "last"
    assert shown.notices == ("Disk space is low.", "Not taken by central: 2. Call a supervisor.")


def test_the_oldest_refusal_is_shown_first_and_all_are_counted() -> None:
    refused = tuple(
        kiosk_states.entry(number, NOW_MS - age * MINUTE, Outcome.ON_HOLD) for number, age in ((1, 5), (2, 60), (3, 20))
    )
    shown = seen(refused=refused).refused

    assert (shown.count, shown.title) == (3, "Refused at central: 3")
    assert shown.scan.id == refused[1].id
