"""Schemathesis over a whole service in this process: every operation, every declared word of it, and chains of them.

The engine reads the service's own OpenAPI document, makes requests that fit it and requests that do not, follows ids
from answers into further requests, and holds every answer against what is declared. `attack` returns what it found.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.python import asgi

# What a schema cannot say: a part that does not exist, a name that is taken, a text that is not printable.
BEYOND_SCHEMAS = "positive_data_acceptance"
CHECKS = {BEYOND_SCHEMAS: {"enabled": False}, "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx"]}}

FEWEST_CHAINS = 60  # of five attempts often none leads from an answer to a further request
PHASES = ("coverage", "fuzzing", "stateful")  # each declared word of a schema in turn; any of them; chains


@dataclass(slots=True)
class Found:
    """What an attack came to: how many requests of which operations, and what was wrong with answers."""

    seed: int
    requests: int = 0
    operations: set[str] = field(default_factory=set)
    chains: int = 0  # requests that used what an earlier answer had named
    statuses: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    @property
    def report(self) -> str:
        """What was wrong, empty when nothing was."""
        return "\n\n".join(self.wrong)


def attack(
    app: Any,
    openapi: dict[str, Any],
    *,
    examples: int,
    seed: int | None = 1,
    headers: dict[str, str] | None = None,
    without: Iterable[str] = (),
    lenient: Iterable[str] = (),
    host: str = "http://testserver",
    phases: Iterable[str] = PHASES,
) -> Found:
    """Attack an ASGI application. seed: None draws one, which a finding names.

    without: paths that never end. lenient: operations that take by design what their schema does not allow.
    """
    quiet = [{"include-name": name, "checks": {"negative_data_rejection": {"enabled": False}}} for name in lenient]
    config = SchemathesisConfig.from_dict({
        **({} if seed is None else {"seed": seed}),
        "base-url": host,
        "headers": headers or {},
        "generation": {"max-examples": examples, "deterministic": seed is not None, "database": "none"},
        "checks": CHECKS,
        "operations": quiet,
        "phases": _phases(phases, quick=seed is not None, chains=max(examples, FEWEST_CHAINS)),
        "warnings": False,
    })  # fmt: skip
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(openapi)), config=config)
    schema.app = app
    for path in without:
        schema = schema.exclude(path=path)
    found = Found(config.seed)
    try:
        for event in from_schema(schema).execute():
            _note(found, event)
    finally:
        asgi.shutdown_lifespans()
    return found


def _phases(wanted: Iterable[str], quick: bool, chains: int) -> dict[str, Any]:
    """Which phases; quick: of the methods that a path has not, one is tried, not all. chains: attempts at one."""
    phases: dict[str, Any] = {name: {"enabled": name in wanted} for name in ("examples", *PHASES)}
    phases["coverage"] |= {"unexpected-methods": ["PUT"]} if quick else {}
    phases["stateful"]["generation"] = {"max-examples": chains}
    return phases


def _note(found: Found, event: events.EngineEvent) -> None:
    if isinstance(event, events.ScenarioFinished):
        recorder = event.recorder
        found.requests += len(recorder.interactions)
        found.operations |= {node.value.operation.label for node in recorder.cases.values()}
        found.chains += sum(node.is_transition_applied for node in recorder.cases.values())
        found.statuses |= {one.response.status_code for one in recorder.interactions.values() if one.response}
        for checks in recorder.checks.values():
            for check in checks:
                if check.failure_info is not None:
                    failure, how = check.failure_info.failure, check.failure_info.code_sample
                    found.wrong.append(
                        f"{failure.operation}: {failure.title}\n{failure.message}\n{how}\nseed {found.seed}"
                    )
    elif isinstance(event, events.NonFatalError):
        found.wrong.append(f"{event.label}: {event.info.title}\n{event.info.format()}")
    elif isinstance(event, events.FatalError):
        raise event.exception
