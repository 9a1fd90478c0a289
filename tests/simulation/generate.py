"""From a seed to a plan: a few days of work and of everything that can go wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulation.device import WALL_MS
from simulation.disk import SYNC_FAILS
from simulation.network import FATES
from simulation.plan import DAY_S, Plan, Step

HOUR_S = 3_600.0
PAUSES_S = (0.2, 0.5, 0.8, 2.0, 3.0, 8.0, 12.0, 40.0, 115.0, 130.0, 300.0, 650.0)
WALLS_MS = (0, 1_000, WALL_MS - 7 * 3_600_000, WALL_MS - 90_000, WALL_MS + 5 * 3_600_000, WALL_MS + 400 * 86_400_000)
ACTS = (
    "hold",
    "release",
    "lost",
    "reinstate",
    "retire",
    "cancel",
    "receive",
    "acknowledge",
    "print",
    "quantity",
    "decide",
)
ODD = (
    "rubbish",
    "EKC-EMPTY",
    "EKC-RECEIVE",
    "EKC-RECEIVE",
    "EKC-UNDO",
    "EKC-UNDO",
    "EKC-LOOKUP",
    "",
    "\x00",
    "ÄÖ\u2028",
)


@dataclass
class Draft:
    """A plan in the making; `at`: where its clock stands."""

    dice: random.Random
    terminals: list[str]
    scanners: list[int]
    cards: int
    ends: float
    at: float = 0.0
    steps: list[Step] = field(default_factory=list)

    def add(self, what: str, *, after: float = 0.0, **facts: Any) -> None:
        at = self.at + after
        if 0.0 <= at < self.ends:
            self.steps.append(Step(round(at, 3), what, facts))

    def terminal(self) -> str:
        return self.dice.choice(self.terminals)

    def scanner(self, terminal: str) -> str:
        return f"s{self.dice.randint(1, self.scanners[self.terminals.index(terminal)])}"

    def scan(self, terminal: str | None = None, **facts: Any) -> None:
        terminal = terminal or self.terminal()
        if not {"card", "raw"} & facts.keys():
            facts["card"] = self.dice.randrange(self.cards)
        facts.setdefault("scanner", self.scanner(terminal))
        self.add("scan", terminal=terminal, **facts)

    def wait(self, *pauses: float) -> None:
        self.at += self.dice.choice(pauses or PAUSES_S) * self.dice.uniform(0.9, 1.1)


def plan_of(seed: int) -> Plan:
    """The plan of a seed, always the same."""
    dice = random.Random(f"plan {seed}")  # noqa: S311  # repeatable on purpose
    terminals, days = dice.choice(((3, 0.3), (3, 0.3), (3, 0.6), (3, 1.0), (3, 2.5), (4, 0.3), (4, 0.6), (10, 0.2)))
    scanners = tuple(dice.choice((1, 2, 2, 3)) for _ in range(terminals))
    cards = (dice.randint(1, 3), dice.randint(1, 2))
    most = dice.choice((1_000, 1_000, 12))
    draft = Draft(dice, [f"t{number + 1}" for number in range(terminals)], list(scanners), sum(cards), days * DAY_S)
    scenes = [_shift, _shift, *dice.sample(_SCENES, 2)]
    if most == 12:
        scenes.append(_offline_shift)
    if dice.random() < 0.4:
        scenes.append(dice.choice(_IDENTITIES))
    for scene in scenes:
        draft.at = dice.uniform(60.0, draft.ends * 0.85)
        scene(draft)
    if scene_of_its_own := {0: _lost_rows, 1: _empty_again, 2: _unmeasured, 3: _old_order}.get(seed % 4):
        draft.dice = random.Random(f"its own {seed}")  # noqa: S311  # the other scenes stay as they are
        draft.at = draft.dice.uniform(60.0, draft.ends * 0.85)
        scene_of_its_own(draft)
    steps = tuple(sorted(draft.steps, key=lambda step: step.at))
    return Plan(seed, terminals, scanners, cards, most_stored=most, ends=draft.ends, steps=steps)


def _shift(draft: Draft) -> None:
    """Some minutes in which people scan, with the weather and the mishaps of that shift."""
    dice = draft.dice
    stormy = [terminal for terminal in draft.terminals if dice.random() < 0.6]
    for terminal in stormy:
        draft.add("weather", terminal=terminal, **_weather(dice))
    mishaps = dice.sample(_MISHAPS, dice.randint(0, 4))
    for _ in range(dice.randint(6, 14)):
        draft.wait()
        dice.choice(_WORK)(draft)
        if mishaps and dice.random() < 0.3:
            dice.choice(mishaps)(draft)
    draft.wait(100.0, 1_000.0)
    for terminal in stormy:
        draft.add("weather", terminal=terminal)


def _weather(dice: random.Random) -> dict[str, float]:
    fates = dice.sample(FATES, dice.randint(1, 5))
    return {fate: round(dice.uniform(0.05, 0.3), 3) for fate in fates}


# What people do.


def _empty(draft: Draft) -> None:
    draft.scan()


def _cycle(draft: Draft) -> None:
    """Empty here, received there, as it should be."""
    card = draft.dice.randrange(draft.cards)
    draft.scan(card=card, scanner="s1")
    draft.wait(5.0, 60.0, 650.0, 700.0)
    draft.scan(card=card, intent="receive")


def _empty_again(draft: Draft) -> None:
    """A receipt is on its way for long, and meanwhile the bin is empty again; or the first order is taken back."""
    line, dock = draft.dice.sample(draft.terminals, 2)
    for card in range(draft.cards):
        draft.scan(line, card=card, scanner="s1")
        draft.wait(4.0)
        if card % 2:
            draft.scan(dock, card=card, scanner="s1")
            draft.wait(4.0)
            draft.add("undo", terminal=line)
        draft.wait(4.0)
    draft.add("outage", terminal=dock, seconds=2_000.0)
    draft.wait(10.0)
    for card in range(draft.cards):
        draft.scan(dock, card=card, scanner="s1", intent="receive")
        draft.wait(20.0)
        draft.scan(line, card=card, scanner="s1")
        draft.wait(20.0)


def _old_order(draft: Draft) -> None:
    """The desk orders by an old scan, when newer cycles are closed; what was stored offline since comes in after it."""
    away, here = draft.dice.sample(draft.terminals, 2)
    card = draft.dice.randrange(draft.cards)
    draft.add("outage", terminal=away, seconds=3_000.0)
    draft.wait(10.0)
    draft.scan(here, card=card, scanner="s1", intent="receive")
    draft.wait(200.0)
    draft.scan(away, card=card, scanner="s1", intent="receive")
    draft.wait(10.0)
    draft.scan(here, card=card, scanner="s1")
    draft.wait(100.0)
    draft.scan(away, card=card, scanner="s1")
    draft.wait(60.0)
    draft.scan(here, card=card, scanner="s1", intent="receive")
    draft.wait(100.0)
    for card in range(draft.cards):
        draft.add("person", act="decide", card=card, choice=0)


def _unmeasured(draft: Draft) -> None:
    """Scans of a boot that never heard central wait while their cycles are closed: nothing proves which came first."""
    slow, fast = draft.dice.sample(draft.terminals, 2)
    for card in range(draft.cards):
        draft.scan(fast, card=card, scanner="s1")
        draft.wait(5.0)
    draft.add("outage", terminal=slow, seconds=2_000.0)
    draft.wait(2.0)
    draft.add("kill", terminal=slow, down=1.0, power=True, wall=draft.dice.choice(WALLS_MS))
    draft.wait(20.0)
    for card in range(draft.cards):
        draft.scan(slow, card=card, scanner="s1")
        draft.wait(5.0)
    draft.add("kill", terminal=slow, down=300.0, power=True)  # its next boot begins when the cycles are closed
    draft.wait(60.0)
    for card in range(draft.cards):
        draft.scan(fast, card=card, scanner="s1", intent="receive")
        draft.wait(5.0)


def _lost_rows(draft: Draft) -> None:
    """A disk loses rows of the journal: one that waits, one that was answered, the last ones of an earlier start."""
    terminal = draft.terminal()
    for _ in range(3):
        draft.scan(terminal, card=draft.dice.randrange(draft.cards), scanner="s1")
        draft.wait(3.0, 20.0)
    draft.add("outage", terminal=terminal, seconds=draft.dice.choice((200.0, 900.0)))
    for which in draft.dice.sample(("waiting", "answered", "last", "last"), 3):
        for _ in range(2):
            for _ in range(draft.dice.randint(1, 3)):
                draft.wait(3.0, 20.0)
                draft.scan(terminal, card=draft.dice.randrange(draft.cards), scanner="s1")
            draft.wait(3.0)
            draft.add("kill", terminal=terminal, down=1.0, power=False)
            draft.wait(3.0)
        draft.scan(terminal, card=draft.dice.randrange(draft.cards), scanner="s1")
        draft.wait(3.0)
        draft.add("lose", terminal=terminal, which=which)
        draft.wait(8.0)
    draft.wait(20.0, 900.0)
    draft.scan(terminal, card=draft.dice.randrange(draft.cards), scanner="s1")


def _twice(draft: Draft) -> None:
    """The same card again, at once or a little later, here or at another terminal."""
    card, terminal = draft.dice.randrange(draft.cards), draft.terminal()
    scanner = draft.scanner(terminal)
    draft.scan(terminal, card=card, scanner=scanner)
    for _ in range(draft.dice.randint(1, 2)):
        draft.wait(0.1, 0.4, 0.9, 1.2, 2.0, 5.0, 620.0)
        other = draft.dice.random() < 0.3
        draft.scan(None if other else terminal, card=card, **({} if other else {"scanner": scanner}))


def _command(draft: Draft) -> None:
    terminal = draft.terminal()
    scanner = draft.scanner(terminal)
    draft.scan(terminal, scanner=scanner, raw=draft.dice.choice(ODD))
    draft.wait(0.3, 2.0, 9.0, 11.0)
    draft.scan(terminal, scanner=scanner)


def _undo(draft: Draft) -> None:
    terminal = draft.terminal()
    draft.scan(terminal)
    for _ in range(draft.dice.randint(1, 2)):
        draft.wait(0.5, 5.0, 100.0, 119.0, 125.0)
        draft.add("undo", terminal=terminal)


def _old_print(draft: Draft) -> None:
    draft.scan(version=draft.dice.choice((1, 2, 2, 3)))


_WORK: tuple[Callable[[Draft], None], ...] = (
    _empty,
    _empty,
    _empty,
    _cycle,
    _cycle,
    _twice,
    _command,
    _undo,
    _old_print,
)

# What goes wrong.


def _outage(draft: Draft) -> None:
    draft.add("outage", terminal=draft.terminal(), seconds=draft.dice.choice((30.0, 600.0, 4 * HOUR_S)))


def _kill(draft: Draft) -> None:
    dice = draft.dice
    facts: dict[str, Any] = {"down": dice.choice((1.0, 5.0, 600.0)), "power": dice.random() < 0.5}
    if facts["power"] and dice.random() < 0.5:
        facts["wall"] = dice.choice(WALLS_MS)
    draft.add("kill", terminal=draft.terminal(), **facts)


def _kill_at(draft: Draft) -> None:
    draft.add("kill_at", terminal=draft.terminal(), awaits=draft.dice.randint(1, 12))


def _wall(draft: Draft) -> None:
    draft.add("wall", terminal=draft.terminal(), wall=draft.dice.choice(WALLS_MS))


def _disk(draft: Draft) -> None:
    """The disk fails while a scan is stored, and people scan on."""
    fault = draft.dice.choice(("error", "error", "full", "torn", "sync loses", "sync reverts", "dark", SYNC_FAILS))
    terminal = draft.terminal()
    draft.add("disk", terminal=terminal, fault=fault, operation=draft.dice.randint(1, 12))
    for _ in range(3):
        draft.wait(0.4, 2.5, 5.0)
        draft.scan(terminal)


def _away(draft: Draft) -> None:
    """The disk is gone in the middle of a commit, and comes back; people scan the card again, as they are told."""
    terminal, card = draft.terminal(), draft.dice.randrange(draft.cards)
    draft.add("away", terminal=terminal, seconds=draft.dice.choice((1.0, 5.0, 40.0)))
    for _ in range(3):
        draft.wait(0.4, 2.5, 20.0)
        draft.scan(terminal, card=card)


def _stall(draft: Draft) -> None:
    """Readings queue up before a disk that does nothing for a while; others work, and a register with it arrives."""
    terminal, other = draft.dice.sample(draft.terminals, 2)
    for _ in range(draft.dice.randint(1, 3)):
        draft.scan(terminal, scanner="s1")
        draft.wait(0.1, 0.6, 0.6, 0.6)  # the register is asked for half a second after central's answer
        draft.add("stall", terminal=terminal, seconds=draft.dice.choice((1.0, 3.0, 20.0)))
        draft.wait(0.01)
        draft.scan(terminal)
        draft.scan(other, scanner="s1")
        draft.wait(2.0, 30.0)


def _room(draft: Draft) -> None:
    terminal = draft.terminal()
    draft.add("room", terminal=terminal, room=draft.dice.choice((1_000, 20_000_000)))
    draft.add("room", after=draft.dice.choice((20.0, 300.0)), terminal=terminal)


def _person(draft: Draft) -> None:
    facts = {"choice": draft.dice.randrange(3)} if (act := draft.dice.choice(ACTS)) == "decide" else {}
    draft.add("person", act=act, card=draft.dice.randrange(draft.cards), **facts)


def _central_down(draft: Draft) -> None:
    draft.add("central_down", seconds=draft.dice.choice((1.0, 60.0, 2 * HOUR_S)))


def _central_dies(draft: Draft) -> None:
    draft.add("central_dies", when=draft.dice.choice(("before", "after")), down=draft.dice.choice((1.0, 30.0)))


def _central_part(draft: Draft) -> None:
    draft.add("central_part", most=draft.dice.choice((1, 1, 2, 3)))
    draft.add("central_well", after=draft.dice.choice((300.0, 3_000.0)))


def _central_slow(draft: Draft) -> None:
    draft.add("central_slow", seconds=draft.dice.choice((0.5, 3.0)))
    draft.add("central_well", after=draft.dice.choice((60.0, 600.0)))


def _odd_content(draft: Draft) -> None:
    """Central, or something before it, cannot take what was read; others must not wait for it."""
    terminal = draft.terminal()
    draft.add("central_slow", seconds=draft.dice.choice((0.005, 3.0)))  # then others come with it
    draft.add("central_well", after=60.0)
    draft.scan(terminal, raw=draft.dice.choice(("POISON", "PROXY")))
    for _ in range(3):
        draft.wait(0.1, 0.5, 3.0)
        draft.scan(terminal)
        draft.scan()


def _tamper(draft: Draft) -> None:
    draft.add("tamper", terminal=draft.terminal(), raw="something else")


_MISHAPS: tuple[Callable[[Draft], None], ...] = (
    _outage, _kill, _kill_at, _wall, _disk, _room, _person, _person, _central_down, _central_dies,
    _odd_content, _tamper, _away, _stall, _stall, _central_part, _central_slow,
)  # fmt: skip

# Scenes: what needs several things to come together.


def _overtaken(draft: Draft) -> None:
    """A scan waits at a terminal without a way while others close the cycle that it belongs to, and perhaps go on."""
    dice = draft.dice
    slow, fast = dice.sample(draft.terminals, 2)
    card = dice.randrange(draft.cards)
    draft.scan(fast, card=card, scanner="s1")
    draft.wait(30.0, 700.0)
    draft.add("outage", terminal=slow, seconds=dice.choice((900.0, 5_000.0)))
    unmeasured = dice.random() < 0.4  # a boot in which central was never heard
    if unmeasured:
        draft.wait(2.0)
        draft.add("kill", terminal=slow, down=1.0, power=True, wall=dice.choice(WALLS_MS))
    draft.wait(5.0)
    draft.scan(slow, card=card, scanner="s1", **({} if dice.random() < 0.7 else {"intent": "receive"}))
    if unmeasured:
        draft.wait(2.0, 100.0)
        draft.add("kill", terminal=slow, down=1.0, power=True)
    draft.wait(10.0, 60.0, 300.0)
    draft.scan(fast, card=card, intent="receive")
    if dice.random() < 0.5:
        draft.wait(20.0, 650.0)
        draft.scan(fast, card=card, scanner="s1")


def _offline_shift(draft: Draft) -> None:
    """Much work without central, restarts in between: what the terminal did itself it must remember."""
    dice, terminal = draft.dice, draft.terminal()
    card = dice.randrange(draft.cards)
    draft.add("outage", terminal=terminal, seconds=dice.choice((2_000.0, 20_000.0)))
    for _ in range(dice.randint(8, 20)):
        draft.wait(2.0, 3.0, 20.0)
        draft.scan(terminal, card=card if dice.random() < 0.6 else dice.randrange(draft.cards))
        if dice.random() < 0.15:
            draft.wait(1.0)
            draft.add("kill", terminal=terminal, down=1.0, power=dice.random() < 0.5)
            draft.wait(2.0)


def _stale_register(draft: Draft) -> None:
    """People act at central while a terminal does not hear of it."""
    dice, terminal = draft.dice, draft.terminal()
    card = dice.randrange(draft.cards)
    first, second = dice.choice((("hold", "release"), ("print", "decide"), ("lost", "reinstate"), ("hold", "hold")))
    draft.add("person", act=first, card=card)
    draft.wait(20.0, 3_000.0)
    draft.add("outage", terminal=terminal, seconds=3_000.0)
    draft.wait(2.0)
    draft.add("person", act=second, card=card, **({"choice": 0} if second == "decide" else {}))
    for _ in range(2):
        draft.wait(5.0, 60.0)
        draft.scan(terminal, card=card, version=dice.choice((1, 1, 2)))


def _central_restored(draft: Draft) -> None:
    """Central is brought back to a backup, between work of everybody or of some."""
    dice = draft.dice
    for _ in range(dice.randint(1, 4)):
        draft.scan()
        draft.wait(5.0, 60.0)
    draft.add("central_backup", name="b")
    for _ in range(dice.randint(1, 8)):
        draft.wait(5.0, 60.0, 700.0)
        dice.choice((_empty, _cycle, _person))(draft)
    away = dice.sample(draft.terminals, dice.choice((0, 0, 1, 2)))
    for terminal in away:
        draft.add("outage", terminal=terminal, seconds=9_000.0)
    draft.wait(5.0, 60.0, 2_000.0)
    draft.add("central_restore", name="b")
    for _ in range(dice.randint(0, 8)):
        draft.wait(2.0, 60.0)
        draft.scan()


def _hurt(draft: Draft) -> None:
    """A disk that fails again and again, and content that nobody can take."""
    for _ in range(draft.dice.randint(3, 6)):
        draft.wait(5.0, 30.0)
        draft.dice.choice((_disk, _disk, _away, _away, _stall, _odd_content, _odd_content, _tamper, _kill_at))(draft)


_SCENES: tuple[Callable[[Draft], None], ...] = (
    _overtaken, _overtaken, _offline_shift, _stale_register, _central_restored, _central_restored, _hurt,
)  # fmt: skip

# Who is who.


def _work_of(draft: Draft, *terminals: str) -> None:
    for _ in range(draft.dice.randint(2, 5)):
        draft.wait(3.0, 20.0, 650.0)
        draft.add("scan", terminal=draft.dice.choice(terminals), scanner="s1", card=draft.dice.randrange(draft.cards))


def _brought_back(draft: Draft) -> None:
    terminal = draft.terminal()
    _work_of(draft, terminal)
    draft.add("backup", terminal=terminal, name="b")
    _work_of(draft, terminal)
    draft.wait(60.0, 3_000.0)
    draft.add("restore", terminal=terminal, name="b")
    _work_of(draft, terminal)
    _enrol(draft, terminal)


def _copied(draft: Draft) -> None:
    terminal = draft.terminal()
    _work_of(draft, terminal)
    draft.add("clone", terminal=terminal, name="copy")
    _work_of(draft, terminal, "copy")
    _work_of(draft, terminal, "copy")
    _enrol(draft, "copy")


def _made_anew(draft: Draft) -> None:
    terminal = draft.terminal()
    _work_of(draft, terminal)
    draft.wait(60.0)
    draft.add("reimage", terminal=terminal)
    _work_of(draft, terminal)
    _enrol(draft, terminal)


def _revoked(draft: Draft) -> None:
    terminal = draft.terminal()
    draft.add("revoke", terminal=terminal)
    _work_of(draft, terminal)
    _enrol(draft, terminal)


def _enrol(draft: Draft, terminal: str) -> None:
    if draft.dice.random() < 0.7:
        draft.wait(5.0, 500.0)
        draft.add("enrol", terminal=terminal)
        _work_of(draft, terminal)


_IDENTITIES: tuple[Callable[[Draft], None], ...] = (_brought_back, _copied, _copied, _made_anew, _revoked)
