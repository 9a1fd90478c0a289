"""Connections to printers: resolved when a job is sent, and never to a forbidden address."""

from __future__ import annotations

import socket
import time
from ipaddress import ip_address

from ekanban_labels.printers.address import forbidden
from ekanban_labels.printers.model import Condition, Status
from ekanban_labels.printers.sentence import N_, printable, say

_Place = tuple[int, tuple[str, int]]


class Unreachable(Exception):
    """No connection came about: nothing left this machine."""

    def __init__(self, status: Status) -> None:
        super().__init__(str(status.sentence))
        self.status = status


def connect(host: str, port: int, patience: float) -> socket.socket:
    """Connect to the first address that answers, within `patience` seconds in all; raises Unreachable."""
    until = time.monotonic() + patience
    place = f"{host}:{port}"
    trouble: OSError | None = None
    for family, address in _resolved(host, port):
        try:
            return _connected(family, address, max(0.1, until - time.monotonic()))
        except OSError as error:
            trouble = error
    raise Unreachable(_why(place, trouble))


def _resolved(host: str, port: int) -> list[_Place]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        sentence = say(N_("Nothing is known by the name {host}. Check it, or register the IP address."), host=host)
        raise Unreachable(Status(Condition.UNREACHABLE, sentence, printable(repr(error)))) from error
    places: list[_Place] = [(family, (str(address[0]), port)) for family, _kind, _protocol, _name, address in found]
    allowed = [(family, place) for family, place in places if not forbidden(ip_address(place[0].split("%")[0]))]
    if not allowed:
        sentence = say(
            N_("{host} leads to {ip}, where no printer may be. Check the name in the network's DNS."),
            host=host, ip=places[0][1][0] if places else "—",
        )  # fmt: skip
        raise Unreachable(Status(Condition.UNREACHABLE, sentence))
    return allowed


def _connected(family: int, address: tuple[str, int], patience: float) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        connection.settimeout(patience)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def _why(place: str, trouble: OSError | None) -> Status:
    if isinstance(trouble, ConnectionRefusedError):
        sentence = say(
            N_(
                "The printer at {place} refuses the connection: it may be starting, or printing for somebody else. Try "
                "again in a minute; if it stays so, is its address right?"
            ),
            place=place,
        )
    else:
        sentence = say(N_("No printer answers at {place}. Is it switched on, and its cable in?"), place=place)
    return Status(Condition.UNREACHABLE, sentence, printable(repr(trouble)))
