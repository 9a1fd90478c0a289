"""One exchange with central over HTTP. Knows nothing of signatures or scans. Loaded when a terminal has a central."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from ekanban_core.texts import gettext as _
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.link import DEADLINE_S, Reply, Request

MOST_ANSWER = 8_000_000  # bytes


def _verification(scheme: str, trusted: Path | None) -> ssl.SSLContext | bool:
    if scheme != "https":
        return False  # no TLS here; loading the authorities would cost 3 MB (the signatures prove who answers)
    return ssl.create_default_context(cafile=trusted) if trusted else True


class HttpLink:
    """Central at a base URL. Follows no redirection and uses no proxy of the environment.

    `trusted`: a file with the one authority or certificate that TLS must show; without it, the machine's authorities.
    """

    def __init__(self, url: str, trusted: Path | None = None) -> None:
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._prefix = parts.path.rstrip("/")
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(DEADLINE_S, connect=5.0),
            limits=httpx2.Limits(max_connections=2, max_keepalive_connections=1),
            follow_redirects=False,
            trust_env=False,
            verify=_verification(parts.scheme, trusted),
        )

    @property
    def prefix(self) -> str:
        """The path of the base URL."""
        return self._prefix

    async def ask(self, request: Request) -> Reply:
        """Send a request and read the whole answer. Raises LinkDown."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await self._ask(request)
        except TimeoutError as error:
            raise LinkDown(_("Central did not answer within {seconds} seconds."), seconds=round(DEADLINE_S)) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise LinkDown(
                _("Central at {url} was not reached: {why}."), url=self.url, why=str(error) or type(error).__name__
            ) from error
        except Exception as error:
            if self._client.is_closed:  # hung up in the middle, for a new enrolment or at the end
                raise LinkDown(_("The connection was ended.")) from error
            raise

    async def _ask(self, request: Request) -> Reply:
        address = f"{self._origin}{request.path}" + (f"?{request.query}" if request.query else "")
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **request.headers}
        async with self._client.stream(
            request.method, address, content=request.body or None, headers=headers
        ) as response:
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > MOST_ANSWER:
                    raise LinkDown(_("Central's answer is longer than {most} bytes."), most=MOST_ANSWER)
            return Reply(response.status_code, tuple(response.headers.raw), bytes(body))

    async def close(self) -> None:
        """End open connections."""
        await self._client.aclose()
