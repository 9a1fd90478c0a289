"""Logs: JSON for machines, colour for people, secrets for nobody."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from ekanban_cli import logs

WORD = "k" * 43


Written = pytest.CaptureFixture[str]


def test_a_machine_reads_one_json_object_a_line(capsys: Written) -> None:
    logs.configure("info")

    structlog.get_logger("courier").info("sent", scans=3)
    logging.getLogger("uvicorn.error").warning("slow %s", "disk")

    written = capsys.readouterr().err
    first, second = (json.loads(line) for line in written.splitlines())
    assert (first["event"], first["scans"], first["level"], first["logger"]) == ("sent", 3, "info", "courier")
    assert (second["event"], second["level"]) == ("slow disk", "warning")
    assert first["timestamp"].endswith("Z")


def test_people_read_text(capsys: Written) -> None:
    logs.configure("info", "text")

    structlog.get_logger().info("sent", scans=3)

    written = capsys.readouterr().err
    assert "sent" in written
    assert "scans=3" in written


def test_what_is_below_the_level_is_not_written(capsys: Written) -> None:
    logs.configure("warning")

    structlog.get_logger().info("sent")

    written = capsys.readouterr().err
    assert written == ""


@pytest.mark.parametrize(
    "line",
    [
        f'127.0.0.1:5 - "GET /link/{WORD} HTTP/1.1" 200',
        f'127.0.0.1:5 - "GET /c/7K3Q?token={WORD}&x=1 HTTP/1.1" 200',
        f"Authorization: Bearer ekanban_{WORD}",
    ],
)
@pytest.mark.parametrize("form", ["json", "text"])
def test_links_and_tokens_are_cut_out_of_access_logs(capsys: Written, line: str, form: logs.Form) -> None:
    logs.configure("info", form)

    logging.getLogger("uvicorn.access").info("%s", line)

    written = capsys.readouterr().err
    assert WORD not in written
    assert logs.HIDDEN in written


@pytest.mark.parametrize(
    ("request_line", "is_told"),
    [
        (("POST", "/api/v1/scans", 200), False),
        (("GET", "/api/v1/register?since=a:1", 200), False),
        (("GET", "/healthz", 200), False),
        (("POST", "/api/v1/scans", 503), True),
        (("GET", "/readyz", 503), True),
        (("GET", "/api/v1/scans", 405), True),
        (("GET", "/signals", 200), True),
    ],
)
def test_what_comes_all_day_and_went_well_is_counted_and_not_logged(
    capsys: Written, request_line: tuple[str, str, int], is_told: bool
) -> None:
    logs.configure("info")
    method, path, status = request_line

    logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:5", method, path, "1.1", status)

    assert (path.partition("?")[0] in capsys.readouterr().err) is is_told


def test_a_secret_under_its_own_name_is_cut_out_and_a_card_code_is_not(capsys: Written) -> None:
    logs.configure("info")

    secrets = {"token": "hush", "password": "hush"}
    structlog.get_logger().info("asked", **secrets, code="7K3QM9X201CF", path="/c/7K3QM9X201CF")

    written = capsys.readouterr().err
    assert "hush" not in written
    assert written.count("7K3QM9X201CF") == 2


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_secret_in_an_exception_is_cut_out(capsys: Written, form: logs.Form) -> None:
    logs.configure("info", form)

    try:
        raise ValueError(f"http://127.0.0.1/link/{WORD}")
    except ValueError:
        structlog.get_logger().exception("failed")

    written = capsys.readouterr().err
    assert WORD not in written
    assert "ValueError" in written
