"""One barcode that tells how a keyboard scanner is set: its layout, its Caps Lock, its separators, its terminator.

The scanner types a known text, so the keys that it presses say which layout it has; a decoded scan would not, because a
wrong layout may refuse it. Pure: a recording of the keys goes in, findings come out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from ekanban_drivers import calibration_texts as texts
from ekanban_drivers.calibration_transcript import REFUSED, Pressed, Transcript, transcribe
from ekanban_drivers.decoding import keycodes as k
from ekanban_drivers.decoding.key_tables import ending_keys
from ekanban_drivers.decoding.keymap import ETX, STX
from ekanban_drivers.profile import LAYOUTS, CapsLock, Framing, Profile, Terminator

HEAD, SEPARATOR, TAIL = "Kanban+#/Yz", "\x1d", "29-Wq"
TEXT = HEAD + SEPARATOR + TAIL  # of the barcode (calibration.svg); + and # lie elsewhere in every layout
ENDINGS = "\r\t" + ETX
MOST_AROUND = 40  # characters of prefixes, and of what stands in the separator's place

_ENDING_KEYS = {k.KEY_ENTER: Terminator.ENTER, k.KEY_KPENTER: Terminator.KP_ENTER, k.KEY_TAB: Terminator.TAB}
_IDENTIFIER = re.compile(r"\][A-Za-z][0-9A-Za-z]$")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that scanner and profile see differently. `change`: keys of the profile that would mend it.

    Where `change` is empty only the scanner's own setting mends it. `template` has %(name)s places for `facts`.
    """

    kind: str
    template: str
    facts: Mapping[str, str] = field(default_factory=dict)
    change: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence for people, in English."""
        return self.template % self.facts

    @property
    def lines(self) -> list[str]:
        """The change as lines of a profile's TOML."""
        return [f"{key} = {json.dumps(value)}" for key, value in self.change.items()]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What one reading of the barcode says. `layouts`: those in which these keys give its text; mostly one."""

    layouts: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def profile_change(self) -> dict[str, Any]:
        """All keys of the profile that should be changed."""
        return {key: value for finding in self.findings for key, value in finding.change.items()}


def judge(events: Sequence[Pressed], profile: Profile) -> Calibration:
    """Tell how a scanner that was read with this profile is set, from the kernel's events of one reading."""
    found = {name: match for name in LAYOUTS if (match := _match(events, replace(profile, layout=name)))}
    if not found:
        said = _printable(transcribe(events, profile).text)
        return Calibration((), (Finding("unknown", texts.UNKNOWN, {"text": said}),))
    name = profile.layout if profile.layout in found else next(iter(found))
    findings = [] if name == profile.layout else [_layout(profile.layout, [*found])]
    findings += _read(events, replace(profile, layout=name), found[name])
    return Calibration(tuple(found), tuple(findings))


def _match(events: Sequence[Pressed], profile: Profile) -> re.Match[str] | None:
    """Find the barcode's text, however its case and whatever stands before, behind and for its separator."""
    text = transcribe(events, profile).text
    return _PATTERN.search(text)


_PATTERN = re.compile(
    f"^(?P<before>.{{0,{MOST_AROUND}}}?)(?P<head>{re.escape(HEAD)})(?P<separator>.{{0,{MOST_AROUND}}}?)"
    f"(?P<tail>{re.escape(TAIL)})(?P<behind>.*)$",
    re.DOTALL | re.IGNORECASE,
)


def _layout(wrong: str, right: list[str]) -> Finding:
    facts = {"wrong": wrong, "right": right[0], "others": ", ".join(right[1:])}
    return Finding("layout", texts.LAYOUT_OF_SEVERAL if right[1:] else texts.LAYOUT, facts, {"layout": right[0]})


def _read(events: Sequence[Pressed], profile: Profile, match: re.Match[str]) -> Iterator[Finding]:
    yield from _case(events, profile, match)
    yield from _separator(match["separator"])
    yield from _before(match["before"], profile)
    yield from _behind(match["behind"], profile, transcribe(events, profile))
    yield from _pauses(events, profile)


def _case(events: Sequence[Pressed], profile: Profile, match: re.Match[str]) -> Iterator[Finding]:
    if _right_case(match):
        return
    for policy in CapsLock:
        other = _match(events, replace(profile, caps_lock=policy))
        if other and _right_case(other):
            yield Finding("caps", texts.CAPS[policy], change={"caps_lock": str(policy)})
            return
    yield Finding("case", texts.CASE, {"text": match["head"]})


def _right_case(match: re.Match[str]) -> bool:
    return (match["head"], match["tail"]) == (HEAD, TAIL)


def _separator(typed: str) -> Iterator[Finding]:
    if not typed:
        yield Finding("separator", texts.SEPARATOR_LOST)
    elif REFUSED in typed:
        yield Finding("separator", texts.SEPARATOR_REFUSED)
    elif typed != SEPARATOR:
        yield Finding("separator", texts.SEPARATOR_REPLACED, {"typed": _printable(typed)})


def _before(before: str, profile: Profile) -> Iterator[Finding]:
    prefix = before.removeprefix(STX) if profile.framing is Framing.STX_ETX else before
    if identifier := _IDENTIFIER.search(prefix):
        prefix = prefix[: identifier.start()]
        if not profile.aim:
            yield Finding("aim", texts.AIM, {"identifier": identifier.group()}, {"aim": True})
    if prefix != profile.prefix:
        yield _around("prefix", texts.PREFIX, profile.prefix, prefix)


def _around(kind: str, template: str, wanted: str, typed: str) -> Finding:
    change = {} if REFUSED in typed else {kind: typed}
    return Finding(kind, template, {"wanted": _printable(wanted), "typed": _printable(typed)}, change)


def _behind(behind: str, profile: Profile, transcript: Transcript) -> Iterator[Finding]:
    place = next((place for place, character in enumerate(behind) if character in ENDINGS), len(behind))
    suffix, ending, rest = behind[:place], behind[place : place + 1], behind[place + 1 :]
    if suffix != profile.suffix:
        yield _around("suffix", texts.SUFFIX, profile.suffix, suffix)
    yield from _terminator(ending, profile, transcript)
    if rest.strip(ENDINGS):
        yield Finding("rest", texts.REST, {"typed": _printable(rest)})


def _terminator(ending: str, profile: Profile, transcript: Transcript) -> Iterator[Finding]:
    framed = profile.framing is Framing.STX_ETX
    if not ending:
        if framed or Terminator.NONE not in profile.terminators:
            yield Finding("terminator", texts.TERMINATOR_MISSING)
        return
    if ending == ETX:
        given, accepted = Terminator.ETX, framed or Terminator.ETX in profile.terminators
    else:
        key = transcript.endings[0]
        given, accepted = _ENDING_KEYS[key], key in ending_keys(profile)
    if not accepted:
        yield Finding("terminator", texts.TERMINATOR, {"given": str(given)}, {"terminators": [str(given)]})


def _pauses(events: Iterable[Pressed], profile: Profile) -> Iterator[Finding]:
    pressed = [t for t, kind, _code, _value in events if kind == k.EV_KEY]
    longest = max((after - before for before, after in pairwise(pressed)), default=0.0) * 1000
    if longest > profile.gap_ms:
        yield Finding("gap", texts.GAP, {"pause": f"{longest:.0f}"}, {"gap_ms": min(60_000, int(longest) * 2)})


def _printable(text: str) -> str:
    return "".join("▯" if c == REFUSED else c if c.isprintable() else f"<{ord(c):02X}>" for c in text)
