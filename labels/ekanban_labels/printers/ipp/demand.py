"""What is asked of a printer beside the document, and whether it can do that."""

from __future__ import annotations

from ekanban_labels.printers.ipp.client import Attributes
from ekanban_labels.printers.ipp.encoding import Attribute, Tag
from ekanban_labels.printers.model import Condition, Dialect, Printer, Status, Way
from ekanban_labels.printers.sentence import N_, say

# CUPS' name for "pass it on as it is"; printers that take ZPL over IPP themselves are not known.
_FORMS = {Dialect.PDF: "application/pdf", Dialect.ZPL: "application/vnd.cups-raw"}
_PROOFS = ("ipp", "ipps")


def form(printer: Printer) -> str:
    """Return the MIME type of its documents."""
    return _FORMS[printer.dialect]


def unsuitable(printer: Printer, offers: Attributes, two_sided: bool = False) -> Status | None:
    """Say why the printer cannot print such documents, or None."""
    forms = offers.get("document-format-supported", [])
    if form(printer) not in forms:
        sentence = say(N_("The printer does not take {form}. Register another way to it."), form=form(printer))
        return Status(Condition.UNSUITABLE, sentence, ", ".join(map(str, forms)))
    if printer.media and printer.media not in offers.get("media-supported", []):
        sentence = say(N_("The printer does not know the paper {media}."), media=printer.media)
        return Status(Condition.UNSUITABLE, sentence, ", ".join(map(str, offers.get("media-supported", []))))
    if two_sided and "two-sided-long-edge" not in offers.get("sides-supported", []):
        return Status(Condition.UNSUITABLE, say(N_("The printer cannot print on both sides.")))
    return None


def template(printer: Printer, offers: Attributes, two_sided: bool) -> list[Attribute]:
    """Return the job's attributes: only such as the printer knows, since others are refused or guessed at.

    Nothing is scaled, so that a dot of the card is a dot of the printer; a printer whose own setting is two-sided
    would print one card on the back of another.
    """
    wanted: list[Attribute] = []
    if printer.media:
        wanted.append(("media", Tag.KEYWORD, (printer.media,)))
    if "none" in offers.get("print-scaling-supported", []):
        wanted.append(("print-scaling", Tag.KEYWORD, ("none",)))
    sides = "two-sided-long-edge" if two_sided else "one-sided"
    if sides in offers.get("sides-supported", []):
        wanted.append(("sides", Tag.KEYWORD, (sides,)))
    return wanted


def proves(printer: Printer, offers: Attributes) -> bool:
    """Say whether a completed job means printed cards.

    A printer's own word does. CUPS' word does only if its queue asks the printer, over IPP: for raw sockets, USB and
    LPD "completed" means that the bytes were written, and was seen while the printer had reset after a quarter of them.
    """
    if printer.way is not Way.CUPS:
        return True
    scheme, _, rest = str(next(iter(offers.get("device-uri", [])), "")).partition(":")
    over_ipp = scheme in _PROOFS or (scheme == "dnssd" and "._ipp" in rest)
    return over_ipp and "waitjob=false" not in rest
