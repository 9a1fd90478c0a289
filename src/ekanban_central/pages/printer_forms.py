"""What an administrator types about a printer: kept as typed, and read into values, with words for each mistake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from ekanban_central.printer_inputs import NewPrinter
from ekanban_central.printers import Printer
from ekanban_central.view import gettext as _
from ekanban_core.states import PrinterDialect

DPIS = (203, 300, 600)
TEXTS = ("name", "way", "address", "dialect", "media", "layout", "sheet", "fingerprint")
AMOUNTS = {"offset_x": "0", "offset_y": "0", "scale_x": "1", "scale_y": "1", "inset": "0.25"}
FIELDS = {
    "way": "raw", "dialect": "zpl", "dpi": "203", "name": "", "address": "", "media": "", "layout": "", "sheet": "",
    "fingerprint": "", "terminal": "", "answers_status": "1", "enabled": "1", **AMOUNTS,
}  # fmt: skip


FIELD_OF = {"terminal_id": "terminal"}
# In the place of what is wrong, so that the rest can be looked at.
_RIGHT: dict[str, Any] = {
    "name": "-", "way": "raw", "address": "-", "dialect": "zpl", "dpi": 203, "media": "", "fingerprint": "",
    "layout": "", "sheet": "", **{name: float(usual) for name, usual in AMOUNTS.items()},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """A way to reach a printer, as the form explains it."""

    name: str
    word: str
    help: str
    example: str


@dataclass(frozen=True, slots=True)
class Read:
    """What the form said: values for the table, of the fields that are right, and what is wrong with the others."""

    values: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)


def ways() -> list[Way]:
    """All ways."""
    return [
        Way("raw", _("Label printer on the network"), _("ZPL straight to port 9100: name or address and port."),
            "labels-4.plant.example:9100"),
        Way("ipp", _("IPP, directly"), _("An office or label printer that speaks IPP: its address."),
            "ipp://printer.plant.example/ipp/print"),
        Way("cups", _("A queue of CUPS"), _("What the machine that sends has set up already: the queue's name."),
            "label_printer_2"),
        Way("file", _("Files in a folder"),
            _("Nothing is printed: each job becomes files in a folder of central's machine."),
            "/var/lib/ekanban/printed"),
    ]  # fmt: skip


def of_printer(printer: Printer) -> dict[str, str]:
    """A registered printer as the form shows it."""
    shown = {name: str(getattr(printer, name)) for name in (*TEXTS, "dpi")}
    amounts = {name: f"{getattr(printer, name):g}" for name in AMOUNTS}
    yes = {name: "1" if getattr(printer, name) else "" for name in ("answers_status", "enabled")}
    return {**shown, **amounts, **yes, "terminal": str(printer.terminal_id or "")}


def typed_in(form: Mapping[str, object]) -> dict[str, str]:
    """What came with a form, as text; a box that is not ticked is not sent."""
    return {name: text.strip() if isinstance(text := form.get(name, ""), str) else "" for name in FIELDS}


def read(typed: Mapping[str, str]) -> Read:
    """Make values of what was typed; where something is wrong, of the fields that are right."""
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {name: typed[name] for name in TEXTS}
    for name in AMOUNTS:
        values[name] = _amount(typed[name], name, wrong)
    values["dpi"] = int(typed["dpi"]) if typed["dpi"].isascii() and typed["dpi"].isdigit() else 0
    values |= {name: typed[name] == "1" for name in ("answers_status", "enabled")}
    values["terminal_id"] = _uuid(typed["terminal"], wrong)
    while True:
        try:
            known = NewPrinter.model_validate(values).model_dump()
        except ValidationError as error:
            bad = {str(one["loc"][0]) for one in error.errors()}
            wrong = {name: _says(name) for name in bad} | wrong
            values |= {name: _RIGHT[name] for name in bad}
        else:
            return Read({name: value for name, value in known.items() if FIELD_OF.get(name, name) not in wrong}, wrong)


def _says(name: str) -> str:
    return {
        "name": _("Give it a name of one line, 80 characters at most."),
        "address": _("Type its address, 200 characters at most."),
        "media": _("Small letters, digits, - _ . only, as the printer names it."),
        "offset_x": _("From -50 to 50 mm."),
        "offset_y": _("From -50 to 50 mm."),
        "scale_x": _("From 0.9 to 1.1."),
        "scale_y": _("From 0.9 to 1.1."),
        "inset": _("From 0 to 1 dot."),
        "fingerprint": _("64 digits and letters a to f: the SHA-256 of the printer's certificate. Or leave it empty."),
    }.get(name, _("Choose one of the list."))


def _amount(text: str, name: str, wrong: dict[str, str]) -> float:
    try:
        return float((text or AMOUNTS[name]).replace(",", "."))
    except ValueError:
        wrong[name] = _("Expected a number, got “{text}”.").format(text=text[:20])
        return float(AMOUNTS[name])


def _uuid(text: str, wrong: dict[str, str]) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        wrong["terminal"] = _says("terminal")
        return None


DIALECTS = tuple(str(one) for one in PrinterDialect)
