"""The label printer of software."""

from __future__ import annotations

from pathlib import Path

import pytest

from ekanban_labels.printers.host_status import HostStatus
from ekanban_labels.printers.simulated import LabelPrinter, Reader, answer


def test_labels_and_questions_come_in_any_pieces() -> None:
    data = b"^XA^FDone^FS^XZ\r\n~HS\r\n^XA~HS^FDtwo^XZ"
    for size in range(1, len(data)):
        reader = Reader()
        found = [piece for place in range(0, len(data), size) for piece in reader.pieces(data[place : place + size])]
        assert found == [b"^XA^FDone^FS^XZ", None, None, b"^XA^FDtwo^XZ"]


def test_without_paper_labels_wait_until_there_is_some() -> None:
    printer, reader = LabelPrinter(paper=2), Reader()

    printer.feed(reader, b"^XA1^XZ^XA2^XZ^XA3^XZ")

    assert list(printer.printed) == [b"^XA1^XZ", b"^XA2^XZ"]
    assert printer.feed(reader, b"~HS") == answer(HostStatus(paper_out=True, formats=1))
    printer.put_paper_in()
    assert printer.count == 3


def test_troubles_stop_it_and_forgetting_empties_it() -> None:
    printer, reader = LabelPrinter(), Reader()
    printer.trouble("head_up", "paused")

    printer.feed(reader, b"^XA1^XZ^XA2")

    assert printer.feed(reader, b"~HS") == answer(HostStatus(paused=True, head_up=True, formats=1, partial=True))
    printer.forget()
    printer.trouble()
    assert (printer.count, printer.status()) == (0, HostStatus())
    with pytest.raises(ValueError, match="expected some of"):
        printer.trouble("on_fire")


def test_what_it_printed_can_be_kept_in_a_folder(tmp_path: Path) -> None:
    printer = LabelPrinter()
    printer.folder = tmp_path

    printer.feed(Reader(), b"^XA1^XZ ^XA2^XZ")

    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [b"^XA1^XZ", b"^XA2^XZ"]
