"""The comparison counts what it says it counts, and its faults are real."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ekanban_cli.bench import lost_and_doubled, mqtt
from ekanban_cli.bench.cut_link import free_port, link_to
from ekanban_cli.bench.figure import CannotMeasure
from ekanban_cli.bench.lost_and_doubled import Schedule, schedule, through
from ekanban_cli.bench.ways import PROBE, Naive, Way
from ekanban_core.card_code import CardCode

CARDS = [f"0000000{number}" for number in range(8)]
NO_FAULTS = Schedule(frozenset(), {}, {}, {})


class Wrong(Way):
    """Loses the first card, doubles the second, and takes no scan at the first try."""

    name = "wrong"
    quiet_s = 0.1

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.found: Counter[str] = Counter()
        self.asked: set[str] = set()

    def start_device(self) -> None:
        """Nothing to start."""

    def start_centre(self) -> None:
        """Nothing to start."""

    def scan(self, code: str) -> bool:
        if code not in self.asked:
            self.asked.add(code)
            return False
        number = len(self.asked)
        self.found[code] += {1: 0, 2: 2}.get(number, 1)
        return True

    def warm_up(self) -> None:
        """It is as warm as it will be."""

    def orders(self) -> Counter[str]:
        return +self.found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a worker here."""
    monkeypatch.setattr(lost_and_doubled, "PACE_S", 0.0)
    monkeypatch.setattr(lost_and_doubled, "AGAIN_S", 0.0)
    monkeypatch.setattr(lost_and_doubled, "LAST_S", 0.0)


def test_what_is_lost_and_what_is_doubled_is_counted(tmp_path: Path) -> None:
    way = Wrong(tmp_path / "wrong")
    try:
        counted = through(way, CARDS, NO_FAULTS)
    finally:
        way.close()

    assert (counted.lost, counted.doubled, counted.again) == (1, 1, 8)


def test_a_device_that_takes_nothing_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_and_doubled, "PATIENCE_S", 0.0)
    way = Wrong(tmp_path / "wrong")
    try:
        with pytest.raises(CannotMeasure, match="wrong: the device took no scan"):
            through(way, CARDS, NO_FAULTS)
    finally:
        way.close()


def test_the_naive_way_works_while_nothing_goes_wrong(tmp_path: Path) -> None:
    way = Naive(tmp_path / "naive")
    try:
        counted = through(way, CARDS, NO_FAULTS)
        rows = way.orders()
    finally:
        way.close()

    assert (counted.lost, counted.doubled) == (0, 0)
    assert rows.keys() == {CardCode(body, 1).text for body in CARDS} | {PROBE}


def test_a_killed_device_forgets_what_it_had_in_memory(tmp_path: Path) -> None:
    way = Naive(tmp_path / "naive")
    way.quiet_s = 0.5
    try:
        counted = through(way, CARDS, Schedule(frozenset(range(8)), {0: 0.0}, {7: 0.0}, {}))
    finally:
        way.close()

    assert counted.lost > 0


def test_a_seed_is_a_schedule() -> None:
    assert schedule(1) == schedule(1)
    assert schedule(1) != schedule(2)
    assert len(schedule(1).device) == len(schedule(1).centre) == lost_and_doubled.KILLS


def echo(server: socket.socket) -> Callable[[], None]:
    def serve() -> None:
        while True:
            try:
                near, _ = server.accept()
            except OSError:
                return
            with near:
                while chunk := _received(near):
                    near.sendall(chunk)

    return serve


def _answered(port: int) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as one:
            one.sendall(b"b")
            return one.recv(1)
    except OSError:
        return b""


def _received(near: socket.socket) -> bytes:
    try:
        return near.recv(100)
    except OSError:
        return b""


def test_a_cut_link_breaks_what_is_open_and_is_mended() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=echo(server))
    thread.start()
    with link_to(server.getsockname()[1]) as link:
        with socket.create_connection(("127.0.0.1", link.port), 5) as open_one:
            open_one.sendall(b"a")
            assert open_one.recv(1) == b"a"
            link.cut()
            assert _received(open_one) == b""
        assert _answered(link.port) == b""
        link.mend()
        assert _answered(link.port) == b"b"
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


@pytest.mark.needs("mosquitto")
@pytest.mark.parametrize("qos", [0, 1])
def test_a_message_goes_through_a_broker(tmp_path: Path, qos: int) -> None:
    port = free_port()
    with subprocess.Popen(["mosquitto", "-p", str(port)], stderr=subprocess.DEVNULL) as broker:
        try:
            subscriber = mqtt.Client(_listening(port), "database", qos)
            messages = subscriber.messages()
            publisher = mqtt.Client(port, "scanner", qos)
            got: list[bytes] = []
            reader = threading.Thread(target=lambda: got.append(next(messages)))
            reader.start()
            while reader.is_alive():  # until the subscription is there
                publisher.publish(b"x" * 300)
                reader.join(0.02)
            publisher.close()
            subscriber.close()
        finally:
            broker.kill()

    assert got == [b"x" * 300]


def _listening(port: int) -> int:
    for _ in range(500):
        with socket.socket() as probe:
            probe.settimeout(0.02)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return port
        threading.Event().wait(0.02)
    raise AssertionError("mosquitto does not listen")
