"""What a path answers to, and where somebody stood who sent a form there: the nearest page at or above its path."""

from __future__ import annotations

from fastapi import Request
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path


def methods_of(request: Request, path: str) -> set[str]:
    """All methods of a path; Starlette's own error names those of the first route alone.

    A path that is spelt out is not one of those with places: /cards/print is no card.
    """
    routes = [route for route in iter_route_contexts(request.app.routes) if route.path and route.methods]
    spelt = [route for route in routes if route.path == path]
    fitting = spelt or [route for route in routes if compile_path(route.path or "")[0].match(path)]
    return {method for route in fitting for method in route.methods or ()}


def page_above(request: Request) -> str:
    """A path of our own that answers GET: /c/7K3QM9X2 for /c/7K3QM9X2/card/hold; "/" where there is none.

    A form's own address keeps its query, which may say all that was chosen, as the print dialogue's does.
    """
    path = request.url.path
    if "GET" in methods_of(request, path):
        return path + (f"?{request.url.query}" if request.url.query else "")
    while path := path.rpartition("/")[0]:
        if "GET" in methods_of(request, path):
            return path
    return "/"
