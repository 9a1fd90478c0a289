"""The terminal behind a kiosk page reduced to what it publishes, and a browser that looks at it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from playwright.sync_api import Page
from real_plant import until

from ekanban_terminal import kiosk
from ekanban_terminal.printing.places import Range, choices
from ekanban_terminal.register import Place
from ekanban_terminal.state import Kiosk, KioskState


@dataclass
class Terminal:
    """The page's service, in its own thread: publishes what it is told, keeps what is posted."""

    publisher: Kiosk
    posted: list[tuple[str, object]] = field(default_factory=list)
    status: int = 200
    answer: dict[str, str] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)  # cards of the bins that stand here
    url: str = ""
    loop: asyncio.AbstractEventLoop | None = None

    def publish(self, state: KioskState) -> None:
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(self.publisher.publish(state), self.loop).result(60)

    def heard(self, count: int = 1) -> list[tuple[str, object]]:
        """What was posted, as soon as there is so much of it: a page goes on before its request has come here."""
        return until(lambda: self.posted[:] if len(self.posted) >= count else None, f"{count} posted") or []

    def fail(self, status: int, detail: str) -> None:
        self.status, self.answer = status, {"detail": detail}

    def app(self) -> FastAPI:
        app = FastAPI()
        app.state.kiosk = self.publisher
        app.include_router(kiosk.router)
        kiosk.mount_static(app)

        @app.post("/api/v1/{rest:path}")
        async def keep(request: Request) -> Response:
            self.posted.append((request.url.path, json.loads(await request.body())))
            return JSONResponse(self.answer, status_code=self.status)

        @app.get("/api/v1/print/cards")
        async def cards(first: int = 0, count: int = 10_000) -> Response:
            return JSONResponse(choices(self.places, Range(first, count)))

        return app


class Service:
    """Starts and stops a Terminal on one port, as a restart of the real one would."""

    def __init__(self, terminal: Terminal, port: int = 0) -> None:
        self.terminal = terminal
        config = uvicorn.Config(terminal.app(), port=port, log_level="warning", timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        end = time.monotonic() + 60
        while not self.server.started:
            assert time.monotonic() < end, "the server did not start"
            self.thread.join(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        terminal.url = f"http://127.0.0.1:{self.port}"

    def run(self) -> None:
        async def serve() -> None:
            self.terminal.loop = asyncio.get_running_loop()
            await self.server.serve()

        asyncio.run(serve())

    def stop(self) -> None:
        assert self.terminal.loop is not None
        if self.thread.is_alive():
            asyncio.run_coroutine_threadsafe(self.terminal.publisher.close(), self.terminal.loop).result(60)
            self.server.should_exit = True
            self.thread.join()


@dataclass
class Screen:
    """One open page, and what its console said."""

    page: Page
    said: list[str]
