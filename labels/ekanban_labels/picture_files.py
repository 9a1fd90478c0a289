"""PNG and JPEG files before anything decodes them: which they are, how large, and only the parts that make the picture.

What describes, compresses or animates beside the picture (EXIF, profiles, comments, previews) is left out here, so that
no decoder ever sees it: it is where bombs and private data sit. Of EXIF the orientation is kept, as a number.
Sources: PNG (ISO/IEC 15948), JPEG (ISO/IEC 10918-1 Annex B), EXIF 2.3 in APP1.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from enum import StrEnum

from ekanban_labels.errors import N_, BadPicture

UPRIGHT = 1
MOST_SCANS = 64  # passes over a progressive picture, which has about ten: each costs as much as a whole picture
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")  # not a stuffed 0xFF, not a restart
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers that begin a frame
_OTHERS = (  # pattern at the beginning, what people call it
    (rb"GIF8", "GIF"),
    (rb"RIFF....WEBP", "WebP"),
    (rb"II\*\x00|MM\x00\*", "TIFF"),
    (rb"BM", "BMP"),
    (rb"%PDF", "PDF"),
    (rb"....ftyp(?:avif|avis)", "AVIF"),
    (rb"....ftyp(?:hei[cxs]|mif1|msf1)", "HEIC"),
    (rb"(?:\xef\xbb\xbf)?\s*<(?:svg|!DOCTYPE svg|\?xml)", "SVG"),
)

OTHER_KIND = N_(
    "This file is a {kind} picture, whatever its name says. Only PNG and JPEG can be printed: save it as one."
)
NO_PICTURE = N_("This file is neither a PNG nor a JPEG picture.")
DAMAGED = N_("The picture is damaged or cut off. Save it again, or send it again.")
ANIMATED = N_("The picture is animated. Save one frame of it as PNG or JPEG.")
SCANS = N_("The picture has {scans} passes, {most} are allowed. Save it again, not progressively.")


class Kind(StrEnum):
    """What is read."""

    PNG = "png"
    JPEG = "jpeg"


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A file reduced to its picture; size in pixels as stored, `orientation` 1 to 8 as EXIF counts."""

    kind: Kind
    width: int
    height: int
    orientation: int
    content: bytes


def parse(content: bytes) -> PictureFile:
    """Read a file's structure, in time and memory of its length; raises BadPicture. The pixels are not looked at."""
    try:
        if content.startswith(_PNG):
            return _png(content)
        if content.startswith(_JPEG):
            return _jpeg(content)
    except (struct.error, IndexError) as error:  # the file ends before its structure does
        raise BadPicture(DAMAGED) from error
    for pattern, kind in _OTHERS:
        if re.match(pattern, content, re.DOTALL | re.IGNORECASE):
            raise BadPicture(OTHER_KIND, kind=kind)
    raise BadPicture(NO_PICTURE)


def _png(content: bytes) -> PictureFile:
    kept, at, width, height, orientation = [_PNG], len(_PNG), 0, 0, UPRIGHT
    kind = b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, at)
        chunk = content[at : at + length + 12]
        if len(chunk) < length + 12 or (at == len(_PNG)) != (kind == b"IHDR"):
            raise BadPicture(DAMAGED)
        if kind == b"acTL":
            raise BadPicture(ANIMATED)
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", chunk, 8)
        elif kind == b"eXIf":
            orientation = _orientation(chunk[8:-4])
        if kind in _KEPT:
            kept.append(chunk)
        at += len(chunk)
    return _sized(PictureFile(Kind.PNG, width, height, orientation, b"".join(kept)))


def _jpeg(content: bytes) -> PictureFile:
    kept, at, sizes, orientation, scans = [content[:2]], 2, [(0, 0)], UPRIGHT, 0
    while True:
        found = _MARKER.search(content, at)
        if found is None:
            raise BadPicture(DAMAGED)
        marker = content[found.end() - 1]
        kept.append(
            content[at : found.start()] if scans else b""
        )  # a pass's data; before the first it would be rubbish
        if marker == 0xD9:
            kept.append(b"\xff\xd9")
            break
        (length,) = struct.unpack_from(">H", content, found.end())
        segment = content[found.end() : found.end() + length]
        if length < 2 or len(segment) < length:
            raise BadPicture(DAMAGED)
        at = found.end() + length
        scans += marker == 0xDA
        if marker in _SIZES:
            height, width = struct.unpack_from(">HH", segment, 3)
            sizes.append((width, height))
        if marker == 0xE1 and segment[2:8] == b"Exif\0\0":
            orientation = _orientation(segment[8:])
        if not (0xE0 <= marker <= 0xEF or marker == 0xFE) or segment[2:7] in (b"JFIF\0", b"Adobe"):
            kept.append(bytes((0xFF, marker)) + segment)
    if scans > MOST_SCANS:
        raise BadPicture(SCANS, scans=scans, most=MOST_SCANS)
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return _sized(PictureFile(Kind.JPEG, width, height, orientation, b"".join(kept)))


def _sized(file: PictureFile) -> PictureFile:
    if not file.width or not file.height:
        raise BadPicture(DAMAGED)
    return file


def _orientation(exif: bytes) -> int:
    """Tag 0x0112 of the first directory; upright where it is missing or makes no sense."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return UPRIGHT
    try:
        (at,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, _type, _count, value = struct.unpack_from(f"{order}HHIH", exif, entry)
            if tag == 0x0112:
                return int(value) if 1 <= value <= 8 else UPRIGHT
    except struct.error:  # its offsets point beyond its end
        pass
    return UPRIGHT
