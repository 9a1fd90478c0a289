"""Where a printer is: what an administrator registers. Nothing in a request names an address.

| way | address |
| --- | --- |
| ipp | `ipp://printer-7.plant.example/ipp/print`, `ipps://192.0.2.7:8631/ipp/print`; without a port 631 |
| cups | a queue of this machine's CUPS: `Office_2`; of another one: `Office_2@print.plant.example:631` |
| raw | `192.0.2.8`, `zebra-3.plant.example:9100`, `[2001:db8::8]:9100`; without a port 9100 |
| file | a folder, as an absolute path |

Loopback is allowed: CUPS, tunnels and simulated printers are there. Link-local, multicast and unspecified addresses
are not: among them are the metadata services of clouds, and a printer that gave itself an address has another one
tomorrow. Names are resolved when a job is sent, and what they resolve to is judged again (network.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from ekanban_labels.printers.model import BadAddress, Way
from ekanban_labels.printers.sentence import N_

_PLACE = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<host>[^\s:\[\]@/]{1,253}))(?::(?P<port>\d{1,5}))?")
_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")
_QUEUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,126}")
_PATH = re.compile(r"(?:/[A-Za-z0-9_.~-]+)+/?")
_METADATA = ip_address("fd00:ec2::254")

Ip = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address. `path`: of IPP's printer, or of the folder; `queue`: of CUPS; `host` empty: CUPS here."""

    text: str
    host: str = ""
    port: int = 0
    path: str = ""
    queue: str = ""
    tls: bool = False


def parse_address(way: Way, text: str) -> Address:
    """Read what an administrator entered; its `text` is the form to keep. Raises BadAddress."""
    readers = {Way.IPP: _ipp, Way.CUPS: _cups, Way.RAW: _raw, Way.FILE: _folder}
    return readers[way](text.strip())


def forbidden(ip: Ip) -> bool:
    """Say whether no printer may be there."""
    mapped = getattr(ip, "ipv4_mapped", None)  # ::ffff:169.254.169.254 is the same place
    if mapped is not None:
        return forbidden(mapped)
    broadcast = isinstance(ip, IPv4Address) and ip == IPv4Address("255.255.255.255")
    return ip.is_link_local or ip.is_multicast or ip.is_unspecified or broadcast or ip == _METADATA


def _ipp(text: str) -> Address:
    expected = N_("“{given}” is no address of an IPP printer: expected one as in ipp://192.0.2.7/ipp/print.")
    try:
        url = urlsplit(text)
    except ValueError as error:
        raise BadAddress(expected, given=text) from error
    if url.scheme not in ("ipp", "ipps") or "?" in text or "#" in text or "@" in url.netloc:
        raise BadAddress(expected, given=text)
    path = url.path if url.path not in ("", "/") else "/ipp/print"
    if not _PATH.fullmatch(path) or ".." in path.split("/"):
        raise BadAddress(expected, given=text)
    host, port = _place(url.netloc, 631, text, expected)
    return Address(f"{url.scheme}://{_shown(host)}:{port}{path}", host, port, path, tls=url.scheme == "ipps")


def _cups(text: str) -> Address:
    expected = N_("“{given}” is no queue of CUPS: expected letters, digits, dots, hyphens and underscores.")
    queue, at, place = text.partition("@")
    if not _QUEUE.fullmatch(queue) or (at and not place):
        raise BadAddress(expected, given=text)
    path = f"/printers/{queue}"
    if not place:
        return Address(queue, path=path, queue=queue)
    host, port = _place(place, 631, text, expected)
    return Address(f"{queue}@{_shown(host)}:{port}", host, port, path, queue)


def _raw(text: str) -> Address:
    expected = N_("“{given}” is no address of a label printer: expected one as in 192.0.2.8 or zebra-3.example:9100.")
    host, port = _place(text, 9100, text, expected)
    return Address(f"{_shown(host)}:{port}", host, port)


def _folder(text: str) -> Address:
    path = PurePosixPath(text)
    if not text or not path.is_absolute() or ".." in path.parts or not text.isprintable():
        raise BadAddress(N_("“{given}” is no folder: expected an absolute path without “..”."), given=text)
    return Address(str(path), path=str(path))


def _place(place: str, usual_port: int, text: str, expected: str) -> tuple[str, int]:
    found = _PLACE.fullmatch(place)
    if found is None:
        raise BadAddress(expected, given=text)
    host = found["six"] or found["host"]
    port = int(found["port"]) if found["port"] else usual_port
    if not 1 <= port <= 65535:
        raise BadAddress(N_("“{given}”: ports go from 1 to 65535."), given=text)
    try:
        ip = ip_address(host)
    except ValueError as error:
        # 2852039166, 0xa9fea9fe and 169.254.43518 are no names: the resolver would make 169.254.169.254 of them
        last = host.rstrip(".").rpartition(".")[2]
        if found["six"] or not _NAME.fullmatch(host) or last.isdecimal() or last.lower().startswith("0x"):
            raise BadAddress(expected, given=text) from error
        return host.lower(), port
    if forbidden(ip):
        raise BadAddress(
            N_("“{given}”: no printer may be at {ip} (link-local, multicast or nobody's). Give it a fixed address."),
            given=text, ip=ip,
        )  # fmt: skip
    return str(ip), port


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
