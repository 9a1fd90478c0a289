"""The terminal's process: nothing is loaded here that only a command line needs, because it stays for months.

`start` replaces the command's process by it. The listening socket and the settings come along as open files: settings
hold secrets, which every process of the machine could read in the arguments.
"""

from __future__ import annotations

import gc
import importlib
import os
import socket
import sys
from types import ModuleType
from typing import NoReturn

from pydantic import BaseModel

from ekanban_cli import server
from ekanban_cli.language import _
from ekanban_cli.said import complain, lacks, say, told
from ekanban_core.errors import EkanbanError
from ekanban_terminal.settings import TerminalSettings

# Libraries use these when they are there, and the terminal has no use for them: coloured tracebacks, green threads,
# forms, models of another age. Together 6 MB.
LEFT_OUT = ("rich", "greenlet", "python_multipart", "pydantic.v1")

SWITCH_S = 0.0001  # how long one thread computes while others want to (sys.setswitchinterval)


def start(settings: TerminalSettings, listener: socket.socket, as_json: bool) -> NoReturn:
    """Go on as the terminal's process; it has this one's number."""
    content = os.memfd_create("settings", 0)  # 0: it stays open
    os.write(content, settings.model_dump_json().encode())
    listener.set_inheritable(True)
    words = [str(content), str(listener.fileno()), "json" if as_json else "text"]
    # One arena: with one for each thread malloc(3) keeps 2 MB more, and threads that share Python's lock gain nothing.
    environment = {"MALLOC_ARENA_MAX": "1", **os.environ}
    alone = ["-I"] if sys.flags.isolated else []  # as this one: nothing of the current folder is imported
    command = [sys.executable, *alone, "-m", "ekanban_cli.terminal_process", *words]
    os.execve(sys.executable, command, environment)  # noqa: S606  # ourselves


def main(content: int, listening: int, as_json: bool) -> int:
    """Serve until the end is asked for; returns the exit code."""
    with os.fdopen(content, "rb") as file:
        file.seek(0)
        settings = TerminalSettings.model_validate_json(file.read())
    try:
        with socket.socket(fileno=listening) as listener:
            listener.set_inheritable(False)
            _serve(settings, listener, as_json)
    except EkanbanError as error:
        complain(told(error), as_json)
        return 1
    except ModuleNotFoundError as error:
        complain(lacks(error), as_json)
        return 1
    return 0


def leave_out() -> None:
    """Let an import of them fail, as if they were not there."""
    for name in LEFT_OUT:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None is what the import system looks for


def let_readers_in() -> None:
    """Have a thread that computes give the interpreter away soon, to the threads that read scanners.

    A scanner that types fills the kernel's buffer within 13 ms. With Python's own 5 ms the readers of eight scanners
    came too late whenever the event loop computed for 50 ms, and the kernel threw keys away.
    """
    sys.setswitchinterval(SWITCH_S)


def spare_readers() -> None:
    """Keep the collection of garbage from looking through what lives as long as the process, in the middle of a scan.

    No other thread runs meanwhile: 100,000 objects are 50 ms, in which each scanner that types loses keys.
    """
    gc.collect()
    gc.freeze()


def keep_small() -> None:
    """Load FastAPI and uvicorn without what a terminal has no use for."""
    leave_out()
    # FastAPI has models of all of OpenAPI: built when somebody asks a terminal to describe itself, not before. 2 MB.
    BaseModel.model_config["defer_build"] = True
    importlib.import_module("fastapi")
    del BaseModel.model_config["defer_build"]
    # Of uvicorn only the server: not its command line, with processes that watch files. 1.4 MB.
    command_line = ModuleType("uvicorn.main")
    vars(command_line).update(Server=None, main=None, run=None)
    sys.modules.setdefault("uvicorn.main", command_line)


def _serve(settings: TerminalSettings, listener: socket.socket, as_json: bool) -> None:
    keep_small()
    let_readers_in()
    from ekanban_cli import logs
    from ekanban_cli.terminal_status import in_short
    from ekanban_terminal.app import create_app

    logs.configure(settings.log_level, settings.log_format)
    app = create_app(settings.model_copy(update={"port": listener.getsockname()[1]}))
    url = server.address(listener, "https" if settings.tls else "http")

    def ready() -> None:
        spare_readers()
        say(_("Terminal {name}: {url}").format(name=settings.name, url=url), {"terminal": url}, as_json)

    tls = settings.tls
    server.run(
        app, listener, app.state.kiosk.close, ready, connections=settings.limits.connections,
        certificate=tls.certificate if tls else None, key=tls.key if tls else None,
        proofs=app.state.terminal.proofs, status=lambda: in_short(app.state.terminal.screen.state()),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "json"))
