"""The command line speaks the environment's language."""

from __future__ import annotations

import pytest

from ekanban_cli.language import language


@pytest.mark.parametrize(
    ("environ", "spoken"),
    [
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_FR"}, "fr"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": ""}, "en"),
        ({}, "en"),
    ],
)
def test_the_first_wish_counts_and_without_one_it_is_english(environ: dict[str, str], spoken: str) -> None:
    assert language(environ) == spoken
