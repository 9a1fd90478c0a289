"""A PDF as the black and white dots of a printer, by the two rasterisers that print servers use."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

POPPLER, GHOSTSCRIPT = "poppler", "Ghostscript"
RASTERISERS = (POPPLER, GHOSTSCRIPT)


def pages(pdf: Path, dpi: int, rasteriser: str, folder: Path) -> Iterator[Image.Image]:
    """The pages in their order, in grey (0 or 255), each removed from the folder when it has been read."""
    start = folder / f"{pdf.stem}-{rasteriser}-{dpi}"
    if rasteriser == POPPLER:
        command = ["pdftoppm", "-mono", "-r", str(dpi), str(pdf), str(start)]
    else:
        command = [
            "gs",
            "-q",
            "-dSAFER",
            "-dNOPAUSE",
            "-dBATCH",
            "-sDEVICE=pbmraw",
            f"-r{dpi}",
            f"-o{start}-%06d.pbm",
            str(pdf),
        ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    if done.stderr.strip():
        raise ValueError(f"{rasteriser} on {pdf}: {done.stderr}")
    for file in sorted(folder.glob(f"{start.name}-*.pbm")):
        with Image.open(file) as picture:
            grey = picture.convert("L")
        file.unlink()
        yield grey
