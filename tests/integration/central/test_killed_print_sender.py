"""A process that is killed while it prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import printing_process
from central_plant import Terminal
from print_shop import PrintShop

from ekanban_central import print_rows
from ekanban_core.states import PrintState


def test_what_a_killed_process_printed_is_never_sent_again(shop: PrintShop, terminal: Terminal) -> None:
    first, second, third, *_ = shop.plant.cards
    key = shop.want(first, second, third)
    url = shop.plant.database.url.render_as_string(hide_password=False)
    support = str(Path(printing_process.__file__).parent)
    command = [sys.executable, printing_process.__file__, url, str(shop.plant.now)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": support}
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "out\n"
        process.kill()

    shop.worker.work_off()
    under_way = shop.job(key)
    shop.plant.pass_s(print_rows.SILENT_MS / 1000 + 1)
    shop.worker.work_off()

    assert (under_way.state, under_way.printed) == (PrintState.SENDING, 1)
    assert (shop.job(key).state, shop.papers(key)) == (PrintState.UNKNOWN, ["out", "unsure", "unsure"])
    assert shop.engine.sent == 0
    assert [shop.scan(terminal, body, 1) for body in (first, second, third)] == [
        "superseded_print", "opened", "opened",
    ]  # fmt: skip
    later = shop.printed(shop.plant.cards[3])
    assert shop.job(later).state is PrintState.DONE
