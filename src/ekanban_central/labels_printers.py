"""Printers as ekanban_labels knows them, and what it says of them in central's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import Event

import structlog

from ekanban_central.print_engine import Batch, Sent, Standing, Told
from ekanban_central.printers import BadPrinter, Printer
from ekanban_core.states import PrinterWay, PrintState
from ekanban_labels import printers
from ekanban_labels.printers import Dialect, Document, Progress, Step, Way

log = structlog.get_logger()


def address(printer: Printer) -> str:
    """Check a registration; returns the address in the form to be kept. Raises BadPrinter."""
    try:
        return printers.parse_address(Way(printer.way), _known(printer).address).text
    except printers.PrinterError as error:
        raise BadPrinter(error.template, **error.facts) from error


def standing(printer: Printer) -> Standing:
    """Ask it how it is."""
    try:
        status = printers.check(_known(printer))
    except printers.PrinterError as error:
        return Standing(False, error.template, error.facts)
    return Standing(status.ready, status.sentence.template, status.sentence.facts)


def send(printer: Printer, name: str, batches: Iterable[Batch], tell: Callable[[Told], None], stop: Event) -> Sent:
    """Send, once. What labels cannot know is unknown here too."""
    given = 0
    accepted = False

    def documents() -> Iterator[Document]:
        nonlocal given
        for batch in batches:
            given += batch.cards
            yield Document(batch.content, batch.cards)

    def told(progress: Progress) -> None:
        nonlocal accepted
        accepted = accepted or progress.step is Step.ACCEPTED
        tell(Told(progress.printed, progress.reason.template, progress.reason.facts))

    try:
        result = printers.send(_known(printer), documents(), told, name=name, cancel=stop)
    except printers.PrinterError as error:  # its registration fits no more; nothing was sent
        return Sent(PrintState.FAILED, 0, 0, error.template, error.facts)
    log.info("printer_answered", printer=printer.name, state=str(result.state), printed=result.printed,
             begun=result.begun, detail=result.detail)  # fmt: skip
    state = PrintState(result.state)
    if state is PrintState.UNKNOWN and accepted and result.begun == given and not _tells(printer):
        state = PrintState.ACCEPTED
    return Sent(state, result.printed, result.begun, result.reason.template, result.reason.facts)


def _tells(printer: Printer) -> bool:
    """Whether this printer can tell what came out."""
    return printer.answers_status or printer.way is PrinterWay.IPP


def _known(printer: Printer) -> printers.Printer:
    return printers.Printer(
        name=printer.name, way=Way(printer.way), address=printer.address, dialect=Dialect(printer.dialect),
        dpi=printer.dpi, media=printer.media, answers_status=printer.answers_status, fingerprint=printer.fingerprint,
    )  # fmt: skip
