"""The shape of what the kiosk page shows; the template and the page's JavaScript read it by path ("last.word")."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Tone = Literal["green", "pending", "amber", "red", "grey", "blue"]


class Part(BaseModel):
    """Base of the view's parts."""

    model_config = ConfigDict(frozen=True)


class ScanView(Part):
    """One scan."""

    id: str = ""
    card: str = ""  # that it is of; empty: none that can be printed again
    tone: Tone = "grey"
    icon: str = "check"
    word: str = ""
    headline: str = ""  # the part number; else what was read
    description: str = ""
    amount: str = ""  # "40 pcs · KLT 4315"
    source: str = ""
    destination: str = ""  # "Line 4 ·": the bin follows
    bin: str = ""
    why: str = ""
    time: str = ""
    spoken: str = ""  # the whole as one sentence, for a screen reader


class PrintView(ScanView):
    """One print of a card, shown as a scan is. `asks`: a person has to say whether it came out."""

    asks: bool = False
    goes_on: bool = False  # something will change by itself


class ChoiceView(Part):
    """A card that may be printed again, or a range of the list in which it stands."""

    card: str = ""  # body; empty: no card
    headline: str = ""
    description: str = ""
    way: str = ""  # "Line 4 · B-12"


class StatusView(Part):
    """One place of the status strip."""

    tone: Tone = "grey"
    icon: str = "scanner"
    name: str = ""
    text: str = ""


class CalmView(Part):
    """What stands there while nothing was scanned: an invitation, or why it would be in vain."""

    tone: Tone = "grey"
    icon: str = "scanner"
    title: str
    text: str = ""


class RefusedView(Part):
    """Scans shown green here and refused at central: the oldest of them, and how many there are."""

    count: int = 0
    title: str = ""
    scan: ScanView = ScanView()


class ClockView(Part):
    """The time of day in the plant's zone."""

    clock: str  # "07:42"
    date: str


class View(ClockView):
    """Everything on the page."""

    plant: str
    station: str
    face: Literal["calm", "last", "print", "alarm"]
    calm: CalmView
    last: ScanView
    print: PrintView  # the newest
    rows: tuple[ScanView, ...]  # always ten places, empty ones last
    scanners: tuple[StatusView, ...]  # always two places
    printer: StatusView
    prints: bool  # whether cards can be printed again
    choices: tuple[ChoiceView, ...]  # the last cards scanned here, always six places
    question: PrintView  # the oldest print of which a person has to say whether it came out
    central: StatusView
    alarm: str  # why nobody may scan; empty: all is well
    notices: tuple[str, ...]  # always two places
    refused: RefusedView
    connected: bool
    fresh_ms: int  # how much longer the last scan, or print, is to be shown, if a page is opened now
    undo_ms: int  # how much longer it may be taken back
