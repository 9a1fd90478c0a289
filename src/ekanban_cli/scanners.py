"""`ekanban scanners …`: what is plugged in, what it reads, and what a recording decodes to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ekanban_cli.answers import Config, Json, example, group
from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _
from ekanban_cli.said import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ekanban_drivers.recording import Recording
    from ekanban_drivers.scanner import DeviceInfo, Event

app = group(_("Barcode scanners at this machine."))

Driver = Annotated[
    str | None, typer.Option("--driver", help=_("How to read it, where that is not plain."), show_default=False)
]
ProfileName = Annotated[
    str | None, typer.Option("--profile", help=_("A shipped profile, or a TOML file."), show_default=False)
]
Count = Annotated[int, typer.Option("--count", min=0, help=_("End after so many codes; 0: never."))]


@app.command(
    "list",
    help=_("Show the scanners and keyboards that are there, and the identity that a configuration stores."),
    epilog=example("ekanban scanners list"),
)
def list_(as_json: Json = False) -> None:
    """Show what is there."""
    import asyncio
    from dataclasses import asdict

    from ekanban_drivers.discovery import discover

    devices, missing = asyncio.run(discover())
    for text in missing.values():
        typer.echo(text, err=True)
    table = _table(devices) if devices else _("No scanner was found.")
    say(table, [asdict(device) for device in devices], as_json)


@app.command(
    help=_("Read one scanner, exclusively, and show each code as it comes. Ctrl-C ends it."),
    epilog=example(
        "ekanban scanners watch sn:SN0001",
        "ekanban scanners watch /dev/ttyUSB0 --profile serial --count 1 --json",
        "ekanban scanners watch -",
    ),
)
def watch(
    device: Annotated[
        str, typer.Argument(metavar="DEVICE", help=_("Its identity or path (`ekanban scanners list`); “-” is stdin."))
    ],
    driver: Driver = None,
    profile: ProfileName = None,
    count: Count = 0,
    as_json: Json = False,
) -> None:
    """Show what a scanner reads."""
    import asyncio

    from ekanban_cli.scanners_watch import configure, show
    from ekanban_drivers.errors import ScannerError

    async def read() -> None:
        config = await configure(device, driver, profile)
        await show(config, count, lambda event: print(_line(event, as_json), flush=True))

    try:
        asyncio.run(read())
    except ScannerError as error:
        raise CommandFailed(str(error)) from error
    except KeyboardInterrupt:
        typer.echo()


@app.command(
    help=_(
        "Record what a scanner gives, as raw as it comes, and show each code. Ctrl-C ends it. `ekanban scanners replay`"
        " decodes the recording."
    ),
    epilog=example("ekanban scanners record gate.jsonl sn:SN0001", "ekanban scanners record gate.jsonl --count 3"),
)
def record(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The recording to be written."))],
    device: Annotated[
        str, typer.Argument(metavar="DEVICE", help=_("As for `watch`; without it, the only one that is there."))
    ] = "",
    driver: Driver = None,
    profile: ProfileName = None,
    count: Count = 0,
    force: Annotated[bool, typer.Option("--force", help=_("Write over a file that is there."))] = False,
    as_json: Json = False,
) -> None:
    """Record a scanner."""
    import asyncio

    from ekanban_cli.scanners_watch import configure, only_one, recordable, show
    from ekanban_drivers.errors import ScannerError
    from ekanban_drivers.recorder import Recorder

    async def read(recorder: Recorder) -> None:
        config = await configure(device or (await only_one() if driver is None else ""), driver, profile)
        recordable(config)

        def tell(event: Event) -> None:
            print(_line(event, as_json), flush=True)
            if recorder.error is not None:
                raise recorder.error

        await show(config, count, tell, recorder)

    try:
        with Recorder(file, force) as recorder:
            asyncio.run(read(recorder))
        if recorder.error is not None:
            raise recorder.error
    except ScannerError as error:
        raise CommandFailed(str(error)) from error
    except FileExistsError as error:
        raise CommandFailed(_("%(file)s is there already; --force writes over it.") % {"file": file}) from error
    except OSError as error:
        raise CommandFailed(f"{file}: {error}") from error
    except KeyboardInterrupt:
        typer.echo()


@app.command(
    help=_("Decode a recording of a scanner: one line for each code, or for what went wrong."),
    epilog=example("ekanban scanners replay tests/fixtures/scanners/wedge-us/plain.jsonl --json"),
)
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("A recording; “-” is stdin."))],
    as_json: Json = False,
) -> None:
    """Decode a recording."""
    from ekanban_drivers.recording import readings
    from ekanban_drivers.recording import replay as decode

    for event in readings(decode(_recording(file))):
        print(_line(event, as_json))


@app.command(
    help=_("Say why a scanner is not read, and what mends it. 1: a configured scanner, or DEVICE, cannot be read."),
    epilog=example("ekanban scanners doctor", "sudo ekanban scanners doctor gate --json"),
)
def doctor(
    device: Annotated[
        str | None,
        typer.Argument(metavar="[DEVICE]", help=_("A scanner's name, identity or path."), show_default=False),
    ] = None,
    config: Config = None,
    account: Annotated[
        str, typer.Option("--account", help=_("Who runs the terminal, if it is not plain."), show_default=False)
    ] = "",
    live: Annotated[
        bool, typer.Option("--live", help=_("Then read them, and show what they give, until Ctrl-C."))
    ] = False,
    as_json: Json = False,
) -> None:
    """Examine the machine."""
    from ekanban_cli import scanners_doctor

    report = scanners_doctor.diagnose(config, device, account)
    scanners_doctor.show(report, config, as_json)
    if live:
        scanners_doctor.show_live(report, as_json)
    elif not report.is_well:
        raise typer.Exit(1)


@app.command(
    help=_(
        "Read the calibration barcode once, and say what of a keyboard scanner's settings is wrong. 1: something is."
    ),
    epilog=example(
        "ekanban scanners calibrate --barcode calibration.svg",
        "ekanban scanners calibrate sn:SN0001 --profile keyboard",
    ),
)
def calibrate(
    device: Annotated[
        str | None, typer.Argument(metavar="DEVICE", help=_("Its identity or path (`ekanban scanners list`)."))
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help=_("A shipped profile, or a TOML file."), show_default=False)
    ] = None,
    barcode: Annotated[
        Path | None, typer.Option("--barcode", metavar="FILE", help=_("Write the barcode (SVG), to be printed."))
    ] = None,
    recording: Annotated[
        Path | None, typer.Option("--recording", metavar="FILE", help=_("Judge a recording in place of a device."))
    ] = None,
    as_json: Json = False,
) -> None:
    """Find wrong settings."""
    import asyncio

    from ekanban_cli.scanners_calibrate import draw, read, recorded, verdict
    from ekanban_drivers.errors import ScannerError
    from ekanban_drivers.profile import load

    if barcode is not None:
        draw(barcode)
    if device is None and recording is None:
        if barcode is None:
            raise typer.BadParameter(_("Name a device, or a file for the barcode."))
        return
    try:
        if recording is not None:
            events, settings = recorded(_recording(recording))
            settings = load(profile) if profile else settings
        else:
            events, settings = asyncio.run(read(device or "", profile))
    except ScannerError as error:
        raise CommandFailed(str(error)) from error
    except KeyboardInterrupt:
        raise typer.Exit(1) from None
    text, data, right = verdict(events, settings)
    say(text, data, as_json)
    if not right:
        raise typer.Exit(1)


def _recording(file: Path) -> Recording:
    import sys

    from ekanban_drivers.errors import BadRecording
    from ekanban_drivers.recording import parse

    try:
        text = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return parse(text.decode("utf-8-sig").split("\n"))
    except (BadRecording, OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file}: {error}") from error


def _table(devices: Iterable[DeviceInfo]) -> str:
    rows = [(device.driver, device.identity, device.path, _plain(device.name)) for device in devices]
    head = (_("Driver"), _("Identity"), _("Path"), _("Name"))
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(3)]
    lines = ["  ".join([*map(str.ljust, row[:3], widths), row[3]]) for row in [head, *rows]]
    return "\n".join([*lines, *(device.text for device in devices if device.text)])


def _line(event: Event, as_json: bool) -> str:
    from ekanban_drivers.recording import as_json as reading
    from ekanban_drivers.scanner import Scan, Status

    if isinstance(event, Status):
        state = {"dev": event.device, "state": str(event.state), "text": event.text}
        return json.dumps(state) if as_json else f"{event.device}: {event.state} {_plain(event.text)}".rstrip()
    if as_json:
        return json.dumps(reading(event))
    if isinstance(event, Scan):
        notes = [event.symbology or "", _("suspect") if event.suspect else ""]
        return " ".join([f"{event.device}:", _plain(event.text), *(f"({note})" for note in notes if note)])
    return f"{event.device}: {event.kind}: {_plain(event.text)}"


def _plain(text: str) -> str:
    """Spell out what is not printable: a code may hold whatever a terminal obeys."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
