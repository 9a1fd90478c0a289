"""`ekanban scanners calibrate`: read the calibration barcode once, and say what is set wrongly."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _
from ekanban_cli.scanners_watch import configure
from ekanban_drivers.calibration import Calibration, Finding, judge
from ekanban_drivers.calibration_reading import Reading
from ekanban_drivers.calibration_transcript import Pressed
from ekanban_drivers.happenings import Keyed
from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.profile import Profile
from ekanban_drivers.recording import Recording
from ekanban_drivers.scanner import ScannerState, Status


def draw(file: Path) -> None:
    """Write the barcode."""
    picture = files("ekanban_drivers") / "calibration.svg"
    try:
        file.write_text(picture.read_text("utf-8"), "utf-8")
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}") from error


async def read(device: str, profile: str | None) -> tuple[Sequence[Pressed], Profile]:
    """Wait for one reading of a keyboard; return its keys, and the profile that they are to be judged by."""
    config = await configure(device, None, profile)
    if config.driver != "evdev":
        text = _("{device} is no keyboard: only keyboard scanners type in a layout.")
        raise CommandFailed(text.format(device=device))
    reading = Reading()
    async with Scanners([config], tap=reading) as scanners:
        hints = asyncio.create_task(_say_hints(scanners))
        await reading.over()
        hints.cancel()
    return reading.events, reading.profile


async def _say_hints(scanners: Scanners) -> None:
    async for _name, event in scanners.events():
        if isinstance(event, Status):
            print(_hint(event), file=sys.stderr, flush=True)


def recorded(recording: Recording) -> tuple[Sequence[Pressed], Profile]:
    """Take the reading from a recording in place of a device."""
    lines = [(line.t, line.what) for line in recording.lines]
    return [(t, what.kind, what.code, what.value) for t, what in lines if isinstance(what, Keyed)], recording.profile


def verdict(events: Sequence[Pressed], profile: Profile) -> tuple[str, dict[str, Any], bool]:
    """Return what is found, for people and for programs, and whether all is right."""
    found = judge(events, profile)
    data = {
        "layouts": list(found.layouts),
        "findings": [{"kind": one.kind, "text": _said(one), "change": dict(one.change)} for one in found.findings],
        "change": found.profile_change,
    }
    return "\n".join(_lines(found, profile)), data, not found.findings


def _lines(found: Calibration, profile: Profile) -> Iterator[str]:
    if not found.findings:
        text = _("Scanner and profile agree: layout {layout}, Caps Lock, separator and end of a code.")
        yield text.format(layout=profile.layout)
    yield from (_said(finding) for finding in found.findings)
    change = [line for finding in found.findings for line in finding.lines]
    if change:
        yield _("In the scanner's profile, or in the scanner the other way round:")
        yield from (f"    {line}" for line in change)


def _said(finding: Finding) -> str:
    return _(finding.template) % finding.facts


def _hint(status: Status) -> str:
    if status.state is ScannerState.READY:
        return _("Scan the calibration barcode now, once.")
    return _(status.template) % status.facts if status.facts else _(status.template)
