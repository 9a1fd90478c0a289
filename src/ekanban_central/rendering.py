"""Templates to answers: the environment, the language of each visitor, and the addresses of static files."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from ekanban_central import view, words
from ekanban_central.access import Visitor
from ekanban_central.context import central_of
from ekanban_central.sites import SiteView
from ekanban_central.static_files import StaticFiles
from ekanban_central.view import View, seen_as
from ekanban_core import page_assets, texts

HOME = Path(__file__).parent
FOLDERS = (HOME / "static", page_assets.STATIC, page_assets.ASSETS)
LEAST_COMPRESSED = 2_048  # bytes
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def static_address(name: str) -> str:
    """Return the address of a static file, with its fingerprint."""
    return page_assets.address(name, FOLDERS)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([HOME / "templates", page_assets.TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(view.gettext, view.ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension brings it
    for name in ("age", "at", "duration", "exact", "rfc3339"):
        environment.filters[name] = getattr(view, name)
    for name in ("card_code", "printable"):
        environment.filters[name] = getattr(words, name)
    environment.globals.update(
        static=static_address, words=words, words_of_scripts=view.script_words, current=view.current
    )
    return environment


TEMPLATES = Jinja2Templates(env=_environment())


@dataclass(frozen=True, slots=True)
class Page:
    """Who looks at what, from where: what every template may ask for as `page`."""

    visitor: Visitor | None
    site: SiteView
    path: str
    wall: bool = False


def language_of(request: Request, visitor: Visitor | None) -> str:
    """The visitor's own language, else the browser's, else central's setting."""
    wanted = [visitor.language] if visitor is not None and visitor.language else []
    for item in request.headers.get("accept-language", "").split(","):
        wanted.append(item.split(";")[0].strip()[:2].lower())
    fallback = central_of(request).settings.language
    return next((language for language in wanted if language in languages()), fallback)


@cache
def languages() -> frozenset[str]:
    """Languages with a catalog, and English, which needs none."""
    folders = texts.LOCALE.iterdir() if texts.LOCALE.is_dir() else ()
    return frozenset({"en", *(folder.name for folder in folders if folder.is_dir())})


def view_of(request: Request, visitor: Visitor | None, site: SiteView) -> View:
    """Language, zone and moment for an answer to this request."""
    language = language_of(request, visitor)
    return View(language, ZoneInfo(site.time_zone), central_of(request).now_ms(), texts.translations(language))


def render(
    request: Request,
    template: str,
    site: SiteView,
    visitor: Visitor | None,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Response:
    """Answer with a page or a part of one, in the visitor's language."""
    page = Page(visitor, site, request.url.path, request.query_params.get("wall") == "1")
    with seen_as(view_of(request, visitor, site)):
        shown = {"page": page, "theme": _theme(request), **context}
        answer = TEMPLATES.TemplateResponse(request, template, shown, status)
    answer.headers.update(HEADERS | (headers or {}))
    return _compressed(request, answer)


def _compressed(request: Request, answer: Response) -> Response:
    """Lists shrink to a tenth. Session cookies are SameSite=Lax, so that no other site can measure the length."""
    body = bytes(answer.body)
    if len(body) < LEAST_COMPRESSED or "gzip" not in request.headers.get("accept-encoding", ""):
        return answer
    answer.body = gzip.compress(body, compresslevel=4)
    answer.headers.update(
        {"Content-Encoding": "gzip", "Content-Length": str(len(answer.body)), "Vary": "Accept-Encoding"}
    )
    return answer


def _theme(request: Request) -> str:
    """The visitor's own choice of light or dark; "" follows the device."""
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in ("light", "dark") else ""


def fragment(template: str, **context: Any) -> str:
    """Render a part of a page as text, within `seen_as`."""
    return TEMPLATES.get_template(template).render(**context)


def mount_static(app: FastAPI) -> None:
    """Serve our own styles and scripts, and the vendored ones, at /static."""
    app.mount("/static", StaticFiles(FOLDERS), name="static")
