"""Run an application with uvicorn: on a port that is known to be free, and stopping promptly."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from ekanban_cli import notify
from ekanban_cli.errors import PortTaken
from ekanban_cli.language import _
from ekanban_cli.watchdog import Proof, Watchdog

if TYPE_CHECKING:
    from fastapi import FastAPI
    from uvicorn.server import Server as Uvicorn

    from ekanban_cli.posts import Straight

LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # what listens on all addresses listens there too
GRACE_S = 5  # how long running requests may take at the end
GONE_S = 30  # a peer that acknowledges nothing for so long is gone


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything else is opened; port 0 takes any free one. Raises PortTaken."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise PortTaken(_("{host} is no address of this machine.").format(host=host)) from error
    taken = socket.socket(family, kind, protocol)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        _notice_who_is_gone(taken)
        taken.listen(2048)
    except OSError as error:
        taken.close()
        raise PortTaken(_why(host, port, error)) from error
    return taken


def _notice_who_is_gone(listener: socket.socket) -> None:
    """Connections inherit it: a live page on a tablet that left the network keeps no stream open for hours."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, GONE_S)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, GONE_S // 3)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_S * 1000)


def _why(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            text = _("Port {port} is taken: another program listens on {host}. End it, or choose another port.")
        case errno.EACCES:
            text = _("This account may not listen on port {port}. Choose one above 1023.")
        case _other:
            text = _("Cannot listen on {host}, port {port}: {why}.")
    return text.format(host=host, port=port, why=error.strerror)


def address(listener: socket.socket, scheme: str = "http") -> str:
    """Return the base URL of a listener, as this machine reaches it."""
    host, port = listener.getsockname()[:2]
    host = LOOPBACK.get(host, host)
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def run(
    app: FastAPI,
    listener: socket.socket,
    wake: Callable[[], Awaitable[None]],
    ready: Callable[[], None],
    *,
    connections: int,
    straight: Straight | None = None,
    proofs: Callable[[], Mapping[str, Proof]] = dict,
    status: Callable[[], str] = str,
    certificate: Path | None = None,
    key: Path | None = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C, then return. `connections`: the most at a time. `straight`: see posts.py.

    `ready` is called when requests are answered; `wake` ends the open live streams, which would delay the end. What
    the application raises at its start is raised here. Where systemd watches, `proofs` are what must answer while the
    service lives, by name, and `status` is how it stands, in a few words.
    """
    from uvicorn.config import Config
    from uvicorn.server import Server as Uvicorn

    from ekanban_cli.connections import guarded, room

    class Server(Uvicorn):
        """Says when it is ready, and wakes the streams as soon as the end is asked for."""

        loop: asyncio.AbstractEventLoop
        waking: asyncio.Task[None] | None = None
        watching: asyncio.Task[None] | None = None

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            self.loop = asyncio.get_running_loop()
            await super().startup(sockets)
            ready()
            notify.tell("READY=1", f"STATUS={status()}")
            if notify.is_wanted():
                self.watching = asyncio.create_task(Watchdog(proofs, status, notify.watchdog_s()).run())

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            super().handle_exit(sig, frame)
            self.loop.call_soon_threadsafe(self._wake)

        def _wake(self) -> None:
            notify.tell("STOPPING=1")
            self.waking = asyncio.ensure_future(wake())

    # uvicorn would log an application's failure to start as a traceback; so the application's life is ours.
    http = guarded(room(connections))
    if straight is not None:
        from ekanban_cli.posts import straightened

        http = straightened(http, straight)
    config = Config(
        app, http=http, lifespan="off", log_config=None, timeout_graceful_shutdown=GRACE_S,
        server_header=False, proxy_headers=False, ssl_certfile=certificate, ssl_keyfile=key,
    )  # fmt: skip
    server = Server(config)
    with _signals_end(server):
        asyncio.run(_live(app, server, listener))


async def _live(app: FastAPI, server: Uvicorn, listener: socket.socket) -> None:
    async with app.router.lifespan_context(app):
        await server.serve(sockets=[listener])


@contextmanager
def _signals_end(server: Uvicorn) -> Iterator[None]:
    """Let a signal at the start end it too, and the one that uvicorn raises anew after its end do no harm."""

    def end(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
