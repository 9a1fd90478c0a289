"""Where a scanner on the network is: what a configuration has for `device`.

| device | means |
| --- | --- |
| `192.0.2.7:4001`, `[2001:db8::7]:4001`, `reader-7.plant.example:4001` | a reader that is called |
| `listen:4001` | a reader on this machine that calls in (loopback) |
| `listen:192.0.2.1:4001`, `listen:[::]:4001` | readers that call in at this address of this machine |
| `listen:0.0.0.0:4001 from 192.0.2.7, 192.0.2.16/28` | the same, from these addresses only |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from ekanban_drivers.errors import DeviceNotReadable
from ekanban_drivers.scanner import N_

LISTEN = "listen:"
LOOPBACK = "127.0.0.1"
_PLACE = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^\s:\[\]]+)):(?P<port>\d{1,5})")

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address. `allowed` are the callers that a listener takes; empty: all."""

    host: str
    port: int
    listens: bool = False
    allowed: tuple[Network, ...] = ()

    @property
    def text(self) -> str:
        """The address in the one form by which two of them are compared."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{LISTEN if self.listens else ''}{host}:{self.port}"

    def lets_in(self, peer: str) -> bool:
        """Say whether a caller of this address (IPv4 or IPv6) is taken."""
        caller = ip_address(peer.split("%")[0])
        mapped = getattr(caller, "ipv4_mapped", None)  # how IPv4 shows at a socket of IPv6
        known = {caller, mapped} - {None}
        return not self.allowed or any(one in network for one in known for network in self.allowed)


def parse(device: str) -> Address:
    """Read what a configuration has for `device`; raises DeviceNotReadable."""
    place, _, callers = device.removeprefix("tcp:").strip().partition(" from ")
    listens = place.startswith(LISTEN)
    place = place.removeprefix(LISTEN)
    if listens and place.isdecimal():
        place = f"{LOOPBACK}:{place}"
    found = _PLACE.fullmatch(place)
    port = int(found["port"]) if found else 0
    if found is None or not 1 <= port <= 65535 or (callers and not listens):
        raise _wrong(device)
    return Address(found["six"] or found["host"], port, listens, _networks(device, callers))


def is_address(device: str) -> bool:
    """Say whether this looks like a place on the network, and not like an identity or a path."""
    if device.startswith(("tcp:", LISTEN)):
        return True
    return not device.startswith(("sn:", "port:", "id:", "/")) and _PLACE.fullmatch(device) is not None


def _networks(device: str, callers: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(caller.strip()) for caller in callers.split(",") if caller.strip())
    except ValueError as error:
        raise _wrong(device) from error


def _wrong(device: str) -> DeviceNotReadable:
    text = N_(
        "%(device)s is no address of a scanner: expected HOST:PORT (192.0.2.7:4001, [2001:db8::7]:4001), listen:PORT or"
        " listen:HOST:PORT, which may be followed by “from” and the addresses that may call"
    )
    return DeviceNotReadable(text, device=device or "“”")
