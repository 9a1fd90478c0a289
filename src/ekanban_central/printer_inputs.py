"""What administrators may say of printers."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from ekanban_central.inputs import Input, Name, Yes, plain
from ekanban_core.states import PrinterDialect, PrinterWay

Address = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(plain)]
Word = Annotated[str, Field(max_length=40), AfterValidator(plain)]
Media = Annotated[str, Field(max_length=80, pattern=r"^[a-z0-9_.-]*$")]
Fingerprint = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
Resolution = Literal[203, 300, 600]
Offset = Annotated[float, Field(strict=True, ge=-50, le=50)]  # millimetres
Scale = Annotated[float, Field(strict=True, ge=0.9, le=1.1)]
Inset = Annotated[float, Field(strict=True, ge=0, le=1)]  # dots


class NewPrinter(Input):
    """A printer. `address` is what its way needs: ipp://host/ipp/print, a queue of CUPS, host:9100, or a folder.

    layout, sheet: of jobs that name none; empty: chosen by rule. terminal_id: the terminal at which it stands, which
    prints on it then; null: central prints.
    """

    name: Name
    way: PrinterWay
    address: Address
    dialect: PrinterDialect
    dpi: Resolution = 203
    media: Media = ""
    offset_x: Offset = 0.0
    offset_y: Offset = 0.0
    scale_x: Scale = 1.0
    scale_y: Scale = 1.0
    inset: Inset = 0.25
    answers_status: Yes = True
    fingerprint: Fingerprint = ""
    layout: Word = ""
    sheet: Word = ""
    terminal_id: UUID | None = None
    enabled: Yes = True


class PrinterChange(Input):
    """What may be changed of a printer; what is left out stays."""

    name: Name | None = None
    way: PrinterWay | None = None
    address: Address | None = None
    dialect: PrinterDialect | None = None
    dpi: Resolution | None = None
    media: Media | None = None
    offset_x: Offset | None = None
    offset_y: Offset | None = None
    scale_x: Scale | None = None
    scale_y: Scale | None = None
    inset: Inset | None = None
    answers_status: Yes | None = None
    fingerprint: Fingerprint | None = None
    layout: Word | None = None
    sheet: Word | None = None
    terminal_id: UUID | None = None
    enabled: Yes | None = None
