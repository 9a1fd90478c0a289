"""/docs: the API's description, shown by the vendored Swagger UI. Nothing comes from another host."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from ekanban_central.rendering import static_address

router = APIRouter(include_in_schema=False)
POLICY = (  # Swagger UI sets styles on elements and has its icons as data
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ekanban central: API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}">
</head>
<body>
<main id="swagger-ui"></main>
<script src="{script}"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
START = """SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null});
"""


@router.get("/docs")
async def show_docs() -> HTMLResponse:
    """Show the page."""
    content = PAGE.format(style=static_address("swagger-ui.css"), script=static_address("swagger-ui-bundle.js"))
    return HTMLResponse(content, headers={"Content-Security-Policy": POLICY})


@router.get("/docs/start.js")
async def start_docs() -> Response:
    """Start Swagger UI; a file of its own, because inline scripts are forbidden."""
    return Response(START, media_type="text/javascript")
