"""Bugs that a decoder may have, each planted for as long as its context lasts: the fuzzing must find every one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest import mock

from ekanban_drivers.decoding.framing import Framer
from ekanban_drivers.decoding.hidpos_decoder import HidposDecoder
from ekanban_drivers.decoding.keymap import KeyDecoder
from ekanban_drivers.scanner import ErrorKind, Event

Plant = Callable[[], AbstractContextManager[Any]]
BUGS: dict[str, Plant] = {}


def bug(plant: Plant) -> Plant:
    """Register it under its name."""
    BUGS[plant.__name__] = plant
    return plant


def _instead(owner: Any, name: str, new: Callable[..., Any]) -> AbstractContextManager[Any]:
    return mock.patch.object(owner, name, new)


def _set_before(owner: Any, name: str, **values: Any) -> AbstractContextManager[Any]:
    """Set attributes whenever a method is called, before it works."""
    whole = getattr(owner, name)

    def changed(self: Any, *given: Any) -> Any:
        for attribute, value in values.items():
            setattr(self, attribute, value)
        return whole(self, *given)

    return _instead(owner, name, changed)


def _kept(owner: Any, name: str, *attributes: str) -> AbstractContextManager[Any]:
    """Let a method leave some attributes as they were."""
    whole = getattr(owner, name)

    def changed(self: Any, *given: Any) -> Any:
        before = {attribute: getattr(self, attribute) for attribute in attributes}
        copies = {key: value.copy() if hasattr(value, "copy") else value for key, value in before.items()}
        found = whole(self, *given)
        for attribute, value in copies.items():
            setattr(self, attribute, value)
        return found

    return _instead(owner, name, changed)


@bug
def the_kernels_overrun_is_passed_over() -> AbstractContextManager[Any]:
    return _instead(KeyDecoder, "_overrun", lambda self, t: [])


@bug
def keys_stay_down_through_an_overrun() -> AbstractContextManager[Any]:
    return _instead(KeyDecoder, "_overrun", lambda self, t: self.damage(t))


@bug
def a_pause_completes_a_code() -> AbstractContextManager[Any]:
    return _set_before(Framer, "tick", _pause_completes=True)


@bug
def a_pause_means_nothing() -> AbstractContextManager[Any]:
    return _set_before(Framer, "tick", _gap=1e9)


@bug
def nothing_is_ever_suspect() -> AbstractContextManager[Any]:
    return _set_before(Framer, "_scan", _suspect=False)


@bug
def what_follows_a_refused_code_and_a_pause_counts_as_whole() -> AbstractContextManager[Any]:
    whole = Framer.tick

    def tick(self: Framer, t: float) -> list[Event]:
        skipping = self._skipping
        found = whole(self, t)
        self._suspect = self._suspect and not (skipping and not self._skipping)
        return found

    return _instead(Framer, "tick", tick)


@bug
def doubt_outlives_the_terminator() -> AbstractContextManager[Any]:
    return _kept(Framer, "end", "_suspect")


@bug
def skipping_outlives_the_terminator() -> AbstractContextManager[Any]:
    return _kept(Framer, "end", "_skipping")


@bug
def the_rest_of_a_refused_code_is_read() -> AbstractContextManager[Any]:
    return _kept(Framer, "reject", "_skipping")


@bug
def an_unplugged_scanner_goes_on_where_it_was() -> AbstractContextManager[Any]:
    return _instead(Framer, "lost", lambda self, t: [])


@bug
def keys_stay_down_through_a_replug() -> AbstractContextManager[Any]:
    return _kept(KeyDecoder, "lost", "_down")


@bug
def a_key_that_repeats_types_again() -> AbstractContextManager[Any]:
    whole = KeyDecoder._key
    return _instead(KeyDecoder, "_key", lambda self, t, key, value: whole(self, t, key, min(value, 1)))


@bug
def codes_have_no_longest() -> AbstractContextManager[Any]:
    def add(self: Framer, text: str, t: float) -> list[Event]:
        found = self.touch(t)
        if not self._skipping and self._inside:
            self._pieces.append(text)
        return found

    return _instead(Framer, "add", add)


@bug
def a_frame_in_a_frame_is_joined() -> AbstractContextManager[Any]:
    return _instead(Framer, "begin", lambda self, t: [*self.touch(t), *_open(self)])


def _open(framer: Framer) -> list[Event]:
    framer._inside, framer._skipping = True, False
    return []


@bug
def a_frame_goes_on_behind_its_end() -> AbstractContextManager[Any]:
    stack = ExitStack()
    whole = Framer._fail

    def fail(self: Framer, kind: ErrorKind, t: float) -> Any:
        found = whole(self, kind, t)
        self._inside = True
        return found

    stack.enter_context(_instead(Framer, "_fail", fail))
    return stack


@bug
def a_report_that_was_cut_off_is_read() -> AbstractContextManager[Any]:
    whole = HidposDecoder._code

    def feed(self: HidposDecoder, t: float, report: bytes) -> list[Event]:
        return [*self._framer.touch(t), *whole(self, report.ljust(self._form.size, b"\0"), t)]

    return _instead(HidposDecoder, "feed", feed)


@bug
def a_broken_report_leaves_no_doubt() -> AbstractContextManager[Any]:
    return _kept(Framer, "doubt", "_suspect")


@bug
def an_alt_code_beyond_the_page_crashes() -> AbstractContextManager[Any]:
    def alt(self: KeyDecoder, t: float) -> list[Event]:
        digits, self._alt_digits = self._alt_digits, ""
        return self._framer.add(bytes([int(digits)]).decode("cp1252"), t) if digits else []

    return _instead(KeyDecoder, "_alt_released", alt)
