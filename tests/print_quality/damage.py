"""What happens to a card between printing and reading: wear, a worn roller, a crooked hand, a lens out of focus."""

from __future__ import annotations

from random import Random

from PIL import Image, ImageFilter

SPOTS, SCALE, DEGREES = 0.15, 1.02, 1.0
PAPER = 255
NOISE = 1 << 20  # dots of noise that are made once


class Wear:
    """Damage by chance; the same seed damages alike."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)  # noqa: S311  # damage that can be done again
        bad = bytes(self._chance.choices((255, 0), (SPOTS, 1 - SPOTS), k=NOISE))
        self._bad, self._noise = bad, bytes(self._chance.choices((0, 255), k=NOISE))

    def damaged(self, area: Image.Image) -> Image.Image:
        """15 % of the dots turned black or white by chance, then 2 % larger, 1° askew, and blurred by a dot."""
        dots = area.width * area.height
        start = self._chance.randrange(NOISE - dots) if dots < NOISE else 0
        repeat = -(-dots // NOISE)
        where, what = ((noise * repeat)[start : start + dots] for noise in (self._bad, self._noise))
        spotted = Image.composite(Image.frombytes("L", area.size, what), area, Image.frombytes("L", area.size, where))
        larger = spotted.resize((round(area.width * SCALE), round(area.height * SCALE)), Image.Resampling.BICUBIC)
        askew = larger.rotate(DEGREES, Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER)
        return askew.filter(ImageFilter.GaussianBlur(1))
