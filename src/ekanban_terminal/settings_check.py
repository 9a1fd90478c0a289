"""What `--check-config` looks into besides the settings' own form: scanners' profiles, the printer."""

from __future__ import annotations

from ekanban_terminal import scanner_configs
from ekanban_terminal.printing import label_press
from ekanban_terminal.settings import BadSettings, TerminalSettings


def check(settings: TerminalSettings) -> None:
    """Raise BadSettings with a line for each wrong key."""
    wrong = []
    for look in (scanner_configs.check, _printer):
        try:
            look(settings)
        except BadSettings as error:
            wrong.append(str(error))
    if wrong:
        raise BadSettings("\n".join(wrong))


def _printer(settings: TerminalSettings) -> None:
    if settings.printer is not None:
        label_press.check(settings.printer)
