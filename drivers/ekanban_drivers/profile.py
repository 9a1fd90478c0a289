"""How one family of scanners speaks: its keyboard layout, its terminators, its limits. Data, never code.

Profiles are TOML files (`profiles/`), tables in a configuration, or the first line of a recording; all have the same
keys and meet the same check.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any, Self, TypeVar

from ekanban_drivers.errors import BadProfile

_Words = TypeVar("_Words", bound=StrEnum)

MOST_CHARACTERS = 16_384  # no reading is longer than what terminals and central exchange


class Terminator(StrEnum):
    """What ends a code.

    Key and byte names mean the same thing said in two ways: a scanner set to end with CR types Enter when it acts as a
    keyboard. So `cr`, `lf` and `crlf` hold for the Enter key, and `enter` and `kp_enter` for CR and for LF.
    """

    ENTER = "enter"
    KP_ENTER = "kp_enter"
    TAB = "tab"
    CR = "cr"
    LF = "lf"
    CRLF = "crlf"
    ETX = "etx"
    NONE = "none"  # nothing: only then does a pause complete a code


class Framing(StrEnum):
    """How codes are told apart."""

    LINE = "line"  # each ends with a terminator
    STX_ETX = "stx_etx"  # each stands between STX (0x02) and ETX (0x03)


class DeviceFeedback(StrEnum):
    """How a scanner shows a colour."""

    DRIVER = "driver"  # as the driver does it: BEL on serial lines, nothing elsewhere
    NONE = "none"
    BEL = "bel"  # 0x07: once, twice, three times
    LED = "led"  # the scroll lock light of a keyboard
    SSI = "ssi"  # Zebra's Simple Serial Interface: one high tone, two, a long low one
    HONEYWELL = "honeywell"  # SYN BEL CR: once, twice, three times
    DATALOGIC = "datalogic"  # B: once, twice, three times


class CapsLock(StrEnum):
    """What Caps Lock does to what a scanner types."""

    FOLLOW = "follow"  # it is on and off with the keyboard's light and with the scanner's own Caps Lock key
    OFF = "off"  # the scanner types the same whatever the light shows
    ON = "on"  # the scanner types as if Caps Lock were always on


@dataclass(frozen=True, slots=True)
class Profile:
    """The settings of one scanner family, checked when made; a wrong one raises BadProfile."""

    layout: str = "us"
    terminators: tuple[Terminator, ...] = (Terminator.ENTER, Terminator.KP_ENTER, Terminator.TAB)
    gap_ms: int = 500  # a longer silence inside a code means that something is wrong
    prefix: str = ""  # cut from every code; a code without it is suspect
    suffix: str = ""  # likewise, in front of the terminator
    max_len: int = MOST_CHARACTERS
    aim: bool = True  # AIM identifiers are cut from the text and kept as symbology
    caps_lock: CapsLock = CapsLock.FOLLOW
    framing: Framing = Framing.LINE
    report_descriptor: str = ""  # hexadecimal; HID-POS only
    feedback: DeviceFeedback = DeviceFeedback.DRIVER
    baud: int = 9600
    data_bits: int = 8
    parity: str = "none"
    stop_bits: int = 1

    def __post_init__(self) -> None:
        for key, wrong, expected in self._complaints():
            if wrong:
                raise BadProfile(f"{key}: expected {expected}, got {getattr(self, key)!r}")

    def _complaints(self) -> list[tuple[str, bool, str]]:
        alone = Terminator.NONE in self.terminators and len(self.terminators) > 1
        return [
            ("layout", self.layout not in LAYOUTS, _one_of(LAYOUTS)),
            ("terminators", not self.terminators, 'at least one; ["none"] says that there is none'),
            ("terminators", alone, '"none" alone or without it'),
            ("gap_ms", not 1 <= self.gap_ms <= 60_000, "1 to 60000 milliseconds"),
            ("prefix", not _latin1(self.prefix), "characters of Latin-1"),
            ("suffix", not _latin1(self.suffix), "characters of Latin-1"),
            ("max_len", not 1 <= self.max_len <= MOST_CHARACTERS, f"1 to {MOST_CHARACTERS} characters"),
            ("report_descriptor", not _hexadecimal(self.report_descriptor), "hexadecimal digits"),
            ("baud", not 50 <= self.baud <= 4_000_000, "50 to 4000000"),
            ("data_bits", self.data_bits not in (7, 8), "7 or 8"),
            ("parity", self.parity not in PARITIES, _one_of(PARITIES)),
            ("stop_bits", self.stop_bits not in (1, 2), "1 or 2"),
        ]

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Check a table of a TOML or JSON file; raises BadProfile and names the key."""
        known = {item.name: item.type for item in fields(cls)}
        for key in values:
            if key not in known:
                import difflib  # half a megabyte, for those who mistype

                near = difflib.get_close_matches(key, known, n=1)
                raise BadProfile(f"{key}: unknown key; " + (f"did you mean {near[0]}?" if near else _one_of(known)))
        given = {key: value for key, value in values.items() if value is not None}
        return cls(**{key: _checked(key, str(known[key]), value) for key, value in given.items()})

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values, as JSON and TOML have them."""
        return asdict(self) | {"terminators": [str(item) for item in self.terminators]}


def load(name: str) -> Profile:
    """Read a profile by the name of a shipped one, or by the path of a file; raises BadProfile."""
    is_file = "/" in name or name.endswith(".toml")
    source = Path(name) if is_file else files("ekanban_drivers") / "profiles" / f"{name}.toml"
    try:
        values = tomllib.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadProfile(f"{name}: no such profile; expected a file, or {_one_of(shipped())}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadProfile(f"{name}: {error}") from error
    for key in ("description", "match"):  # for people, and for profile_match
        values.pop(key, None)
    try:
        return Profile.from_mapping(values)
    except BadProfile as error:
        raise BadProfile(f"{name}: {error}") from None


def shipped() -> list[str]:
    """Return the names of the profiles that come with the package."""
    folder = files("ekanban_drivers") / "profiles"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


LAYOUTS = ("us", "uk", "de", "fr", "it", "es", "pt", "se", "ch-de", "ch-fr", "be", "jp")
PARITIES = ("none", "even", "odd")


def _checked(key: str, kind: str, value: Any) -> Any:
    match kind:
        case "int" | "str" | "bool":
            expected = {"int": int, "str": str, "bool": bool}[kind]
            if type(value) is not expected:
                words = {"int": "a whole number", "str": "a text", "bool": "true or false"}
                raise BadProfile(f"{key}: expected {words[kind]}, got {value!r}")
            return value
        case "Framing":
            return _member(key, Framing, value)
        case "CapsLock":
            return _member(key, CapsLock, value)
        case "DeviceFeedback":
            return _member(key, DeviceFeedback, value)
        case _:
            if not isinstance(value, list | tuple):
                raise BadProfile(f"{key}: expected a list, got {value!r}")
            return tuple(_member(key, Terminator, item) for item in value)


def _member(key: str, kind: type[_Words], value: Any) -> _Words:
    try:
        return kind(value)
    except ValueError:
        raise BadProfile(f"{key}: expected {_one_of(kind)}, got {value!r}") from None


def _one_of(names: Any) -> str:
    return "one of " + ", ".join(str(name) for name in names)


def _latin1(text: str) -> bool:
    return all(ord(character) < 256 for character in text)


def _hexadecimal(text: str) -> bool:
    try:
        bytes.fromhex(text)
    except ValueError:
        return False
    return True
