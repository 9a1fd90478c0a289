"""Symbols that the printer draws itself, where it can only draw what the layout counted on; else they are sent as dots.

Source: ZPL II Programming Guide, ^BC, ^BQ, ^BX.
"""

from __future__ import annotations

from functools import lru_cache

from ekanban_labels import zpl_graphic
from ekanban_labels.scene import Bars, Matrix
from ekanban_labels.zpl_text import data

START_A, START_C = 103, 105
_STARTS = {103: b">9", 104: b">:", 105: b">;"}
_SWITCHES = {"A": {99: b">5", 100: b">6"}, "B": {99: b">5", 101: b">7"}, "C": {100: b">6", 101: b">7"}}
_SWITCHED = {99: "C", 100: "B", 101: "A"}
_QR_BYTES_M = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213)  # ISO/IEC 18004 table 7: versions 1 to 10, level M
_MOST_MAGNIFIED = 10  # older firmware takes no larger module


def bars(item: Bars, x: int, y: int) -> bytes:
    """Code 128 with the code sets of our pattern, which a printer follows and does not choose."""
    sent = _code_sets(item.pattern, item.payload) if item.symbology == "code128" else None
    if sent is None or item.module > _MOST_MAGNIFIED:
        return _drawn((item.pattern,), item.module, item.height, x, y)
    return b"^FO%d,%d^BY%d,3,%d^BCN,%d,N,N,N,N" % (x, y, item.module, item.height, item.height) + data(*sent)


def matrix(item: Matrix, x: int, y: int) -> bytes:
    """A QR code or Data Matrix of exactly this size."""
    size, module = len(item.rows), item.module
    octets = item.payload.encode("utf-8", "replace")
    if module <= _MOST_MAGNIFIED and item.symbology == "qr" and size == _qr_size(len(octets)):
        # With a ^BY height that is not 0 printers move the symbol down by it. B: bytes, so many
        return b"^FO%d,%d^BY1,2,0^BQN,2,%d,M" % (x, y, module) + data(b"MM,B%04d" % len(octets), item.payload)
    if item.symbology == "datamatrix" and size == len(item.rows[0]) and not {"~", "_"} & set(item.payload):
        return b"^FO%d,%d^BXN,%d,200,%d,%d" % (x, y, module, size, size) + data(item.payload)
    return _drawn(item.rows, module, module, x, y)


def _qr_size(octets: int) -> int:
    """Modules a side of the smallest QR code of level M for so many bytes; 0 if a printer might choose otherwise."""
    return next((21 + 4 * version for version, most in enumerate(_QR_BYTES_M) if octets <= most), 0)


def _drawn(rows: tuple[str, ...], module: int, height: int, x: int, y: int) -> bytes:
    width = len(rows[0]) * module
    octets = -(-width // 8)
    lines = []
    for row in rows:
        bits = int("".join(bit * module for bit in row).ljust(octets * 8, "0"), 2)
        lines.append(bits.to_bytes(octets, "big") * height)
    return zpl_graphic.field(b"".join(lines), octets, x, y)


def _code_sets(pattern: str, payload: str) -> list[str | bytes] | None:
    """The payload with the code sets that the pattern uses; nothing if it uses what is not known here."""
    values = _values(pattern)
    if not values or values[0] not in _STARTS:
        return None
    sent: list[str | bytes] = [_STARTS[values[0]]]
    current, said = "ABC"[values[0] - START_A], ""
    for value in values[1:-2]:  # without check character and stop
        if value in (switch := _SWITCHES[current]):
            sent.append(switch[value])
            current = _SWITCHED[value]
            continue
        text = _meaning(current, value)
        if text is None:
            return None
        said += text
        sent.append(b"_3E0" if text == ">" else text)  # ">" begins a switch: it is sent as ">0"
    return sent if said == payload else None


def _meaning(code_set: str, value: int) -> str | None:
    if code_set == "C":
        return f"{value:02}" if value < 100 else None
    return chr(value + 32) if value < 64 or (code_set == "B" and value < 95) else None


def _values(pattern: str) -> list[int]:
    known = _known()
    body = [pattern[at : at + 11] for at in range(0, len(pattern) - 2, 11)]
    return [known[piece] for piece in body] if all(piece in known for piece in body) else []


@lru_cache(1)
def _known() -> dict[str, int]:
    from barcode.charsets import code128

    return {piece: value for value, piece in enumerate(code128.CODES)} | {code128.STOP[:11]: 106}
