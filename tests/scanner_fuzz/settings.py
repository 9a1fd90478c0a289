"""The scanners whose cases are made: each driver with profiles that take other ways through its decoder."""

from __future__ import annotations

from dataclasses import dataclass

from hid_scanner import described

from ekanban_drivers.profile import Profile


@dataclass(frozen=True, slots=True)
class Setting:
    """A driver's name as recordings have it, and how its scanner is set."""

    driver: str
    profile: Profile


def _settings(driver: str, *profiles: dict[str, object]) -> list[Setting]:
    return [Setting(driver, Profile.from_mapping({"gap_ms": 100, "max_len": 60} | profile)) for profile in profiles]


SETTINGS = [
    *_settings(
        "evdev",
        {},
        {"terminators": ["none"]},
        {"terminators": ["tab"], "prefix": "<", "suffix": ">", "aim": False},
        {"framing": "stx_etx", "terminators": ["etx"]},
        {"terminators": ["etx", "kp_enter"], "max_len": 5},
    ),
    *_settings(
        "serial",
        {"terminators": ["cr", "lf"]},
        {"terminators": ["crlf"], "max_len": 5},
        {"framing": "stx_etx", "terminators": ["etx"]},
        {"terminators": ["none"]},
        {"terminators": ["etx"], "prefix": "]C1", "suffix": "\r"},
    ),
    *_settings(
        "hidpos",
        {"max_len": 400},
        {"max_len": 400, "report_descriptor": described().hex()},
        {"max_len": 70, "report_descriptor": described(capacity=20, report=0, identifier=False).hex()},
        {"report_descriptor": described(capacity=255, report=7, rest=0).hex(), "prefix": "<"},
        {"max_len": 20, "gap_ms": 1000},
    ),
]
