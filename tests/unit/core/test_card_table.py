"""Every state of a card, every state of its paper, every act and scan: what comes of it (language.md, "Two axes").

A cell reads: the outcome, `>` the card's new state, `^` the print is confirmed by this scan, `+` what is said of the
paper (destroy it; it shows a stale quantity), `!` what a person is asked. Of a lookup: its sentence.
"""

from __future__ import annotations

from typing import Any

import pytest
from rules import TWO_SCAN, at, card, decided, open_signal, reviews, scan

from ekanban_core import lifecycle
from ekanban_core.decision import Known
from ekanban_core.errors import RuleError
from ekanban_core.facts import Card
from ekanban_core.lifecycle_prints import print_reserved
from ekanban_core.states import CardState, Intent

STATES = (CardState.ACTIVE, CardState.ON_HOLD, CardState.LOST, CardState.FOUND, CardState.RETIRED)
PAPERS: dict[str, tuple[dict[str, int], int | None]] = {  # of a card whose second print is the valid one
    "valid": ({}, 2),
    "superseded": ({}, 1),
    "pending": ({"pending_version": 3}, 3),
    "stale": ({"quantity_version": 3}, 2),
    "ahead": ({}, 5),  # nobody made it
    "alias": ({}, None),
}
SAID = {"superseded": "destroy", "stale": "stale"}
SHORT = {
    "superseded_print": "refused", "stale_print": "done", "already_open": "already", "no_open_signal": "none",
    "version_ahead": "ahead",
}  # fmt: skip

# Paper, then the card: active, on hold, lost, found, retired.
TABLE = """
empty idle
  valid       opened        on_hold          found>found!found        found!found        retired
  superseded  refused       on_hold+destroy  refused                  refused            retired
  pending     opened^       on_hold^         opened>active^           opened>active^     retired
  stale       done+stale    on_hold+stale    found>found+stale!found  found+stale!found  retired
  ahead       opened!ahead  on_hold!ahead    found>found!found!ahead  found!found!ahead  retired
  alias       opened        on_hold          found>found!found        found!found        retired
empty open
  valid       already        on_hold          found>found!found        found!found        retired
  superseded  refused        on_hold+destroy  refused                  refused            retired
  pending     already^       on_hold^         already>active^          already>active^    retired
  stale       already+stale  on_hold+stale    found>found+stale!found  found+stale!found  retired
  ahead       already!ahead  on_hold!ahead    found>found!found!ahead  found!found!ahead  retired
  alias       already        on_hold          found>found!found        found!found        retired
receive open
  valid       received          received          found>found!found        found!found        retired
  superseded  received+destroy  received+destroy  received+destroy         received+destroy   retired
  pending     received^         received^         received>active^         received>active^   retired
  stale       done+stale        done+stale        found>found+stale!found  found+stale!found  retired
  ahead       received!ahead    received!ahead    found>found!found!ahead  found!found!ahead  retired
  alias       received          received          found>found!found        found!found        retired
receive idle
  valid       review!none          review!none          found>found!found        found!found          retired
  superseded  review+destroy!none  review+destroy!none  review+destroy!none      review+destroy!none  retired
  pending     review^!none         review^!none         review>active^!none      review>active^!none  retired
  stale       review+stale!none    review+stale!none    found>found+stale!found  found+stale!found    retired
  ahead       review!none!ahead    review!none!ahead    found>found!found!ahead  found!found!ahead    retired
  alias       review!none          review!none          found>found!found        found!found          retired
withdraw idle
  valid       advanced          advanced          found>found!found        found!found        retired
  superseded  advanced+destroy  advanced+destroy  advanced+destroy         advanced+destroy   retired
  pending     advanced^         advanced^         advanced>active^         advanced>active^   retired
  stale       done+stale        done+stale        found>found+stale!found  found+stale!found  retired
  ahead       advanced!ahead    advanced!ahead    found>found!found!ahead  found!found!ahead  retired
  alias       advanced          advanced          found>found!found        found!found        retired
lookup idle
  valid       idle          on_hold          lost          found         retired
  superseded  idle+destroy  on_hold+destroy  idle+destroy  idle+destroy  retired+destroy
  pending     idle          on_hold          idle          idle          retired
  stale       idle+stale    on_hold+stale    lost+stale    found+stale   retired+stale
  ahead       idle          on_hold          lost          found         retired
  alias       idle          on_hold          lost          found         retired
"""


def cells() -> list[tuple[str, str, CardState, str]]:
    found, situation = [], ""
    for line in TABLE.strip().splitlines():
        if not line.startswith(" "):
            situation = line
            continue
        paper, *row = line.split()
        found += [(situation, paper, state, cell) for state, cell in zip(STATES, row, strict=True)]
    return found


def came_of(situation: str, paper: str, state: CardState) -> str:
    intent, signal = situation.split()
    facts, version = PAPERS[paper]
    before = card(state, **{"print_version": 2, "pending_version": 2, **facts})
    known = Known(before, open_signal(at(60)) if signal == "open" else None, TWO_SCAN)
    decision = decided(known, scan(Intent(intent), at(70), version=version))
    assert decision.card is not None
    word = str(decision.outcome) if intent != "lookup" else decision.message.key.removeprefix("lookup_")
    text = SHORT.get(word, word)
    text += "" if decision.card.state is state else f">{decision.card.state}"
    text += "" if decision.card.print_version == 2 else "^"
    said = decision.message.facts.get("paper")
    text += f"+{SAID[str(said)]}" if said else ""
    return text + "".join(f"!{SHORT.get(kind, kind)}" for kind in reviews(decision))


def test_the_table_is_whole() -> None:
    assert len({(situation, paper, state) for situation, paper, state, _ in cells()}) == 6 * len(PAPERS) * len(STATES)


@pytest.mark.parametrize(("situation", "paper", "state", "cell"), cells())
def test_a_scan_of_each_paper_of_each_card(situation: str, paper: str, state: CardState, cell: str) -> None:
    assert came_of(situation, paper, state) == cell


# The act, then the card: draft, active, on hold, lost, found, retired. `no`: refused; `-`: the state stays.
ACTS = """
hold         no      on_hold  no       no      no      no
unhold       no      no       active   no      no      no
lose         no      lost     no       no      no      no
reinstate    no      no       no       active  active  no
retire       retired retired  retired  retired retired no
printed      active  -        -        -       -       no
confirmed    active  -        -        active  active  -
reserved     no      -        -        -       -       no
requantified -       -        -        -       -       -
"""


def _act(name: str, before: Card) -> Card:
    acts: dict[str, Any] = {
        "hold": lifecycle.hold,
        "unhold": lifecycle.unhold,
        "lose": lifecycle.lose,
        "reinstate": lifecycle.reinstate,
        "retire": lambda one: lifecycle.retire(one, None, at(1)),
        "printed": lifecycle.print_made,
        "confirmed": lambda one: lifecycle.print_confirmed(one, one.pending_version),
        "reserved": lambda one: print_reserved(one, "line"),
        "requantified": lifecycle.quantity_changed,
    }
    after: Card = acts[name](before)[0]
    return after


@pytest.mark.parametrize("line", ACTS.strip().splitlines())
def test_an_act_on_each_card(line: str) -> None:
    name, *row = line.split()
    for state, cell in zip((CardState.DRAFT, *STATES), row, strict=True):
        before = card(state, print_version=0 if state is CardState.DRAFT else 1, pending_version=2)
        if cell == "no":
            with pytest.raises(RuleError):
                _act(name, before)
        else:
            assert str(_act(name, before).state) == (str(state) if cell == "-" else cell), (name, state)
