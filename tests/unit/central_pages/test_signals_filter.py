"""A list's filter and its address are the same thing."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from ekanban_central.query_values import BadFilter
from ekanban_central.signals_filter import ORDERS, Cursor, Filter, parse
from ekanban_core.states import OPEN_STATES

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).map(str.strip).filter(bool)
FILTERS = st.builds(
    Filter,
    state=st.sampled_from(["open", *map(str, OPEN_STATES)]),
    sources=st.lists(NAMES, max_size=3, unique=True).map(tuple),
    destinations=st.lists(NAMES, max_size=3, unique=True).map(tuple),
    parts=st.lists(NAMES, max_size=3, unique=True).map(tuple),
    overdue=st.booleans(),
    search=st.one_of(st.just(""), NAMES),
    order=st.sampled_from(ORDERS),
    after=st.one_of(st.none(), st.builds(Cursor, st.integers(0, 2**53 - 1), st.uuids())),
)


@given(FILTERS)
def test_an_address_gives_its_filter_back(wanted: Filter) -> None:
    assert parse(QueryParams(urlsplit(wanted.url()).query)) == wanted


def test_nothing_asked_is_everything_open_the_most_urgent_first() -> None:
    assert parse(QueryParams("")) == Filter(state="open", order="due")
    assert not parse(QueryParams("")).narrows


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=lost", "state: expected one of open, closed, waiting"),
        ("sort=price", "sort: expected one of due, -due, age, -age"),
        ("overdue=perhaps", "overdue: expected true or false"),
        ("q=%00", "q: expected text without NUL"),
        ("cursor=xyz", "cursor: expected the `next` of an earlier answer"),
        ("cursor=WzEsMl0", "cursor: expected"),
        ("cursor=" + "W" * 5000, "cursor: expected"),
    ],
)
def test_what_cannot_be_read_says_what_was_expected(query: str, expected: str) -> None:
    with pytest.raises(BadFilter, match=expected):
        parse(QueryParams(query))


def test_a_chip_switches_its_value_on_and_off_and_goes_back_to_the_first_page() -> None:
    wanted = Filter(sources=("A",), after=Cursor(5, UUID(int=1)))

    assert wanted.toggled("sources", "B") == Filter(sources=("A", "B"))
    assert wanted.toggled("sources", "A") == Filter()
