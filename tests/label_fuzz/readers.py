"""Strict readers of what the back ends write. Each knows little, and refuses everything else."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

FIELD = re.compile(rb"\^FH_\^FD((?:[A-Za-z0-9 .:/-]|_[0-9A-F]{2})*)\^FS\n")
STREAM = re.compile(rb"/Length (\d+)\s*>>\s*stream\n")
TOKEN = re.compile(rb"\s*(<[0-9a-f]*>|/[A-Za-z0-9+]+|-?\d+(?:\.\d+)?|[A-Za-z*]+)(?=\s|$)")
LITERAL_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Misread(Exception):
    """Something stands there that nobody wrote."""


def zpl_fields(content: bytes) -> Iterator[bytes]:
    """The data of fields that stand one after the other, and nothing else between them."""
    at = 0
    while at < len(content):
        field = FIELD.match(content, at)
        if not field:
            raise Misread(f"ZPL: {content[at : at + 60]!r}")
        yield re.sub(rb"_(..)", lambda code: bytes([int(code[1], 16)]), field[1])
        at = field.end()


def pdf_streams(content: bytes) -> Iterator[bytes]:
    """The streams of a PDF in their order, unpacked; each ends where its length says."""
    at = 0
    while start := STREAM.search(content, at):
        at = start.end() + int(start[1])
        if content[at : at + 9] != b"endstream":
            raise Misread(f"PDF: {content[at : at + 20]!r} instead of endstream")
        yield zlib.decompress(content[start.end() : at])


def pdf_tokens(stream: bytes) -> list[bytes]:
    """Names, numbers, operators and hexadecimal strings; a drawing has no others."""
    tokens, at = [], 0
    while at < len(stream.rstrip()):
        token = TOKEN.match(stream, at)
        if not token:
            raise Misread(f"PDF: {stream[at : at + 60]!r}")
        tokens.append(token[1])
        at = token.end()
    return tokens


def pdf_literal(written: bytes) -> bytes:
    """What a string in brackets says (ISO 32000-1, 7.3.4.2); it is one string and nothing follows it."""
    if not written.startswith(b"("):
        raise Misread(f"PDF: {written[:40]!r}")
    said, depth, at = bytearray(), 0, 0
    while at < len(written):
        byte = written[at : at + 1]
        at += 1
        if byte == b"\\":
            octal = re.compile(rb"[0-7]{1,3}").match(written, at)
            said += bytes([int(octal[0], 8)]) if octal else LITERAL_ESCAPES.get(written[at : at + 1], written[at : at + 1])
            at = octal.end() if octal else at + 1
            continue
        depth += (byte == b"(") - (byte == b")")
        if depth == 0:
            break
        said += byte
    if depth or at != len(written):
        raise Misread(f"PDF: {written[at : at + 40]!r} after a string")
    return bytes(said[1:])
