"""Documents into a folder: whole files, named by the system, or a sentence that says why not."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest
import small_disks

from ekanban_labels.printers import (
    BadPrinter,
    Condition,
    Dialect,
    Document,
    Printer,
    Progress,
    Result,
    Sent,
    Way,
    check,
    send,
)

PAGES = [Document(b"%PDF first", 8), Document(b"%PDF second", 3)]


def _printer(folder: Path) -> Printer:
    return Printer("folder", Way.FILE, str(folder), Dialect.PDF)


def _told(result: Result) -> tuple[Sent, int, int]:
    return result.state, result.printed, result.begun


def test_each_document_is_a_file_named_after_the_job(tmp_path: Path) -> None:
    told: list[Progress] = []

    result = send(_printer(tmp_path), PAGES, told.append, name="0197-a")

    assert check(_printer(tmp_path)).condition is Condition.READY
    assert _told(result) == (Sent.DONE, 11, 11)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "ekanban-0197-a-0001.pdf": b"%PDF first",
        "ekanban-0197-a-0002.pdf": b"%PDF second",
    }
    assert [step.printed for step in told] == [8, 11]


def test_the_same_job_is_not_written_twice(tmp_path: Path) -> None:
    send(_printer(tmp_path), PAGES, name="0197-a")

    again = send(_printer(tmp_path), [Document(b"other")], name="0197-a")

    assert _told(again) == (Sent.FAILED, 0, 0)
    assert "is there already" in str(again.reason)
    assert (tmp_path / "ekanban-0197-a-0001.pdf").read_bytes() == b"%PDF first"


@pytest.mark.parametrize("name", ["../x", "a b", "", "-x", "a" * 65, "a/b", "é"])
def test_a_job_has_a_name_that_is_safe_in_a_folder(tmp_path: Path, name: str) -> None:
    if not name:
        assert send(_printer(tmp_path), PAGES, name=name).state is Sent.DONE  # it gets one
        return
    with pytest.raises(BadPrinter):
        send(_printer(tmp_path), PAGES, name=name)
    assert list(tmp_path.iterdir()) == []


def test_what_everybody_reads_names_the_folder_and_not_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()

    said = [str(check(_printer(folder)).sentence), str(send(_printer(folder), PAGES).reason)]

    folder.rename(tmp_path / "gone")
    said.append(str(check(_printer(folder)).sentence))
    assert all("cards" in one and str(tmp_path) not in one for one in said), said


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    printer = _printer(tmp_path / "none")

    assert check(printer).condition is Condition.FAULT
    assert "is not there" in str(check(printer).sentence)
    assert _told(send(printer, PAGES)) == (Sent.FAILED, 0, 0)


@pytest.mark.needs("mount")
def test_a_full_disk_is_said_and_leaves_no_half_file(tmp_path: Path) -> None:
    with small_disks.small(tmp_path, megabytes=1) as disk:
        result = send(_printer(disk), [PAGES[0], Document(b"x" * 2_000_000)], name="job")

        assert _told(result) == (Sent.FAILED, 8, 8)
        assert "is full" in str(result.reason)
        assert [path.name for path in disk.iterdir()] == ["ekanban-job-0001.pdf"]


def test_a_file_that_may_not_last_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync

    def fails_for_folders(handle: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(errno.EIO, "the disk is gone")
        real(handle)

    monkeypatch.setattr(os, "fsync", fails_for_folders)

    assert _told(send(_printer(tmp_path), PAGES)) == (Sent.UNKNOWN, 0, 8)


def test_a_cancelled_job_writes_no_more(tmp_path: Path) -> None:
    cancel = threading.Event()

    result = send(_printer(tmp_path), PAGES, lambda step: cancel.set(), cancel=cancel)

    assert _told(result) == (Sent.FAILED, 8, 8)
    assert len(list(tmp_path.iterdir())) == 1
