"""The real printer behind the desk: its settings, a simulated label printer, and a machine without what draws PDF."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ekanban_core.card_code import CardCode
from ekanban_core.states import CardState, Closing, LoopKind
from ekanban_core.wire import RegisterCard
from ekanban_labels.printers.simulated import LabelPrinter, SimulatedPrinter
from ekanban_terminal import settings_check
from ekanban_terminal.printing.jobs import PrintRefused
from ekanban_terminal.printing.label_press import LabelPress
from ekanban_terminal.printing.press import Result, Sheet
from ekanban_terminal.settings import BadSettings, PrinterSettings, load

CARD = RegisterCard(
    body="7K3QM9X2", state=CardState.ACTIVE, print_version=1, pending_version=1, number=2, cards=5, part="P-20401",
    description="Pump housing DN 50, cast iron", unit="pcs", quantity=24, container="KLT 6429", source="CNC mill 2",
    destination="Supermarket A", bin="A-01-1", kind=LoopKind.PRODUCTION, closing=Closing.TWO_SCAN,
    lead_time_s=21_600, min_cycle_s=600,
)  # fmt: skip
SHEET = Sheet(CARD, 2, "2026-11-28", "https://kanban.example.com", "Halden Pumps, hall 2", "de")


def press(address: str, **more: Any) -> LabelPress:
    return LabelPress(PrinterSettings(**{"name": "Zebra", "way": "raw", "address": address, **more}))


def test_a_card_goes_to_a_label_printer_and_comes_out_once() -> None:
    with SimulatedPrinter(LabelPrinter(paper=5)) as printer:
        one = press(printer.address)

        ready, sent = one.check(), one.send(one.draw(SHEET), "0197f0c0-0000-7000-8000-0000000000aa")

        assert ready.ready
        assert sent.result is Result.DONE
        assert printer.engine.count == 1


def test_a_printer_without_paper_is_not_ready_and_says_what_to_do() -> None:
    with SimulatedPrinter(LabelPrinter(paper=0)) as printer:
        standing = press(printer.address).check()

        assert standing.ready is False
        assert standing.why.text


def test_a_printer_that_answers_no_status_leaves_a_doubt() -> None:
    with SimulatedPrinter() as printer:
        one = press(printer.address, answers_status=False)

        assert one.send(one.draw(SHEET), "0197f0c0-0000-7000-8000-0000000000aa").result is Result.UNKNOWN


def test_a_printer_that_is_off_is_not_ready_and_nothing_is_printed() -> None:
    one = press("127.0.0.1:9")  # discard: nobody listens

    assert one.check().ready is False
    assert one.send(b"^XA^XZ", "0197f0c0-0000-7000-8000-0000000000aa").result is Result.FAILED


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (Sheet(CARD, 2, base_url=""), "base_url"),
        (Sheet(CARD.model_copy(update={"part": "W" * 500}), 2, base_url="https://a.example"), "does not fit"),
        (Sheet(CARD.model_copy(update={"layout": "nothing"}), 2, base_url="https://a.example"), "nothing"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_reason(sheet: Sheet, words: str) -> None:
    with pytest.raises(PrintRefused, match=words):
        press("192.0.2.8").draw(sheet)


def test_the_card_shows_both_codes_of_its_new_version_in_the_plants_language() -> None:
    from ekanban_terminal.printing.face import face

    shown = face(SHEET)

    assert shown.barcode == f"15K{CardCode('7K3QM9X2', 2).text}"
    assert shown.matrix == f"https://kanban.example.com/c/{CardCode('7K3QM9X2', 2).text}"
    assert (shown.version, shown.card, shown.cards, shown.lead_time) == (2, 2, 5, "6 h")
    assert shown.captions["quantity"] == "Menge"


def test_without_what_32_bit_lacks_a_card_is_drawn_all_the_same(tmp_path: Path) -> None:
    """Neither Pillow nor reportlab nor zxing-cpp has wheels for 32-bit ARM."""
    script = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("PIL", "reportlab", "zxingcpp"):
            raise ModuleNotFoundError(name)
        return None

sys.meta_path.insert(0, Missing())
import importlib.util
whole = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "PIL" else whole(name, *more)
sys.path[:0] = {[str(Path(__file__).parent)]!r}
import test_label_press as here
data = here.press("192.0.2.8").draw(here.SHEET)
open({str(tmp_path / "card.zpl")!r}, "wb").write(data)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    card = (tmp_path / "card.zpl").read_bytes()
    assert card.startswith(b"^XA")
    code = CardCode("7K3QM9X2", 2)
    assert code.shown.encode() in card
    assert b"P-20401" in card  # letters are the printer's own


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (['way = "raw"', 'address = "0.0.0.0:0"'], "printer.address"),
        (['way = "raw"', 'address = "192.0.2.8"', 'dialect = "pdf"'], "printer.dialect"),
        (['way = "raw"', 'address = "192.0.2.8"', 'layout = "a99"'], "printer.layout"),
        (['way = "fax"', 'address = "192.0.2.8"'], "printer.way"),
        (['way = "raw"', 'address = "192.0.2.8"', "dpi = 72"], "printer.dpi"),
        (['way = "raw"', 'address = "192.0.2.8"', 'colour = "red"'], "printer.colour: there is no such setting"),
        (['way = "raw"'], "printer.address"),
    ],
)
def test_check_config_names_what_is_wrong_with_the_printer(tmp_path: Path, lines: list[str], words: str) -> None:
    file = tmp_path / "terminal.toml"
    file.write_text("\n".join(["[printer]", 'name = "Zebra"', *lines]))

    with pytest.raises(BadSettings, match=words):
        settings_check.check(load(file, {}))


def test_a_printer_that_is_set_up_well_passes(tmp_path: Path) -> None:
    file = tmp_path / "terminal.toml"
    file.write_text('[printer]\nname = "Zebra"\nway = "raw"\naddress = "192.0.2.8:9100"\nlayout = "100x150"\n')

    settings_check.check(load(file, {}))
