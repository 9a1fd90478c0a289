"""How fast cards become a PDF, and how much memory many of them take.

A thousand cards, eight on A4: from their plain values through layout, codes and fonts to the written file. Rounds of
ekanban and of its opponents take turns; no round finds the codes of another.
"""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import BinaryIO

from ekanban_cli.bench import cards_html, plain_pdf
from ekanban_cli.bench.cards_to_print import DPI, LAYOUT, SHEET, faces, forget
from ekanban_cli.bench.figure import Figure, Report
from ekanban_labels import layout_file, pdf, sheet, sheets
from ekanban_labels.face import CardFace
from ekanban_labels.profile import Profile

CARDS, ROUNDS = 1_000, 7
FEW, MANY = 1_000, 10_000  # for memory
LEAST_PLAIN, LEAST_HTML, MOST_MEMORY = 0.4, 15, 1.3
Writer = Callable[[Iterable[CardFace], BinaryIO], None]
PEAK = """
import sys
from pathlib import Path
from ekanban_cli.bench import cards_pdf, cards_to_print
with open(sys.argv[2], "wb") as out:
    cards_pdf.write(cards_to_print.faces(int(sys.argv[1])), out)
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])  # ru_maxrss would count the parent's
"""


def run() -> Report:
    """Against the plain byte writer, and memory."""
    ratio, ours, plain = against(plain_pdf.write)
    few, many = peak(FEW), peak(MANY)
    return Report(
        [
            Figure(
                "cards a second, against a plain byte writer", ratio, LEAST_PLAIN, at_least=True,
                measured=f"{ours:,.0f} cards/s; plain {plain:,.0f} cards/s",
            ),
            Figure(
                f"peak memory, {MANY:,} cards against {FEW:,}", many / few, MOST_MEMORY,
                measured=f"{many / 1024:.1f} MB against {few / 1024:.1f} MB, the whole process",
            ),
        ],
        [
            f"{CARDS:,} cards, eight on A4, Code 128, QR and eleven texts, at {DPI} dpi; the middle one of {ROUNDS}"
            " rounds.",
            "The plain writer measures, embeds and compresses nothing and places texts blindly; its codes' modules come"
            " from the same encoders.",
        ],
    )  # fmt: skip


def run_html() -> Report:
    """Against WeasyPrint."""
    ratio, ours, html = against(cards_html.write, rounds=1)
    figure = Figure(
        "cards a second, against WeasyPrint", ratio, LEAST_HTML, at_least=True,
        measured=f"{ours:,.0f} cards/s; WeasyPrint {html:,.1f} cards/s",
    )  # fmt: skip
    return Report([figure], [f"{CARDS:,} cards, eight on A4; the same texts and codes, the codes as SVG paths."])


def write(cards: Iterable[CardFace], out: BinaryIO) -> None:
    """As ekanban does it."""
    profile = Profile(dpi=DPI)
    pages = sheets.pages(cards, layout_file.named(LAYOUT), profile, sheet=sheet.named(SHEET))
    pdf.write(pages, out, profile, "Cards")


def against(other: Writer, rounds: int = ROUNDS) -> tuple[float, float, float]:
    """The middle ratio, and the cards a second of both."""
    for writer in (write, other):
        _rate(writer, 16)
    rates = [(_rate(write, CARDS), _rate(other, CARDS)) for _ in range(rounds)]
    ours, theirs = (median(column) for column in zip(*rates, strict=True))
    return median(one / two for one, two in rates), ours, theirs


def _rate(writer: Writer, count: int) -> float:
    forget()
    cards, out = list(faces(count)), io.BytesIO()
    begin = time.perf_counter()
    writer(cards, out)
    return count / (time.perf_counter() - begin)


def peak(count: int) -> int:
    """Kilobytes resident at most, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(count), "/dev/null"], capture_output=True, text=True, check=True
    )
    return int(done.stdout)
