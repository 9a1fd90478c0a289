"""Pictures of parts: read once when they are handed in, made smaller, and drawn in dots. Needs Pillow.

A picture is decoded only after its file was taken apart (picture_files) and its size allowed. JPEG is decoded at a
fraction of its size, PNG as a whole and then strip by strip: 127 MB for 25 megapixels of colour, measured.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageMath, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from ekanban_labels.bitmap import Bitmap
from ekanban_labels.errors import N_, BadPicture
from ekanban_labels.picture_files import DAMAGED, UPRIGHT, Kind, PictureFile, parse

LONGEST = 1600  # pixels of a side that are kept: 68 mm at 600 dpi
MOST_BYTES = 5_000_000
MOST_PIXELS = 25_000_000
_STRIP = 64  # rows of the reduced picture
_MOST_PNG = 1_000_000  # bytes; a photograph larger than that is kept as JPEG
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's decoders raise at damaged files, as seen and as its source has it
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, struct.error, zlib.error)

TOO_MANY_BYTES = N_("The picture has {bytes} bytes, at most {most} are taken. Save it smaller.")
TOO_MANY_PIXELS = N_("The picture is {width} × {height} pixels large, {most} megapixels are allowed. Save it smaller.")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that can be printed: upright, on white, without metadata, no side longer than LONGEST.

    `content` is a PNG or JPEG file made anew: this is what is kept and shown.
    """

    kind: Kind
    width: int
    height: int
    content: bytes

    @property
    def media_type(self) -> str:
        """For HTTP."""
        return f"image/{self.kind}"


@dataclass(frozen=True, slots=True)
class Raster:
    """Pixels to be drawn into a place: `width` × `height` dots at (`left`, `top`) of it, to the right and downwards.

    `pixels` are `columns` × `rows` bytes of grey or triples of RGB, row by row; they are not more than the dots.
    """

    width: int
    height: int
    left: int
    top: int
    columns: int
    rows: int
    grey: bool
    pixels: bytes


def read(content: bytes, *, most_bytes: int = MOST_BYTES, most_pixels: int = MOST_PIXELS) -> Picture:
    """Read a file that somebody handed in; its content decides what it is. Raises BadPicture."""
    if len(content) > most_bytes:
        raise BadPicture(TOO_MANY_BYTES, bytes=len(content), most=most_bytes)
    file = parse(content)
    if file.width * file.height > most_pixels:
        most = round(most_pixels / 1e6, 1)
        raise BadPicture(TOO_MANY_PIXELS, width=file.width, height=file.height, most=f"{most:g}")
    return _kept(_decoded(file, LONGEST), file.kind)


def stored(content: bytes) -> Picture:
    """Take back a `content` that `read` made. Raises BadPicture if it is none."""
    file = parse(content)
    if max(file.width, file.height) > LONGEST or file.orientation != UPRIGHT:
        raise BadPicture(DAMAGED)
    return Picture(file.kind, file.width, file.height, content)


@lru_cache(maxsize=32)
def fitted(picture: Picture, width: int, height: int) -> Bitmap:
    """Draw a picture in black dots, as large as the place lets it be, in its middle. Raises BadPicture."""
    wide, high, left, top = _place(picture, width, height)
    grey = _decoded(parse(picture.content), max(wide, high)).convert("L").resize((wide, high), Image.Resampling.LANCZOS)
    dithered = ImageOps.invert(ImageOps.autocontrast(grey, cutoff=1)).convert("1")
    return Bitmap(wide, high, dithered.tobytes(), left, top)


@lru_cache(maxsize=32)
def raster(picture: Picture, width: int, height: int, *, grey: bool = False) -> Raster:
    """Give a picture's pixels for a place of so many dots, never more of them than dots. Raises BadPicture."""
    wide, high, left, top = _place(picture, width, height)
    image = _decoded(parse(picture.content), max(wide, high))
    if image.width > wide or image.height > high:
        image = image.resize((wide, high), Image.Resampling.LANCZOS)
    image = image.convert("L") if grey else image
    return Raster(wide, high, left, top, image.width, image.height, image.mode == "L", image.tobytes())


def _place(picture: Picture, width: int, height: int) -> tuple[int, int, int, int]:
    """Size and position that keep the picture's proportions."""
    if width < 1 or height < 1:
        raise ValueError("a picture's place has at least one dot")
    scale = min(width / picture.width, height / picture.height)
    wide, high = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return wide, high, (width - wide) // 2, (height - high) // 2


def _decoded(file: PictureFile, longest: int) -> Image.Image:
    """Decode: L or RGB, upright, on white, no side longer than `longest`."""
    try:
        opener = PngImageFile if file.kind is Kind.PNG else JpegImageFile
        with opener(BytesIO(file.content)) as image:
            image.draft(None, (longest, longest))  # JPEG: a half, a quarter, an eighth
            flat = _flattened(image, longest)
    except _DAMAGE as error:
        raise BadPicture(DAMAGED) from error
    flat.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return flat.transpose(_TURNS[file.orientation]) if file.orientation in _TURNS else flat


def _flattened(image: Image.Image, longest: int) -> Image.Image:
    """Colours on white, in strips, so that a large picture exists only once in full."""
    factor = max(1, max(image.size) // longest)  # what is left is less than twice too large
    wanted = "L" if image.mode in ("1", "L", "LA") or image.mode.startswith("I") else "RGB"
    whole = Image.new(wanted, (-(-image.width // factor), -(-image.height // factor)))
    for top in range(0, image.height, _STRIP * factor):
        strip = image.crop((0, top, image.width, min(image.height, top + _STRIP * factor)))
        whole.paste(_on_white(strip).convert(wanted).reduce(factor), (0, top // factor))
    return whole


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey
        grey, clear = image.point(lambda value: value * (1 / 256)).convert("L"), image.info.get("transparency")
        if isinstance(clear, int):
            grey.paste(255, mask=_where(image, clear))
        return grey
    if not image.has_transparency_data:
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA"))


def _where(image: Image.Image, value: int) -> Image.Image:
    """Which pixels of 16 bits of grey have this value; Pillow makes no mask of it."""
    found = ImageMath.lambda_eval(lambda of: of["convert"]((of["image"] == value) * 255, "L"), image=image.convert("I"))
    assert isinstance(found, Image.Image)  # noqa: S101  its type says that it may be a number, too
    return found


def _kept(image: Image.Image, kind: Kind) -> Picture:
    """Write the picture anew."""
    content = BytesIO()
    if kind is Kind.PNG:
        image.save(content, "PNG")
    if kind is Kind.JPEG or content.tell() > _MOST_PNG:
        kind, content = Kind.JPEG, BytesIO()
        image.save(content, "JPEG", quality=90)
    return Picture(kind, image.width, image.height, content.getvalue())
