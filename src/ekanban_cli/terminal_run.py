"""What `ekanban terminal serve` and `enroll` do; loaded only then. Neither ORM nor PDF: a terminal stays small."""

from __future__ import annotations

from ekanban_cli import logs, server
from ekanban_cli.answers import say
from ekanban_cli.language import _
from ekanban_terminal import enroll as enrolment
from ekanban_terminal import folder
from ekanban_terminal.app import create_app
from ekanban_terminal.settings import TerminalSettings


def serve(settings: TerminalSettings, as_json: bool) -> None:
    """Check what can be wrong before the first scan, then serve until the end is asked for."""
    folder.check(settings.data)
    with server.listen(settings.host, settings.port) as listener:
        logs.configure(settings.log_level, settings.log_format)
        app = create_app(settings.model_copy(update={"port": listener.getsockname()[1]}))
        url = server.address(listener, "https" if settings.tls else "http")

        def ready() -> None:
            say(_("Terminal {name}: {url}").format(name=settings.name, url=url), {"terminal": url}, as_json)

        tls = settings.tls
        server.run(
            app, listener, app.state.kiosk.close, ready, connections=settings.limits.connections,
            certificate=tls.certificate if tls else None, key=tls.key if tls else None,
        )  # fmt: skip


def enroll(settings: TerminalSettings, url: str, code: str, as_json: bool) -> None:
    """Enrol, telling each step."""
    told = (lambda _text: None) if as_json else (lambda text: print(_(text)))
    answer = enrolment.enroll(settings.data, settings.name, url, code, told)
    if as_json:
        say("", {"terminal": answer.terminal, "state": answer.state, "site": answer.site}, as_json)
