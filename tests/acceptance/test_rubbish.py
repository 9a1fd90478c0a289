"""Rubbish at the scanner: each reading is answered, kept and sent; the next good card orders as if nothing had been."""

from __future__ import annotations

import pytest
from pty_scanner import PtyScanner
from real_plant import Central, Terminal, until

from ekanban_core.card_code import CardCode

pytestmark = [pytest.mark.more, pytest.mark.timeout(240)]

NOBODYS = CardCode("00000000", 1).text
RUBBISH = {
    "unreadable": b"hello\r\n",
    "foreign": b"4006381333931\r\n",
    "a card that nobody has": NOBODYS.encode() + b"\r\n",
    "binary": bytes(byte for byte in range(128, 256)) + b"\r\n",
    "control characters": b"7K3Q\x00\x1b[2J\x07M9X2\r\n",
    "markup and SQL": b"<script>alert(1)</script>'; DROP TABLE signal;--\r\n",
    "one wrong character": b"7K3QM9X201CE\r\n",
}


def test_rubbish_is_answered_kept_and_sent_and_harms_no_good_scan(
    central: Central, terminal: Terminal, line_scanner: PtyScanner
) -> None:
    (code,) = central.loop("HX-4720", "Line 4", 1)
    terminal.start()
    until(lambda: terminal.status()["scanners"][0]["state"] == "ready", "scanner ready")
    until(lambda: terminal.status()["register"]["loaded"], "register loaded")
    for what, data in RUBBISH.items():
        before = (terminal.status()["last"] or {}).get("id")
        line_scanner.send(data)
        last = until(
            lambda before=before: (seen := terminal.status()["last"]) and seen["id"] != before and seen,  # type: ignore[misc]  # bound now
            f"an answer to {what}",
        )
        assert last["outcome"] in ("unreadable", "unknown_card"), (what, last)
        assert last["colour"] == "red", (what, last)
        assert last["message"], what

    line_scanner.send(b"\r\n\r\n" + b"A" * 10_240 + b"\r\n")  # nothing twice, and far too much
    line_scanner.scan(code)

    until(lambda: [signal["part"] for signal in central.open_signals()] == ["HX-4720"], "the good card orders")
    until(lambda: terminal.status()["journal"]["stored"] == 0, "everything is sent")
    assert terminal.status()["journal"]["dead"] == 0
    assert terminal.api is not None
    assert terminal.api.get("/healthz").status_code == 200


def test_an_empty_code_at_the_local_api_is_refused_with_what_was_expected(central: Central, terminal: Terminal) -> None:
    terminal.start()
    assert terminal.api is not None

    answers = [terminal.api.post("/api/v1/scan", content=body) for body in (b'{"code": ""}', b"{", b"[]", b"\xff")]
    without_type = terminal.api.post("/api/v1/scan", content=b'{"code": "x"}')

    assert all(answer.status_code in (400, 415, 422) for answer in (*answers, without_type))
    assert all(answer.json()["detail"] for answer in answers)
    assert terminal.status()["journal"]["stored"] == 0
