"""What commands and services say of errors, and how they print it: without the command line's own libraries."""

from __future__ import annotations

import json
import sys
from typing import Any

from ekanban_cli.language import _, language
from ekanban_core.errors import EkanbanError
from ekanban_core.texts import sentence


def told(error: EkanbanError) -> str:
    """Say an error in the language of the command line."""
    if error.message is not None and not error.facts:
        return sentence(error.message, language())
    said = _(error.template)
    return said.format(**error.facts) if error.facts else said


def lacks(error: ModuleNotFoundError) -> str:
    """Say that an extra is missing. Raises the error where the installation itself is broken."""
    if (error.name or "").startswith("ekanban_"):
        raise error
    text = _("This installation lacks the Python package {package}: install the extra that this command needs.")
    return text.format(package=error.name)


def shown(name: object) -> str:
    """A file's name as it can be told and stored: what cannot be printed is replaced."""
    return "".join(character if character.isprintable() else "\ufffd" for character in str(name))


def complain(text: str, as_json: bool) -> None:
    """Print what went wrong."""
    print(json.dumps({"error": text}) if as_json else f"ekanban: {text}", file=sys.stderr)


def say(text: str, data: Any, as_json: bool) -> None:
    """Print an answer at once, even into a pipe. JSON is in ASCII where not all letters can be written."""
    ascii_alone = "utf" not in str(getattr(sys.stdout, "encoding", "")).lower()
    print(json.dumps(data, ensure_ascii=ascii_alone) if as_json else text, flush=True)
