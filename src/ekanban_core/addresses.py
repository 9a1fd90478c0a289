"""Addresses of central as cards carry them: a phone that reads one must find central, not itself."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")


def is_web_address(url: str) -> bool:
    """Tell whether this is an address to which a path can be added: http or https, a host, no query or fragment."""
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and not parts.query and not parts.fragment
    return (
        plain and parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and port_fits
    )


def leads_nowhere(url: str) -> bool:
    """Tell whether a web address means the machine that opens it, or no machine."""
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    try:
        address = ip_address(host)
    except ValueError:
        return not host or host in LOCAL_NAMES or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified
