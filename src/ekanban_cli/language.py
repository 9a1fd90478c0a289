"""The language that the command line speaks: the environment's."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ekanban_core.texts import translations


def language(environ: Mapping[str, str] = os.environ) -> str:
    """Return the language that the environment asks for ("de" of "de_DE.UTF-8"), "en" without a wish."""
    wish = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return wish[:2].lower() if wish[:2].isalpha() and wish not in ("C", "POSIX", "C.UTF-8") else "en"


_ = translations(language()).gettext
