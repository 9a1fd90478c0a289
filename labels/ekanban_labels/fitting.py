"""Break a text into lines and shrink it until it fits into its place; what does not fit is refused, never cut.

A line may end at a blank, after a hyphen or slash inside a word, and between Chinese, Japanese and Korean characters
(not before closing punctuation or small kana, not after an opening bracket).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate, pairwise

from ekanban_labels.errors import N_, DoesNotFit
from ekanban_labels.typeface import UNITS, Weight, advances, clean, line_height

_CJK = r"\u2e80-\u312f\u3190-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef"
_NOT_FIRST = (
    r"、。，．・：；？！）」』】〕〉》〗〙〟’”…‥％℃!),.:;?\]}"  # noqa: RUF001  these very characters are meant
    r"ー々〻ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
)
_NOT_LAST = r"（「『【〔〈《〖〘〝‘“(\[{￥＄"  # noqa: RUF001  these very characters are meant
_BREAK = re.compile(
    r" +"
    r"|(?<=[^\s/\\\u2010\u2013\u2014-])[/\\\u2010\u2013\u2014-]+(?=\S)"
    rf"|(?:(?<=[{_CJK}])(?=\S)|(?<=\S)(?=[{_CJK}]))(?<![{_NOT_LAST}])(?![{_NOT_FIRST}])"
)
_SHOWN = 40  # characters of a text in an error


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is drawn: lines from top to bottom, each one `line_height` below the other, and the size in dots."""

    lines: tuple[str, ...]
    size: int


def fit(
    text: str,
    *,
    width: int,
    height: int,
    size: int,
    least: int,
    lines: int,
    weight: Weight,
    anywhere: bool = False,
) -> Fitted:
    """Set a text at the largest size from `size` down to `least` at which it fits; all measures are whole dots.

    With `anywhere`, a word that is too long even at its smallest size is broken between any two characters. The text is
    cleaned first (typeface.clean). Raises DoesNotFit.
    """
    if not 0 < least <= size or lines < 1:
        raise ValueError("expected 0 < least <= size, and at least one line")
    text = clean(text).strip(" ")
    if not text:
        return Fitted((), size)
    pitch = line_height(weight)
    if pitch * least > height:
        raise DoesNotFit(LOW_PLACE, begin=_begin(text), height=height, needed=int(pitch * least) + 1)
    place = _Place(width, height, lines, pitch)
    measured = _Measured(text, weight)
    for broken in (False, True) if anywhere else (False,):
        if fitted := measured.largest(place, size, least, broken):
            return fitted
    raise measured.excuse(place, least, anywhere)


TOO_LONG = N_(
    "“{begin}” does not fit: even at its smallest size it would be cut off before “{cut}”. Shorten it by {more} "
    "characters, or choose a larger layout."
)
TOO_WIDE = N_(
    "“{begin}” does not fit: “{word}” is too wide, even at the smallest size it would be cut off before “{cut}”. "
    "Shorten it, break it with a blank, or choose a larger layout."
)
LOW_PLACE = N_(
    "“{begin}” does not fit: its place is {height} dots high, a line needs {needed}. Choose a larger layout."
)


def _begin(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


@dataclass(frozen=True, slots=True)
class _Place:
    width: int
    height: int
    lines: int
    pitch: float  # distance of baselines in em

    def lines_at(self, size: int) -> int:
        return min(self.lines, int(self.height / (self.pitch * size)))

    def room_at(self, size: int) -> int:
        return self.width * UNITS // size


class _Measured:
    """A text with the running sum of its advances and the places where a line may end."""

    def __init__(self, text: str, weight: Weight) -> None:
        self.text = text
        self.upto = list(accumulate(advances(text, weight), initial=0))  # of the text before each character
        breaks = [found.span() for found in _BREAK.finditer(text)]
        self.ends = [first if text[first] == " " else last for first, last in breaks] + [len(text)]
        self.nexts = [last for _, last in breaks] + [len(text)]

    def largest(self, place: _Place, size: int, least: int, broken: bool) -> Fitted | None:
        """The largest size at which there is room."""

        def has_room(less: int) -> bool:
            return bool(self.starts(place, size - less, broken))

        smaller = bisect_left(range(size - least), True, key=has_room)
        starts = self.starts(place, size - smaller, broken)
        return Fitted(self.cut(starts), size - smaller) if starts else None

    def starts(self, place: _Place, size: int, broken: bool) -> list[int]:
        """Where the lines begin, and the text's end; nothing if there is not the room."""
        starts, room = [0], place.room_at(size)
        for _ in range(place.lines_at(size)):
            after = self._line(starts[-1], room, broken)
            if after == starts[-1]:
                return []
            starts.append(after)
            if after == len(self.text):
                return starts
        return []

    def cut(self, starts: list[int]) -> tuple[str, ...]:
        """Return the lines, without the blanks at their ends."""
        return tuple(self.text[first:last].rstrip(" ") for first, last in pairwise(starts))

    def excuse(self, place: _Place, size: int, broken: bool) -> DoesNotFit:
        """Say where the text would be cut off."""
        start, room = 0, place.room_at(size)
        for _ in range(place.lines_at(size) - 1):
            start = self._line(start, room, broken)
        kept = self._filled(start, room)
        kept += len(self.text[kept:]) - len(self.text[kept:].lstrip(" "))
        begin, cut = _begin(self.text), _begin(self.text[kept:])
        if self._line(start, room, broken) == start:
            word = self.text[start : self.ends[bisect_right(self.ends, start)]]
            return DoesNotFit(TOO_WIDE, begin=begin, word=_begin(word), cut=cut)
        return DoesNotFit(TOO_LONG, begin=begin, cut=cut, more=len(self.text) - kept)

    def _line(self, start: int, room: int, broken: bool) -> int:
        """Where the line after this one begins; `start` if not even the first word has room."""
        first = bisect_right(self.ends, start)
        fitting = bisect_right(self.ends, room + self.upto[start], lo=first, key=self.upto.__getitem__)
        if fitting > first:
            return self.nexts[fitting - 1]
        return self._filled(start, room) if broken else start

    def _filled(self, start: int, room: int) -> int:
        """Break between any two characters, though not before a mark that belongs to the one before."""
        after = bisect_right(self.upto, room + self.upto[start]) - 1
        while start < after < len(self.text) and unicodedata.category(self.text[after])[0] == "M":
            after -= 1
        return after
