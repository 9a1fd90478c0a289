"""Scanners on the network, at loopback sockets: readers that are called, and readers that call in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator

import pytest
from hearing import SOON, Heard
from tcp_reader import Call, TcpReader, call, free_port, hang_up

from ekanban_drivers import tcp_client, tcp_listener
from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.profile import Profile
from ekanban_drivers.scanner import (
    DirectSession,
    Feedback,
    Scan,
    ScanError,
    ScannerConfig,
    ScannerState,
    Status,
)
from ekanban_drivers.tcp_address import Address, parse
from ekanban_drivers.tcp_driver import TcpDriver
from ekanban_drivers.tcp_line import Patience

PATIENT = Profile.from_mapping({"terminators": ["cr", "lf"], "gap_ms": 60_000})


@pytest.fixture(autouse=True)
def _readers_hang_up() -> Iterator[None]:
    yield
    hang_up()


Steps = Callable[[Scanners, Heard], Awaitable[None]]


def terminal(device: str, steps: Steps, profile: Profile | None = PATIENT, patience: Patience | None = None) -> None:
    async def run() -> None:
        config = ScannerConfig("gate", "tcp", device, profile)
        drivers = {"tcp": TcpDriver(patience or Patience())}
        async with Scanners([config], drivers, rescan_seconds=0.02) as scanners:
            await steps(scanners, Heard(scanners))

    asyncio.run(run())


async def called(reader: TcpReader) -> Call:
    return await asyncio.to_thread(reader.called)


# Readers that are called.


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_codes_arrive_whole_whatever_the_chunks_and_none_is_empty(host: str) -> None:
    async def steps(_: Scanners, heard: Heard) -> None:
        line = await called(reader)
        await heard.states(ScannerState.READY)
        line.send(b"\r\n\r\n]C07K3QM9")
        line.send(b"X201CF\r")
        await heard.scans("7K3QM9X201CF")
        line.send(b"\nKAN-1\rKAN-2\nKAN")
        await heard.scans("KAN-1", "KAN-2")
        line.send(b"-3\r\n")
        await heard.scans("KAN-3")

    with TcpReader(host) as reader:
        terminal(reader.address, steps)


def test_a_name_is_looked_up_and_the_next_of_its_addresses_is_called_when_the_first_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def steps(_: Scanners, heard: Heard) -> None:
        line = await called(reader)
        await heard.states(ScannerState.READY)
        line.send(b"KAN-1\r")
        await heard.scans("KAN-1")

    with TcpReader("127.0.0.1") as reader:
        found = [
            (family, socket.SOCK_STREAM, 6, "", (host, reader.port))
            for family, host in ((socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1"))
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
        terminal(f"reader-7.plant.example:{reader.port}", steps)


@pytest.mark.parametrize("end", [Call.close, Call.reset, lambda line: line.socket.shutdown(socket.SHUT_WR)])
def test_a_drop_in_mid_code_is_an_error_and_the_next_code_is_whole(end: Callable[[Call], None]) -> None:
    async def steps(_: Scanners, heard: Heard) -> None:
        for _round in range(3):
            line = await called(reader)
            await heard.states(ScannerState.READY)
            line.send(b"KAN-1\r7K3Q")
            await heard.scans("KAN-1")  # and what came in the same piece
            end(line)
            await heard.fails("disconnect", "7K3Q")
            assert "Scanner gate has closed the connection" in (await heard.states(ScannerState.ABSENT)).text
        line = await called(reader)
        await heard.states(ScannerState.READY)
        line.send(b"M9X201CF\r")
        scan = await heard.next()
        assert isinstance(scan, Scan)
        assert (scan.text, scan.suspect) == ("M9X201CF", False)

    with TcpReader() as reader:
        terminal(reader.address, steps)


def test_ten_megabytes_without_an_end_are_one_error_and_the_next_code_is_whole() -> None:
    async def steps(_: Scanners, heard: Heard) -> None:
        line = await called(reader)
        await heard.states(ScannerState.READY)
        await asyncio.to_thread(line.send, b"\0A" * 5_000_000 + b"\rKAN-1\r")
        event = await heard.next()
        assert isinstance(event, ScanError)
        assert event.kind == "too_long"
        assert len(event.partial) <= PATIENT.max_len + 1
        await heard.scans("KAN-1")

    with TcpReader() as reader:
        terminal(reader.address, steps)


def test_a_reader_that_refuses_says_what_to_look_for_and_is_read_when_it_takes_the_call() -> None:
    reader = TcpReader()

    async def steps(_: Scanners, heard: Heard) -> None:
        status = await heard.states(ScannerState.NOT_READABLE)
        assert f"Scanner 127.0.0.1:{reader.port} refuses the connection: is its TCP server" in status.text
        with reader:
            line = await called(reader)
            await heard.states(ScannerState.READY)
            line.send(b"KAN-1\r")
            await heard.scans("KAN-1")

    terminal(reader.address, steps)


def test_a_reader_that_never_answers_is_absent() -> None:
    full = socket.create_server(("127.0.0.1", 0), backlog=0)  # takes one call into its queue, and the next waits
    port = full.getsockname()[1]

    async def steps(_: Scanners, heard: Heard) -> None:
        status = await heard.states(ScannerState.ABSENT)
        assert f"Scanner 127.0.0.1:{port} does not answer: look for its power" in status.text

    with full, socket.create_connection(("127.0.0.1", port)):
        terminal(f"127.0.0.1:{port}", steps, patience=Patience(connect=0.1))


def test_a_name_that_nobody_knows_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    async def steps(_: Scanners, heard: Heard) -> None:
        status = await heard.states(ScannerState.NOT_READABLE)
        assert "The name of scanner reader-7:4001 is not known to this machine" in status.text

    terminal("reader-7:4001", steps)


def test_a_look_up_that_hangs_holds_up_neither_the_start_nor_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [ended.wait(SOON)][1:])

    async def steps(_: Scanners, heard: Heard) -> None:
        assert "does not answer" in (await heard.states(ScannerState.ABSENT)).text

    terminal("reader-7:4001", steps, patience=Patience(connect=0.1))
    assert not ended.is_set()
    ended.set()


def test_a_call_that_the_kernel_joined_to_itself_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()

    class Joined(socket.socket):
        def connect(self, place: object) -> None:
            self.bind(("127.0.0.1", port))
            super().connect(("127.0.0.1", port))

    monkeypatch.setattr(tcp_client.socket, "socket", Joined)

    with pytest.raises(tcp_client.DeviceNotReadable, match="refuses"):
        asyncio.run(tcp_client.connect(tcp_client.Address("127.0.0.1", port), Patience()))


@pytest.mark.parametrize("device", ["", "4001", "192.0.2.7", "192.0.2.7:0", "192.0.2.7:70000", "a b:1", "::1:4001",
                                    "192.0.2.7:1 from ::1", "listen:", "listen:1 from nowhere"])  # fmt: skip
def test_what_is_no_address_is_told_with_the_form_that_is(device: str) -> None:
    async def steps(_: Scanners, heard: Heard) -> None:
        assert "expected HOST:PORT" in (await heard.states(ScannerState.NOT_READABLE)).text

    terminal(device, steps)


def test_the_kernel_asks_a_silent_reader_whether_it_is_there() -> None:
    async def steps(scanners: Scanners, heard: Heard) -> None:
        await called(reader)
        await heard.states(ScannerState.READY)
        line = scanners._sessions["gate"]._place._socket  # type: ignore[attr-defined]  # the socket itself
        asked = [
            line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            *(
                line.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
            ),
        ]
        assert asked == [1, 5, 5, 3, 20_000]

    with TcpReader() as reader:
        terminal(reader.address, steps)


def test_a_reader_on_the_network_is_read_ahead_and_taken_from_in_its_own_thread() -> None:
    async def steps(scanners: Scanners, heard: Heard) -> None:
        line = await called(reader)
        await heard.states(ScannerState.READY)
        session = scanners._sessions["gate"]
        assert isinstance(session, DirectSession)
        taken, ahead = asyncio.Event(), asyncio.Event()
        loop, foreseen = asyncio.get_running_loop(), []

        def foresee(scan: Scan) -> None:
            foreseen.append(scan.text)
            loop.call_soon_threadsafe(ahead.set)

        session.hand_to(lambda: loop.call_soon_threadsafe(taken.set), foresee)
        line.send(b"KAN-1")
        await asyncio.wait_for(ahead.wait(), SOON)
        line.send(b"\r")
        await asyncio.wait_for(taken.wait(), SOON)
        reading = session.next_reading()
        assert isinstance(reading, Scan)
        assert (reading.text, foreseen) == ("KAN-1", ["KAN-1"])

    with TcpReader() as reader:
        terminal(reader.address, steps)


@pytest.mark.parametrize(
    ("means", "green", "red"),
    [
        ("bel", b"\a", b"\a\a\a"),
        ("honeywell", b"\x16\a\r", b"\x16\a\r" * 3),
        ("ssi", bytes.fromhex("05e6040000ff11"), bytes.fromhex("05e604000fff02")),
    ],
)
def test_feedback_goes_over_the_same_connection(means: str, green: bytes, red: bytes) -> None:
    async def steps(scanners: Scanners, heard: Heard) -> None:
        line = await called(reader)
        await heard.states(ScannerState.READY)
        for colour, expected in ((Feedback.GREEN, green), (Feedback.RED, red)):
            assert await scanners.feedback("gate", colour)
            assert line.received(len(expected)) == expected

    with TcpReader() as reader:
        terminal(reader.address, steps, Profile.from_mapping({"feedback": means}))


def test_a_reader_is_sent_nothing_unless_its_profile_says_what() -> None:
    async def steps(scanners: Scanners, heard: Heard) -> None:
        await called(reader)
        await heard.states(ScannerState.READY)
        assert not await scanners.feedback("gate", Feedback.GREEN)

    with TcpReader() as reader:
        terminal(reader.address, steps, None)


# Readers that call in.


def test_a_reader_calls_in_is_read_and_hears_what_became_of_it() -> None:
    port = free_port()

    async def steps(scanners: Scanners, heard: Heard) -> None:
        waiting = await heard.states(ScannerState.ABSENT)
        assert f"has not called in yet at listen:127.0.0.1:{port}" in waiting.text
        assert not await scanners.feedback("gate", Feedback.GREEN)
        for _round in range(2):
            line = call(port)
            await heard.states(ScannerState.READY)
            line.send(b"KAN-1\r\n7K3Q")
            await heard.scans("KAN-1")
            assert await scanners.feedback("gate", Feedback.GREEN)
            assert line.received(1) == b"\a"
            line.close()
            await heard.fails("disconnect", "7K3Q")
            assert "must call in again" in (await heard.states(ScannerState.ABSENT)).text

    terminal(f"listen:{port}", steps, Profile.from_mapping({"feedback": "bel", "gap_ms": 60_000}))


def test_a_reader_that_lost_its_power_calls_again_and_takes_the_place_of_its_dead_connection() -> None:
    port = free_port()

    async def steps(_: Scanners, heard: Heard) -> None:
        await heard.states(ScannerState.ABSENT)
        dead = call(port)
        await heard.states(ScannerState.READY)
        dead.send(b"KAN-1\r7K3Q")
        await heard.scans("KAN-1")
        again = call(port)  # and nothing was heard of the end of the first
        await heard.fails("disconnect", "7K3Q")
        assert dead.hung_up()
        again.send(b"M9X201CF\r")
        await heard.scans("M9X201CF")

    terminal(f"listen:{port}", steps)


def test_what_the_dead_connection_had_sent_is_read_before_another_takes_its_place() -> None:
    port, codes = free_port(), [f"KAN-{number}" for number in range(2000)]
    listener = tcp_listener.Listener(Address("127.0.0.1", port, listens=True), "gate", PATIENT, Patience())
    try:
        dead = call(port)
        assert [event.state for event in listener.read() if isinstance(event, Status)] == [ScannerState.READY]
        dead.send("".join(f"{code}\r" for code in codes).encode())
        call(port)

        found = listener.read()
    finally:
        listener.close()

    assert [event.text for event in found if isinstance(event, Scan)] == codes


def test_a_second_reader_is_refused_and_told_of_while_the_first_is_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setattr(tcp_listener, "ALARM_SECONDS", 0.1)

    async def steps(_: Scanners, heard: Heard) -> None:
        await heard.states(ScannerState.ABSENT)
        first = call(port)
        await heard.states(ScannerState.READY)
        first.send(b"7K3Q")
        second = call(port, source="127.0.0.2")
        assert second.hung_up()
        told = await heard.states(ScannerState.READY)
        assert "127.0.0.2 called in as scanner gate and was refused, because 127.0.0.1 is connected" in told.text
        assert told.alarm
        assert not (await heard.states(ScannerState.READY)).alarm  # after a while
        first.send(b"M9X201CF\r")
        await heard.scans("7K3QM9X201CF")

    terminal(f"listen:{port}", steps)


def test_only_who_may_call_in_is_let_in() -> None:
    port = free_port()

    async def steps(_: Scanners, heard: Heard) -> None:
        await heard.states(ScannerState.ABSENT)
        assert call(port).hung_up()
        told = await heard.states(ScannerState.ABSENT)
        assert ("127.0.0.1 called in as scanner gate and was refused" in told.text, told.alarm) == (True, True)
        line = call(port, source="127.0.0.9")
        await heard.states(ScannerState.READY)
        line.send(b"KAN-1\r")
        await heard.scans("KAN-1")

    terminal(f"listen:127.0.0.1:{port} from 127.0.0.8/30, ::1", steps)


def test_a_listener_is_reached_from_this_machine_only_unless_an_address_is_named() -> None:
    assert parse("listen:4001").host == "127.0.0.1"
    assert parse("listen:[::]:4001 from 192.0.2.7").lets_in("::ffff:192.0.2.7")
    assert not parse("listen:[::]:4001 from 192.0.2.7").lets_in("::ffff:192.0.2.8")


def test_a_port_that_another_program_has_is_busy_until_it_lets_go() -> None:
    with socket.create_server(("127.0.0.1", 0)) as thief:
        port = thief.getsockname()[1]

        async def steps(_: Scanners, heard: Heard) -> None:
            assert "`ss -ltnp` says which" in (await heard.states(ScannerState.BUSY)).text
            thief.close()
            await heard.states(ScannerState.ABSENT)
            call(port)
            await heard.states(ScannerState.READY)

        terminal(f"listen:{port}", steps)


def test_an_address_that_is_not_this_machines_is_told() -> None:
    async def steps(_: Scanners, heard: Heard) -> None:
        status = await heard.states(ScannerState.NOT_READABLE)
        assert "This machine cannot listen at listen:192.0.2.1:4001" in status.text

    terminal("listen:192.0.2.1:4001", steps)


def test_two_scanners_with_one_port_leave_it_to_the_first() -> None:
    port = free_port()

    async def run() -> None:
        configs = [
            ScannerConfig("one", "tcp", f"listen:{port}"),
            ScannerConfig("two", "tcp", f"listen:127.0.0.1:{port}"),
        ]
        async with Scanners(configs) as scanners, asyncio.timeout(SOON):
            async for name, event in scanners.events():
                if name == "two":
                    assert isinstance(event, Status)
                    assert "in use by scanner one" in event.text
                    return

    asyncio.run(run())
