"""As much of MQTT 3.1.1 as a publisher and a subscriber of one topic need (OASIS, 29 October 2014)."""

from __future__ import annotations

import socket
from collections.abc import Iterator

TOPIC = b"scans"
CONNECT, PUBLISH, PUBACK, SUBSCRIBE = 0x10, 0x30, 0x40, 0x82


class Broken(OSError):
    """The connection to the broker has ended."""


class Client:
    """A connected client; `keeps`: the broker keeps its subscription and what it has missed (clean session off)."""

    def __init__(self, port: int, name: str, qos: int, *, keeps: bool = False) -> None:
        self.qos = qos
        self._number = 0
        self._socket = socket.create_connection(("127.0.0.1", port), 2)
        flags = b"\0" if keeps else b"\2"
        self._send(CONNECT, b"\0\4MQTT\4" + flags + b"\0\0" + _text(name.encode()))  # no keep-alive
        self._packet()

    def publish(self, content: bytes) -> None:
        """Publish; with QoS 1, returns once the broker has taken it. Raises OSError."""
        self._number = self._number % 65_535 + 1
        number = self._number.to_bytes(2, "big") if self.qos else b""
        self._send(PUBLISH | self.qos << 1, _text(TOPIC) + number + content)
        if self.qos:
            self._packet()

    def messages(self) -> Iterator[bytes]:
        """Subscribe, and give each message; with QoS 1 it is acknowledged when the next one is asked for."""
        self._send(SUBSCRIBE, b"\0\1" + _text(TOPIC) + bytes([self.qos]))
        self._socket.settimeout(None)
        while True:
            head, body = self._packet()
            if head & 0xF0 != PUBLISH:
                continue
            at = 2 + int.from_bytes(body[:2], "big")
            number = body[at : at + 2] if head & 0x06 else b""
            yield body[at + len(number) :]
            if number:
                self._send(PUBACK, number)

    def close(self) -> None:
        """End."""
        self._socket.close()

    def _send(self, head: int, body: bytes) -> None:
        size, length = len(body), b""
        while size > 127:
            length += bytes([size & 127 | 128])
            size >>= 7
        self._socket.sendall(bytes([head]) + length + bytes([size]) + body)

    def _packet(self) -> tuple[int, bytes]:
        head, size, shift = self._read(1)[0], 0, 0
        while True:
            part = self._read(1)[0]
            size |= (part & 127) << shift
            shift += 7
            if part < 128:
                return head, self._read(size)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            if not more:
                raise Broken
            data += more
        return data


def _text(content: bytes) -> bytes:
    return len(content).to_bytes(2, "big") + content
