"""From the settings of scanners to what drivers want to know, and what is wrong with them."""

from __future__ import annotations

from ekanban_drivers import profile, registry
from ekanban_drivers.errors import BadProfile
from ekanban_drivers.scanner import ScannerConfig
from ekanban_terminal.settings import BadSettings, TerminalSettings


def configs(settings: TerminalSettings) -> list[ScannerConfig]:
    """Return what the terminal reads. A wrong profile is that scanner's state, and keeps nobody else from working."""
    return [
        ScannerConfig(scanner.name, scanner.driver, scanner.device, scanner.profile or None)
        for scanner in settings.scanners
    ]


def check(settings: TerminalSettings) -> None:
    """Look into the profiles that scanners name; raises BadSettings with a line for each wrong one."""
    wrong = []
    kinds = registry.kinds()
    for scanner in settings.scanners:
        if scanner.driver not in kinds:
            wrong.append(f"scanners.{scanner.name}.driver: expected one of {', '.join(kinds)}, got {scanner.driver}")
        try:
            if scanner.profile:
                profile.load(scanner.profile)
        except BadProfile as error:
            wrong.append(f"scanners.{scanner.name}.profile: {error}")
    if wrong:
        raise BadSettings("\n".join(wrong))
