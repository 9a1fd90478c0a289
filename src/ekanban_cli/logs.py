"""Logs go to stderr: one JSON object a line for machines, coloured lines for people. Secrets are cut out of both."""

from __future__ import annotations

import logging
import re
import sys
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

Form = Literal["auto", "json", "text"]
HIDDEN = "[hidden]"
ACCESS = 5  # what uvicorn says of a request: client, method, path, HTTP version, status
EVERYDAY = {
    ("POST", "/api/v1/scans"), ("GET", "/api/v1/register"), ("GET", "/readyz"), ("GET", "/healthz"),
    ("GET", "/metrics"),
}  # fmt: skip
SECRET_KEYS = frozenset({"token", "secret", "password", "authorization", "cookie", "csrf", "link"})
# What an address may carry: one-time links (/link/TOKEN) and tokens as a query.
SECRET_PATH = re.compile(r"(/(?:sign-in|link|demo)/)[^/\s?\"']+")
SECRET_WORD = re.compile(r"\bekanban_[\w-]{43}")  # an API token
SECRET_QUERY = re.compile(r"([?&](?:token|code|key|secret|password|csrf)=)[^&\s\"']+")


def without_secrets(text: str) -> str:
    """Cut one-time tokens out of an address or a line that holds one."""
    return SECRET_WORD.sub(HIDDEN, SECRET_QUERY.sub(rf"\1{HIDDEN}", SECRET_PATH.sub(rf"\1{HIDDEN}", text)))


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Cut secrets out of everything that is logged, by key and by form."""
    for key, value in event.items():
        if key in SECRET_KEYS:
            event[key] = HIDDEN
        elif isinstance(value, str):
            event[key] = without_secrets(value)
    return event


def is_news(record: logging.LogRecord) -> bool:
    """Leave out what comes all day and went well: scans delivered, probes. Metrics count them."""
    if not isinstance(record.args, tuple) or len(record.args) != ACCESS:
        return True
    _client, method, path, _version, status = record.args
    return (method, str(path).partition("?")[0]) not in EVERYDAY or not isinstance(status, int) or status >= 400


def configure(level: str, form: Form = "auto", stream: TextIO | None = None) -> None:
    """Set up structlog, and the standard library's logging beneath it (uvicorn, Alembic). Default stream: stderr."""
    stream = stream or sys.stderr
    as_text = form == "text" or (form == "auto" and stream.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if as_text:
        renderer = structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    last: list[Processor] = [structlog.processors.format_exc_info, hide_secrets, renderer]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.captureWarnings(True)
    logging.getLogger("uvicorn.access").addFilter(is_news)
    for chatty in ("alembic", "httpx2"):  # their steps are ours to tell
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
