"""Times and ages as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ekanban_central import view
from ekanban_central.view import View, seen_as

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
NOW = int(datetime(2026, 3, 2, 13, 0, 0, tzinfo=UTC).timestamp() * 1000)
BERLIN = View("en", ZoneInfo("Europe/Berlin"), NOW)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 s"), (999, "0 s"), (59 * SECOND, "59 s"), (60 * SECOND, "1 min"), (59 * MINUTE, "59 min"),
        (HOUR, "1 h 00 min"), (3 * HOUR + 5 * MINUTE, "3 h 05 min"), (DAY, "1 d 0 h"), (50 * HOUR, "2 d 2 h"),
        (-5 * SECOND, "0 s"),
    ],
)  # fmt: skip
def test_a_duration_has_two_units_at_most(milliseconds: int, text: str) -> None:
    assert view.duration(milliseconds) == text


def test_a_time_of_today_is_the_site_clocks_and_has_no_date() -> None:
    with seen_as(BERLIN):
        assert view.at(NOW - 4 * HOUR) == "10:00"
        assert view.age(NOW - 4 * HOUR) == "4 h 00 min"


def test_a_time_of_another_day_carries_its_date() -> None:
    with seen_as(BERLIN):
        assert view.at(NOW - DAY) == "Mar 1, 14:00"
        assert view.at(NOW - 400 * DAY) == "Jan 26, 2025, 14:00"


def test_midnight_is_the_sites_not_londons() -> None:
    with seen_as(View("en", ZoneInfo("Asia/Tokyo"), NOW)):
        assert view.at(NOW) == "22:00"
        assert view.at(NOW + 2 * HOUR) == "Mar 3, 00:00"


def test_the_exact_time_names_second_and_zone() -> None:
    with seen_as(BERLIN):
        assert view.exact(NOW) == "Mar 2, 2026, 14:00:00 CET"


def test_what_is_due_counts_down_and_then_says_how_late() -> None:
    with seen_as(BERLIN):
        assert view.left(NOW + 35 * MINUTE) == "in 35 min"
        assert view.left(NOW - 35 * MINUTE) == "35 min late"


def test_programs_read_utc() -> None:
    assert view.rfc3339(NOW + 5) == "2026-03-02T13:00:00.005Z"
    assert view.rfc3339(None) is None


def test_nothing_is_said_of_a_time_that_is_not_known() -> None:
    assert (view.at(None), view.age(None), view.exact(None)) == ("", "", "")
