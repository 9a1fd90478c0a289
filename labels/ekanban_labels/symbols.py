"""The symbols' modules: payload → pattern. Their size in dots and their place are the layout's business."""

from __future__ import annotations

from functools import lru_cache

CACHED = 512  # payloads: a card shows the same on both sides, in the preview and on paper; each takes about 3 kB
QR_LEVEL = "M"  # recovers 15 % of the symbol


@lru_cache(CACHED)
def code128(payload: str) -> str:
    """Code 128 (ISO/IEC 15417) of printable ASCII: "1" a dark module, "0" a light one; no quiet zones."""
    from barcode.codex import Code128

    (pattern,) = Code128(payload).build()
    return str(pattern)


@lru_cache(CACHED)
def qr(payload: str) -> tuple[str, ...]:
    """QR code (ISO/IEC 18004), level M, a string of "1" and "0" for each row; no quiet zone."""
    try:
        import zxingcpp
    except ImportError:  # no wheel for 32-bit ARM
        import segno

        code = segno.make(payload, error=QR_LEVEL, micro=False, boost_error=False)
        return tuple("".join("1" if module else "0" for module in row) for row in code.matrix)
    image = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level=QR_LEVEL).to_image(
        scale=1, add_quiet_zones=False
    )
    return _rows(image)


@lru_cache(CACHED)
def datamatrix(payload: str) -> tuple[str, ...]:
    """Data Matrix (ISO/IEC 16022), square."""
    import zxingcpp

    image = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.DataMatrix, force_square=True).to_image(
        scale=1, add_quiet_zones=False
    )
    return _rows(image)


def _rows(image: object) -> tuple[str, ...]:
    view = memoryview(image)  # type: ignore[arg-type] # zxing-cpp's image gives the buffer protocol, and ships no types
    height, width = (view.shape or (0, 0))[:2]
    content = view.tobytes()
    dark = bytes(49 if value < 128 else 48 for value in range(256))
    plain = content.translate(dark).decode()
    return tuple(plain[row * width : (row + 1) * width] for row in range(height))
