"""Cards for tests of labels: one as plants have them, one with everything long, one that says the least."""

from __future__ import annotations

from dataclasses import replace

from ekanban_labels.face import CardFace, Kind
from ekanban_labels.pictures import Picture

CODE, SHOWN = "7K3QM9X201CF", "7K3Q-M9X2-01CF"

TYPICAL = CardFace(
    part="6204-2RS", description="Deep groove ball bearing, sealed on both sides", quantity="50", unit="pcs",
    container="KLT 4315", source="Supermarket B", destination="Line 3", bin="B12", code=SHOWN, barcode=f"15K{CODE}",
    matrix=f"https://kanban.plant.example/c/{CODE}", supplier="Ruland Bearings", supplier_part="RB-6204/C3",
    kind=Kind.SUPPLIER, card=3, cards=8, lead_time="5 d", version=1, printed="2026-11-28",
    owner="Ekanban Works, Gate 4, +49 30 1234567", remark="Keep dry",
)  # fmt: skip

LONG = CardFace(
    part="WXM-4711-0815-2026-REV-Q7", quantity="100000", unit="pieces", container="Wire mesh box 1200 × 800",
    description="Mounting bracket, welded, hot-dip galvanised, with eight M12 weld nuts, left hand, mirrored",
    source="Supermarket West, aisle 14", destination="Final assembly, line 12", bin="WA-104-22", code=SHOWN,
    barcode=f"15K{CODE}", matrix=f"https://kanban.north-plant.company.example:8443/c/{CODE}",
    supplier="Maschinenfabrik Wagner & Söhne GmbH", supplier_part="WM-BRACKET-4711-L-ZN", kind=Kind.WITHDRAWAL,
    card=998, cards=999, lead_time="12 weeks", version=1023, printed="2026-11-28",
    owner="Northern Works, goods received, gate 14, +49 30 12345678", remark="Stack two high, keep this side up",
)  # fmt: skip

LEAST = CardFace(
    part="A1", description="", quantity="1", unit="", container="", source="Store", destination="Line", code=SHOWN,
    barcode=f"15K{CODE}", matrix=f"15K{CODE}",
)  # fmt: skip

PICTURE = Picture.__new__(Picture)
for name, value in {"width": 640, "height": 480, "content": b"", "kind": "png"}.items():
    object.__setattr__(PICTURE, name, value)


def with_picture(face: CardFace) -> CardFace:
    """The same card, with a picture of its part."""
    return replace(face, picture=PICTURE)
