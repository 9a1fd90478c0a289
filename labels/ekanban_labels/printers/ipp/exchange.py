"""One request to a printer, and its answer: HTTP/1.1, without redirects, within bounds of size and time."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from ekanban_labels.printers.address import Address
from ekanban_labels.printers.ipp.encoding import LONGEST, Answer, BadIpp, parse
from ekanban_labels.printers.model import Condition, Status
from ekanban_labels.printers.network import Unreachable, connect
from ekanban_labels.printers.patience import Patience
from ekanban_labels.printers.sentence import N_, printable, say

CUPS_SOCKET = "/run/cups/cups.sock"
_CHUNK = 16384
_REFUSALS = {400, 401, 403, 404, 405, 411, 413, 415, 417, 426}


class Refused(Exception):
    """The printer's HTTP server said no: it took nothing."""

    def __init__(self, code: int) -> None:
        super().__init__(f"HTTP {code}")
        self.code = code


class LostAnswer(Exception):
    """No whole answer came: what the request did nobody knows."""


class Halted(LostAnswer):
    """The job was cancelled in the middle of its document."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """How one printer is asked. `fingerprint`: of the certificate that it must have."""

    address: Address
    fingerprint: str
    patience: Patience

    def ask(self, request: bytes, document: bytes = b"", stop: Callable[[], bool] = lambda: False) -> Answer:
        """Send and hear; raises Unreachable (nothing was sent), Refused, LostAnswer, Halted or BadIpp."""
        connection = self._connection()
        try:
            self._send(connection, request, document, stop)
            return parse(self._body(connection))
        except (OSError, http.client.HTTPException) as error:
            raise LostAnswer(printable(repr(error))) from error
        finally:
            connection.close()

    def _send(
        self, connection: http.client.HTTPConnection, request: bytes, document: bytes, stop: Callable[[], bool]
    ) -> None:
        def pieces() -> Iterator[bytes]:
            yield request
            for place in range(0, len(document), _CHUNK):
                if stop():
                    raise Halted("cancelled")
                yield document[place : place + _CHUNK]

        headers = {"Content-Type": "application/ipp", "Content-Length": str(len(request) + len(document))}
        connection.request("POST", self.address.path, pieces(), headers)

    def _body(self, connection: http.client.HTTPConnection) -> bytes:
        patience = self.patience.transfer
        with _ended_after(patience, connection.sock):
            answer = connection.getresponse()
            if answer.status in _REFUSALS or 300 <= answer.status < 400:  # never followed elsewhere
                raise Refused(answer.status)
            if answer.status != 200:
                raise LostAnswer(f"HTTP {answer.status}")
            return _whole(answer)

    def _connection(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self.address.host or "localhost", self.address.port or 631)
        connection.sock = self._socket()
        connection.sock.settimeout(self.patience.transfer)
        return connection

    def _socket(self) -> socket.socket:
        if not self.address.host:
            return _cups_of_this_machine(self.patience.connect)
        return self._secured() if self.address.tls else self._plain()

    def _plain(self) -> socket.socket:
        return connect(self.address.host, self.address.port, self.patience.connect)

    def _secured(self) -> ssl.SSLSocket:
        """Connect to a printer whose certificate an authority signed, or is the registered one."""
        try:
            if not self.fingerprint:
                return self._shaken(ssl.create_default_context())
            secured = self._shaken(_unverified())  # its own certificate has no authority, and often a wrong name
        except ssl.SSLCertVerificationError as error:
            raise Unreachable(_untrusted(f"{error.verify_message}; {self._offered()}")) from error
        except OSError as error:
            raise Unreachable(_unencrypted(error)) from error
        if not hmac.compare_digest(_fingerprint(secured), self.fingerprint):
            found = _fingerprint(secured)
            secured.close()
            raise Unreachable(_untrusted(f"its fingerprint is {found}"))
        return secured

    def _shaken(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        plain = self._plain()
        plain.settimeout(self.patience.answer)
        try:
            with _ended_after(self.patience.answer, plain):
                return context.wrap_socket(plain, server_hostname=self.address.host)
        except OSError:
            plain.close()
            raise

    def _offered(self) -> str:
        """Say which certificate it shows, for whoever wants to register that; nothing else is sent."""
        try:
            with self._shaken(_unverified()) as secured:
                return f"its fingerprint is {_fingerprint(secured)}"
        except (OSError, Unreachable) as error:
            return str(error)


def _whole(answer: http.client.HTTPResponse) -> bytes:
    """Read a bounded body, piece by piece: read() would take a chunk of the length -1 without any bound."""
    body = bytearray()
    while piece := answer.read1(_CHUNK):
        body += piece
        if len(body) > LONGEST:
            raise BadIpp("an answer without end")
    return bytes(body)


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _fingerprint(secured: ssl.SSLSocket) -> str:
    return hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest()


@contextmanager
def _ended_after(seconds: float, connection: socket.socket) -> Iterator[None]:
    """End the connection after so many seconds, however slowly its bytes drip."""

    def end() -> None:
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cups_of_this_machine(patience: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(patience)
    try:
        connection.connect(CUPS_SOCKET)
    except OSError:
        connection.close()
        return connect("localhost", 631, patience)
    return connection


def _unencrypted(why: object) -> Status:
    sentence = say(
        N_(
            "No encrypted connection to the printer came about. Does it have one there? If not, register it with ipp://."
        )
    )
    return Status(Condition.UNREACHABLE, sentence, printable(str(why)))


def _untrusted(why: object) -> Status:
    sentence = say(
        N_("The printer's certificate is not trusted. Register its fingerprint, after comparing it at the printer.")
    )
    return Status(Condition.UNREACHABLE, sentence, printable(str(why)))
