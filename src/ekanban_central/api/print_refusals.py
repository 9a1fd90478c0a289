"""How printing refuses, as problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ekanban_central.master import NotThere
from ekanban_central.print_engine import NotPrintable
from ekanban_central.print_faces import LoopbackAddress
from ekanban_central.print_wish import AskedOtherwise, NoPrinter, NoSuchCards, NoSuchJob, NotNow
from ekanban_central.printers import BadPrinter, PrinterBusy
from ekanban_central.problems import Problem
from ekanban_core.errors import EkanbanError

STATUS: dict[type[EkanbanError], int] = {
    NoSuchJob: 404, NotNow: 409, AskedOtherwise: 409, LoopbackAddress: 409, PrinterBusy: 409, NoPrinter: 422,
    NoSuchCards: 422, BadPrinter: 422, NotThere: 422,
}  # fmt: skip


@contextmanager
def told(title: str = "Nothing was printed") -> Iterator[None]:
    """Turn what printing refuses into problems; the rules' own refusals are problems already."""
    try:
        yield
    except NotPrintable as error:
        wrong = [{"where": fault.card or "cards", "what": fault.text.format(**fault.facts)} for fault in error.faults]
        raise Problem(422, str(error), title=title, errors=wrong[:100]) from error
    except tuple(STATUS) as error:
        say = {name: str(value) for name, value in error.facts.items()}
        raise Problem(STATUS[type(error)], error.template, say=say) from error
