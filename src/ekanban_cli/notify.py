"""Tells systemd how a service stands (sd_notify(3)). A service that somebody else has started tells nobody."""

from __future__ import annotations

import logging
import os
import socket

SEND_S = 1.0  # systemd's queue is never full for so long; a service does not wait for who watches it

logger = logging.getLogger(__name__)


def is_wanted() -> bool:
    """Say whether anybody listens."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def tell(*assignments: str) -> None:
    """Send assignments such as READY=1, or do nothing where nobody listens. What cannot be sent is logged."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket: no file bears the name
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.settimeout(SEND_S)
            out.sendto("\n".join(" ".join(one.splitlines()) for one in assignments).encode(), address)
    except OSError as error:
        logger.warning("systemd could not be told %s: %s", assignments[0], error)


def watchdog_s() -> float | None:
    """Return after how many silent seconds systemd ends this process; None: it does not watch."""
    micros = os.environ.get("WATCHDOG_USEC", "")
    meant = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(micros) / 1e6 if meant and micros.isdigit() and int(micros) else None
