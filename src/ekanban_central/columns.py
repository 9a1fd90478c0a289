"""Kinds of columns that all of central's tables have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Column, text
from sqlmodel import Field


def json_column(**kind: Any) -> Any:
    """A JSON document."""
    return Field(sa_column=Column(JSON, nullable=False), **kind)


def big(**kind: Any) -> Any:
    """A whole number of 64 bits."""
    return Field(sa_type=BigInteger, **kind)


def later(**kind: Any) -> Any:
    """A text that rows of earlier releases have not: empty there."""
    return Field(default="", sa_column_kwargs={"server_default": text("''")}, **kind)
