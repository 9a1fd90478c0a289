"""The application: routes, errors, headers, start and end."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from ekanban_central import described, docs_page, keys, problem_page, problems, rendering
from ekanban_central.api import (
    audits,
    events,
    exports,
    health,
    imports,
    master,
    missing_cards,
    people,
    print_jobs,
    printers,
    register,
    reviews,
    scans,
    signals,
    terminal_prints,
    terminals,
)
from ekanban_central.context import Central
from ekanban_central.database import Database
from ekanban_central.imports import Imports
from ekanban_central.intake import Intake
from ekanban_central.intake_flush import Flusher
from ekanban_central.labels_engine import LabelsEngine
from ekanban_central.live import Hub
from ekanban_central.metrics import Metrics
from ekanban_central.pages import audits as audit_pages
from ekanban_central.pages import card as card_page
from ekanban_central.pages import card_paper, print_dialogue, print_job_list, sign_in
from ekanban_central.pages import cards as cards_pages
from ekanban_central.pages import imports as import_pages
from ekanban_central.pages import list_imports as list_import_pages
from ekanban_central.pages import loops as loop_pages
from ekanban_central.pages import print_jobs as print_job_pages
from ekanban_central.pages import printers as printer_pages
from ekanban_central.pages import reviews as review_pages
from ekanban_central.pages import signals as signal_pages
from ekanban_central.pages import terminals as terminal_pages
from ekanban_central.patience import AnswerInTime
from ekanban_central.pictures import Pictures
from ekanban_central.plant_clock import PlantClock
from ekanban_central.print_engine import Engine
from ekanban_central.print_wish import Printing
from ekanban_central.print_worker import PrintWorker
from ekanban_central.schema_watch import OnlyOurSchema, SchemaWatch
from ekanban_central.settings import CentralSettings
from ekanban_central.shell import AnswerAlways, BodyLimit, SafeHeaders
from ekanban_central.short_way import ShortWay
from ekanban_central.signed_answers import SignAnswers
from ekanban_central.straight_way import StraightWay
from ekanban_central.throttle import Throttle

ROUTERS = (
    scans.router, register.router, events.router, health.router, terminals.router, terminal_prints.router,
    missing_cards.router, people.router, signals.router, reviews.router, master.router, imports.router, exports.router,
    printers.router, print_jobs.router, audits.router, sign_in.router, signal_pages.router, review_pages.router,
    terminal_pages.router, import_pages.router, list_import_pages.router, card_page.router, docs_page.router,
    loop_pages.router, print_dialogue.router, cards_pages.router, printer_pages.router, print_job_list.router,
    print_job_pages.router, card_paper.router, audit_pages.router,
)  # fmt: skip


def create_app(
    settings: CentralSettings,
    *,
    now_ms: Callable[[], int] | None = None,
    random_bytes: Callable[[int], bytes] = os.urandom,
    key: keys.CentralKey | None = None,
    engine: Engine | None = None,
    loopback: bool = False,
) -> FastAPI:
    """Compose a central. The schema must have been brought up to date (`ekanban_migrations.upgrade.central`).

    now_ms: takes the place of the machine's clocks; else the clock is to be told of the database (`clock.take_up`).
    engine: draws and prints in place of the labels' own. loopback: cards may carry an address of this machine alone.
    """
    database = Database(settings.url)
    hub = Hub(database)
    watch = SchemaWatch(database)
    clock = PlantClock(now_ms, now_ms) if now_ms else PlantClock()
    intake = Intake(database, hub.publish, random_bytes, clock.not_before)
    key = key or keys.load_or_make(settings.data)
    metrics = Metrics()
    printing = Printing(
        database, engine or LabelsEngine(settings.data), Pictures(database), hub.publish, clock.now_ms, random_bytes,
        settings.base_url, loopback,
    )  # fmt: skip
    central = Central(
        settings=settings,
        database=database,
        hub=hub,
        key=key,
        clock=clock,
        random_bytes=random_bytes,
        intake=Flusher(
            intake.take,
            at_once=1 if database.backend == "sqlite" else 2,  # SQLite has one writer
        ),
        metrics=metrics,
        imports=Imports(database, intake.take, hub.publish, clock.now_ms, random_bytes, key.id, metrics.took),
        printing=printing,
        printers=PrintWorker(printing, metrics.printed),
    )
    app = FastAPI(
        title="ekanban central", version=version("ekanban-terminal"), docs_url=None, redoc_url=None, lifespan=_life
    )
    app.state.central = central
    app.state.throttle = Throttle()
    app.state.schema_watch = watch
    app.state.straight_way = StraightWay(central, watch)
    problems.install(app, problem_page.answer)
    described.describe(app)
    app.add_middleware(AnswerAlways)  # innermost; what is added last sees a request first
    app.add_middleware(OnlyOurSchema, watch=watch)
    app.add_middleware(BodyLimit, most=settings.body_limit, files=settings.import_limit)
    app.add_middleware(AnswerInTime)
    app.add_middleware(SignAnswers, key=central.key)
    app.add_middleware(SafeHeaders)
    app.add_middleware(ShortWay, central=central, watch=watch)
    for router in ROUTERS:
        app.include_router(router)
    rendering.mount_static(app)
    return app


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    central: Central = app.state.central
    await central.hub.start()
    central.printers.start()
    try:
        yield
    finally:
        await central.hub.stop()
        await run_in_threadpool(central.printers.stop)
        await run_in_threadpool(central.imports.stop)
        central.database.close()
