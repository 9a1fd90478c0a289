"""Pictures of parts. A stand-in until they are decoded here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it came, decoded only as large as it is printed."""

    content: bytes
    width: int
    height: int


def fitted(picture: Picture, width: int, height: int, mode: str) -> object:
    """A stand-in."""
    from io import BytesIO

    from PIL import Image

    return Image.open(BytesIO(picture.content)).resize((width, height)).convert(mode)
