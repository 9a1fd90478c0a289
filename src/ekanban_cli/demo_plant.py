"""The plant of the demo: a small maker of pumps, two supermarkets, three suppliers, forty cards."""

from __future__ import annotations

from dataclasses import dataclass

from ekanban_core.states import Closing, LocationKind, LoopKind, SignalState

SITE = ("halden", "Halden Pumps, hall 2")
MINUTE = 60
HOUR = 60 * MINUTE

PARTS = (  # number, description, unit
    ("P-20401", "Pump housing DN 50, cast iron", "pcs"),
    ("P-20412", "Impeller 120 mm, bronze", "pcs"),
    ("P-20433", "Shaft 25 × 310, ground", "pcs"),
    ("P-20450", "Bearing cover, machined", "pcs"),
    ("P-31007", "Motor 0.75 kW, IE4", "pcs"),
    ("P-31022", "Terminal box, M20", "pcs"),
    ("P-40118", "Deep groove bearing 6205-2RS", "pcs"),
    ("P-40231", "Mechanical seal 25 mm, SiC", "pcs"),
    ("P-40266", "O-ring 48 × 3, EPDM", "pcs"),
    ("P-50825", "Hexagon screw M8 × 25, A2", "pcs"),
    ("P-50908", "Washer 8, A2", "pcs"),
    ("P-60003", "Type plate, blank", "pcs"),
)

LOCATIONS = (
    ("Brandt Fasteners", LocationKind.SUPPLIER),
    ("Nordic Seals", LocationKind.SUPPLIER),
    ("Kestrel Electric", LocationKind.SUPPLIER),
    ("Supermarket A", LocationKind.SUPERMARKET),
    ("Supermarket B", LocationKind.SUPERMARKET),
    ("CNC lathe 1", LocationKind.MACHINE),
    ("CNC mill 2", LocationKind.MACHINE),
    ("Line 2", LocationKind.LINE),
    ("Line 4", LocationKind.LINE),
)


@dataclass(frozen=True, slots=True)
class DemoLoop:
    """One loop of the plant. Durations are seconds; `states` are the middle states that it uses."""

    part: str
    source: str
    destination: str
    bin: str
    kind: LoopKind
    quantity: int
    container: str
    lead_time_s: int
    min_cycle_s: int
    closing: Closing
    cards: int
    states: tuple[SignalState, ...] = ()


_MAKE = (SignalState.ACKNOWLEDGED, SignalState.IN_PROCESS, SignalState.READY)
_BUY = (SignalState.ACKNOWLEDGED, SignalState.IN_TRANSIT)
_SEEN = (SignalState.ACKNOWLEDGED,)


def _made(part: str, machine: str, place: str, quantity: int, box: str, hours: int, cards: int) -> DemoLoop:
    return DemoLoop(
        part, machine, "Supermarket A", place, LoopKind.PRODUCTION, quantity, box, hours * HOUR, 20 * MINUTE,
        Closing.TWO_SCAN, cards, _MAKE,
    )  # fmt: skip


def _bought(
    part: str, supplier: str, market: str, place: str, quantity: int, box: str, hours: int, cards: int
) -> DemoLoop:
    return DemoLoop(
        part, supplier, market, place, LoopKind.SUPPLIER, quantity, box, hours * HOUR, HOUR,
        Closing.TWO_SCAN, cards, _BUY,
    )  # fmt: skip


def _moved(
    part: str, market: str, line: str, place: str, quantity: int, box: str, minutes: int, cards: int
) -> DemoLoop:
    return DemoLoop(
        part, market, line, place, LoopKind.WITHDRAWAL, quantity, box, minutes * MINUTE, 10 * MINUTE,
        Closing.ONE_SCAN, cards, _SEEN,
    )  # fmt: skip


LOOPS = (
    _made("P-20401", "CNC mill 2", "A-01-1", 24, "KLT 6429", 6, 3),
    _made("P-20412", "CNC lathe 1", "A-01-3", 60, "KLT 4315", 4, 2),
    _made("P-20433", "CNC lathe 1", "A-02-1", 40, "KLT 6415", 4, 2),
    _made("P-20450", "CNC mill 2", "A-02-4", 48, "KLT 4315", 5, 2),
    _bought("P-31007", "Kestrel Electric", "Supermarket A", "A-05-1", 12, "Pallet", 48, 3),
    _bought("P-31022", "Kestrel Electric", "Supermarket B", "B-01-2", 100, "Carton", 48, 2),
    _bought("P-40118", "Nordic Seals", "Supermarket B", "B-02-1", 120, "KLT 3214", 24, 2),
    _bought("P-40231", "Nordic Seals", "Supermarket B", "B-02-2", 60, "KLT 3214", 24, 2),
    _bought("P-40266", "Nordic Seals", "Supermarket B", "B-02-3", 500, "Bag", 24, 2),
    _bought("P-50825", "Brandt Fasteners", "Supermarket B", "B-04-1", 2000, "KLT 3214", 24, 3),
    _bought("P-50908", "Brandt Fasteners", "Supermarket B", "B-04-2", 4000, "KLT 3214", 24, 2),
    _bought("P-60003", "Brandt Fasteners", "Supermarket B", "B-04-4", 500, "Carton", 24, 1),
    _moved("P-20401", "Supermarket A", "Line 4", "L4-01", 12, "KLT 6429", 45, 2),
    _moved("P-20412", "Supermarket A", "Line 4", "L4-02", 20, "KLT 4315", 45, 2),
    _moved("P-31007", "Supermarket A", "Line 4", "L4-05", 6, "Half pallet", 60, 2),
    _moved("P-40231", "Supermarket B", "Line 4", "L4-08", 20, "KLT 3214", 45, 2),
    _moved("P-50825", "Supermarket B", "Line 4", "L4-11", 500, "KLT 3214", 90, 2),
    _moved("P-20433", "Supermarket A", "Line 2", "L2-02", 20, "KLT 6415", 45, 2),
    _moved("P-40118", "Supermarket B", "Line 2", "L2-04", 40, "KLT 3214", 60, 2),
)
