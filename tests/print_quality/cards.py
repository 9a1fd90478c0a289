"""Random cards of a plant, the same ones for the same seed."""

from __future__ import annotations

from random import Random

from ekanban_labels.face import CardFace, Kind
from ekanban_labels.layout import Layout
from ekanban_labels.profile import Profile
from ekanban_labels.resolve import scenes
from ekanban_labels.scene import Page, Placed

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
WORDS = (
    "hex screw", "washer", "Zylinderschraube", "Gehäuse links", "écrou", "tornillo", "κοχλίας", "винт M8", "六角ボルト",
    "小螺丝", "bracket", "O-ring", "M8 × 20", "seal (FKM)", "cover", "wie Muster", "bushing ø 12", "≤ 40 °C", "zinc",
)  # fmt: skip
PLACES = ("SM 12", "Line 4", "Dock 3", "Lager 2", "A-17-03", "Press 7", "цех 3", "倉庫 5", "Cell B")
BASES = ("https://kanban.example.com", "http://ekanban.local:8080", "https://k.example")
COLUMNS, ROWS = 2, 4  # cards on a page: fewer, larger pages are rasterised sooner


def face(chance: Random) -> CardFace:
    """One card."""
    code = "".join(chance.choices(CROCKFORD, k=12))
    matrix = f"{chance.choice(BASES)}/c/{code}"
    return CardFace(
        part="".join(chance.choices(CROCKFORD + "-./", k=chance.randint(3, 14))),
        description=" ".join(chance.choices(WORDS, k=chance.randint(1, 3))),
        quantity=str(chance.choice((1, 12, 240, 5_000, 12_500))),
        unit=chance.choice(("pcs", "kg", "m", "Stk.")),
        container=chance.choice(("KLT 4315", "box", "GLT", "")),
        source=chance.choice(PLACES),
        destination=chance.choice(PLACES),
        code=f"{code[:4]}-{code[4:8]}-{code[8:]}",
        barcode=f"15K{code}",
        matrix=matrix,
        bin=chance.choice(("", "A1", "R3-17")),
        supplier=chance.choice(("", "Müller KG", "ACME")),
        kind=chance.choice(tuple(Kind)),
        card=chance.randint(1, 9),
        cards=9,
        lead_time=chance.choice(("", "2 d", "4 h")),
        version=chance.randint(1, 40),
        printed="2026-11-28",
    )


def pages(count: int, seed: int, layout: Layout, profile: Profile) -> list[Page]:
    """So many cards, both sides, eight sides on a page."""
    chance = Random(f"{seed} {layout.name} {profile.dpi}")  # noqa: S311  # cards that can be made again
    drawn = [scene for _ in range(count) for scene in scenes(face(chance), layout, profile)]
    width, height = drawn[0].width, drawn[0].height
    cells = [(column * width, row * height) for row in range(ROWS) for column in range(COLUMNS)]
    return [
        Page(
            width * COLUMNS, height * ROWS, profile.dpi,
            [Placed(scene, x, y) for scene, (x, y) in zip(drawn[at : at + len(cells)], cells, strict=False)],
        )
        for at in range(0, len(drawn), len(cells))
    ]  # fmt: skip
