"""Numbers for Prometheus. Loaded when somebody first asks."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ekanban_terminal.runtime import Terminal

TYPE = CONTENT_TYPE_LATEST
PREFIX = "ekanban_terminal_"


def exposition(terminal: Terminal) -> bytes:
    """All numbers of now."""
    registry = CollectorRegistry()
    registry.register(_Numbers(terminal))
    return generate_latest(registry)


class _Numbers(Collector):
    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def collect(self) -> Iterator[Metric]:
        terminal, counts, state = self._terminal, self._terminal.store.counts, self._terminal.screen.state()
        gauges: list[tuple[str, str, float]] = [
            ("scans_stored", "Scans that central has never answered.", counts.stored),
            ("scans_sent_again", "Scans that are sent again to a restored central.", counts.again),
            ("scans_dead", "Scans that central could not take.", counts.dead),
            ("scans_refused", "Scans shown green here and refused at central, not yet seen.", len(state.refused)),
            ("journal_usable", "1 while scans can be stored.", terminal.store.problem is None),
            ("central_online", "1 while central's last answer is believed and fresh.", state.central.state == "online"),
            ("register_loaded", "1 once the register was complete.", terminal.register.about.loaded),
            ("scanners_ready", "Scanners that read.", sum(one.state == "ready" for one in state.scanners)),
            ("alarms", "Things that a person must see.", len(state.alarms)),
        ]
        for name, text, value in gauges:
            yield GaugeMetricFamily(PREFIX + name, text, value=value)
        yield CounterMetricFamily(PREFIX + "scans_answered", "Scans that central has answered.", terminal.courier.sent)
        yield CounterMetricFamily(
            PREFIX + "exchanges_failed", "Exchanges without a believable answer.", terminal.courier.failures
        )
