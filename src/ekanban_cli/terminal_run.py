"""What `ekanban terminal serve` and `enroll` do; loaded only then. Neither ORM nor PDF: a terminal stays small."""

from __future__ import annotations

from ekanban_cli import server, terminal_process
from ekanban_cli.folder import as_its_owner
from ekanban_cli.language import _
from ekanban_cli.said import say
from ekanban_terminal import folder
from ekanban_terminal.settings import TerminalSettings


def serve(settings: TerminalSettings, as_json: bool) -> None:
    """Check what can be wrong before the first scan, then serve until the end is asked for."""
    as_its_owner(settings.data)
    folder.check(settings.data)
    with server.listen(settings.host, settings.port) as listener:
        terminal_process.start(settings, listener, as_json)


def enroll(settings: TerminalSettings, url: str, code: str, as_json: bool) -> None:
    """Enrol, telling each step."""
    from ekanban_terminal import enroll as enrolment

    as_its_owner(settings.data)
    told = (lambda _text: None) if as_json else (lambda text: print(_(text)))
    answer = enrolment.enroll(settings.data, settings.name, url, code, told)
    if as_json:
        say("", {"terminal": answer.terminal, "state": answer.state, "site": answer.site}, as_json)
