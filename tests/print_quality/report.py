"""The table in docs/reference/print-quality.md."""

from __future__ import annotations

from collections.abc import Sequence

from print_quality.rasters import RASTERISERS
from print_quality.run import DOTS, WORN, WORN_LINE, WORN_MATRIX, ZBAR, ZPL_DRAWN, ZPL_NATIVE, ZXING
from print_quality.tally import Tally

LEAST_WORN = 0.999
COLUMNS = (
    *(f"{what} {rasteriser}" for rasteriser in RASTERISERS for what in (DOTS, ZXING, ZBAR)),
    *(what for zpl in (ZPL_DRAWN, ZPL_NATIVE) for what in (zpl, f"{ZXING} {zpl}", f"{ZBAR} {zpl}")),
    *(f"{what} {RASTERISERS[0]}" for what in (WORN, WORN_LINE, WORN_MATRIX)),
)  # fmt: skip
TEXT = """\
# Print quality

Written by `make print-quality`: {cards:,} random cards (seed {seed}) of every layout and resolution as PDF, made into
dots by poppler (`pdftoppm -mono`) and by Ghostscript, and {labels:,} sides of them as ZPL, made into dots by
zpl-renderer-js.

- dots: symbols whose every dot, and every dot of their quiet zones, is as specified: each bar has exactly its width.
- zxing-cpp, zbar: symbols that this decoder reads (zbar knows no Data Matrix).
- ZPL drawn: labels that are dot for dot the preview's PNG.
- ZPL native: symbols on labels with the printer's own letters, for machines without Pillow; to the dot.
- worn: the same after 15 % of the dots turned black or white by chance, 2 % larger, 1° askew and blurred by one dot:
  fronts on which one of the two decoders reads one of the codes, and symbols by kind. At least {least:.1%} of fronts
  are wanted.
  The column "worn: matrix" speaks of decoders that see each dot of the printer: the same codes are read from a picture
  with a third as many pixels (decision 47).

| layout | dpi | cards | {heads} |
| --- | --- | --- | {lines} |
{rows}
"""


def table(tallies: Sequence[Tally], cards: int, labels: int, seed: int) -> str:
    """The whole page."""
    rows = "\n".join(
        f"| {tally.layout} | {tally.dpi} | {cards:,} | {' | '.join(tally.said(column) for column in COLUMNS)} |"
        for tally in tallies
    )
    return TEXT.format(
        cards=cards, labels=labels, seed=seed, least=LEAST_WORN,
        heads=" | ".join(COLUMNS), lines=" | ".join("---" for _ in COLUMNS), rows=rows,
    )  # fmt: skip


def line(tally: Tally) -> str:
    """One row for the terminal."""
    right = ", ".join(f"{column} {tally.said(column)}" for column in COLUMNS if tally.counts[column])
    return f"{tally.layout} {tally.dpi} dpi: {right}"


def tolerated(tallies: Sequence[Tally]) -> bool:
    """Whether enough worn cards are read, of every layout and resolution."""
    return all(tally.share(f"{WORN} {rasteriser}") >= LEAST_WORN for tally in tallies for rasteriser in RASTERISERS)
