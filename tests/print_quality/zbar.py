"""The zbar library through ctypes: a second decoder, made by other people than zxing-cpp."""

from __future__ import annotations

import ctypes
from ctypes.util import find_library
from functools import lru_cache

from PIL import Image

GREY = int.from_bytes(b"Y800", "little")
CODE128, QR = 128, 64  # zbar_symbol_type_t
ENABLE = 0
CALLS = {
    "zbar_image_scanner_create": (ctypes.c_void_p, []),
    "zbar_image_scanner_set_config": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_int]),
    "zbar_scan_image": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_void_p]),
    "zbar_image_create": (ctypes.c_void_p, []),
    "zbar_image_destroy": (None, [ctypes.c_void_p]),
    "zbar_image_set_format": (None, [ctypes.c_void_p, ctypes.c_ulong]),
    "zbar_image_set_size": (None, [ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint]),
    "zbar_image_set_data": (None, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_void_p]),
    "zbar_image_first_symbol": (ctypes.c_void_p, [ctypes.c_void_p]),
    "zbar_symbol_next": (ctypes.c_void_p, [ctypes.c_void_p]),
    "zbar_symbol_get_data": (ctypes.c_void_p, [ctypes.c_void_p]),
    "zbar_symbol_get_data_length": (ctypes.c_uint, [ctypes.c_void_p]),
}


def read(picture: Image.Image) -> list[str]:
    """What the codes on a grey picture say."""
    library, scanner = _scanner()
    image = library.zbar_image_create()
    content = picture.convert("L").tobytes()
    library.zbar_image_set_format(image, GREY)
    library.zbar_image_set_size(image, *picture.size)
    library.zbar_image_set_data(image, content, len(content), None)
    library.zbar_scan_image(scanner, image)
    said, symbol = [], library.zbar_image_first_symbol(image)
    while symbol:
        length = library.zbar_symbol_get_data_length(symbol)
        said.append(ctypes.string_at(library.zbar_symbol_get_data(symbol), length).decode("utf-8", "replace"))
        symbol = library.zbar_symbol_next(symbol)
    library.zbar_image_destroy(image)
    return said


@lru_cache(1)
def _scanner() -> tuple[ctypes.CDLL, int]:
    library = ctypes.CDLL(find_library("zbar") or "libzbar.so.0")
    for name, (answers, takes) in CALLS.items():
        call = getattr(library, name)
        call.restype, call.argtypes = answers, takes
    scanner = library.zbar_image_scanner_create()
    library.zbar_image_scanner_set_config(scanner, 0, ENABLE, 0)  # 0: all kinds
    for kind in (CODE128, QR):
        library.zbar_image_scanner_set_config(scanner, kind, ENABLE, 1)
    return library, int(scanner)
