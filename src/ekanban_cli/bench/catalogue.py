"""Which benchmarks there are. A module is imported only when its benchmark runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from ekanban_cli.bench.figure import Report


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark: its name on the command line, what it measures against what, and its module in this package."""

    name: str
    what: str
    module: str

    def load(self) -> Callable[[], Report]:
        """Return what runs it."""
        run: Callable[[], Report] = import_module(f"ekanban_cli.bench.{self.module}").run
        return run


BENCHMARKS: tuple[Benchmark, ...] = (
    Benchmark("lost-and-doubled", "the same scans and faults by ekanban, Mosquitto and plain HTTP", "lost_and_doubled"),
    Benchmark("open-page", "the page of open signals, whatever lies in the past; its SQL", "open_page"),
    Benchmark(
        "intake-batches",
        "Scans per second through HTTP in batches of 100 from four terminals (PostgreSQL, signatures, all rules,"
        " answered after commit) against pgbench doing one scan a transaction with eight clients.",
        "intake_batches",
    ),
    Benchmark(
        "intake-single",
        "Scans per second, each posted alone, from 8 and from 32 terminals, against pgbench doing one scan a"
        " transaction with as many clients.",
        "intake_single",
    ),
    Benchmark("scan-path", "scanner to durable and green, back to back; against a bare SQLite commit", "scan_path"),
    Benchmark(
        "scan-path-steady", "the same at 16 scans a second; against a 4 KiB write and fdatasync", "scan_path_steady"
    ),
    Benchmark(
        "offline-buffer",
        "a terminal with 100,000 scans that wait: its scan path, and how soon all is sent",
        "offline_buffer",
    ),
    Benchmark("demo-start", "`make demo` from a fresh clone, packages cached, to the page", "demo_start"),
    Benchmark("decoder", "key events a second and core; against reading and discarding the same events", "decoder"),
    Benchmark(
        "scanner-latency",
        "eight scanners at full speed while the event loop stalls: from the last event until the station has the scan",
        "scanner_latency",
    ),
    Benchmark("idle-cpu", "a terminal with four scanners while nobody scans", "idle_cpu"),
    Benchmark("cards-pdf", "1,000 cards as PDF against a plain byte writer; memory of 10,000", "cards_pdf"),
    Benchmark("cards-pdf-html", "1,000 cards as PDF against WeasyPrint", "cards_pdf_html"),
    Benchmark("card-button", "one card: from the button to the first byte at the printer", "card_button"),
    Benchmark("terminal-memory", "a terminal's resident memory, and how soon it is ready", "terminal_memory"),
)
