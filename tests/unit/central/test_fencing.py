"""Epochs, sequence and forks, without a database."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ekanban_central.fencing import Epoch, Fence, Missing, Verdict

A, B, C, D = (UUID(int=number) for number in range(1, 5))


def _fence(*known: Epoch, head: UUID | None = None, oldest: dict[UUID, int] | None = None) -> Fence:
    return Fence(known, head, oldest or {}, 1_000)


def _epoch(epoch: UUID, next_seq: int = 1, last_seq: int | None = None, previous: UUID | None = None) -> Epoch:
    return Epoch(epoch, previous, 1, 0, next_seq, last_seq)


def test_the_first_epoch_counts_from_one() -> None:
    fence = _fence()
    fence.introduce(A, None, 0)

    assert [fence.place(A, seq) for seq in (1, 2, 3)] == [Verdict.NEXT] * 3
    assert fence.head == A


def test_a_gap_names_what_is_missing_and_counts_nothing() -> None:
    fence = _fence(_epoch(A, 5), head=A)

    assert fence.place(A, 7) is Verdict.GAP
    assert fence.expected == (A, 5)
    assert fence.epochs[A].next_seq == 5


def test_a_part_that_is_gone_is_passed_over_up_to_what_is_left() -> None:
    fence = _fence(_epoch(A, 5), head=A, oldest={A: 8})

    assert fence.place(A, 9) is Verdict.GAP
    assert fence.expected == (A, 8)
    assert fence.missing == [Missing(A, 5, 7)]


def test_scans_without_a_name_explain_a_gap_of_their_number() -> None:
    fence = _fence(_epoch(A, 5), head=A)

    assert fence.place(A, 7, nameless=2) is Verdict.NEXT
    assert fence.place(A, 9) is Verdict.GAP


def test_of_several_unheard_starts_the_oldest_is_asked_for_first() -> None:
    fence = _fence(oldest={B: 1, C: 1})
    fence.introduce(B, A, 1)
    fence.introduce(C, B, 1)

    assert fence.place(B, 1) is Verdict.GAP
    assert fence.expected == (A, 1)


def test_a_successor_ends_the_epoch_before() -> None:
    fence = _fence(_epoch(A, 5), head=A)
    fence.introduce(B, A, 4)

    assert fence.place(B, 1) is Verdict.NEXT
    assert fence.epochs[A].last_seq == 4
    assert fence.head == B
    assert fence.changed == {A, B}


def test_a_successor_waits_for_the_rest_of_the_epoch_before() -> None:
    fence = _fence(_epoch(A, 5), head=A)
    fence.introduce(B, A, 6)

    assert fence.place(B, 1) is Verdict.GAP
    assert fence.expected == (A, 5)
    assert fence.place(A, 5) is Verdict.NEXT
    assert fence.place(A, 6) is Verdict.NEXT
    assert fence.place(B, 1) is Verdict.NEXT


def test_of_two_starts_of_which_nothing_is_left_both_are_missed() -> None:
    fence = _fence(oldest={A: 3, B: 2})
    fence.introduce(A, None, 0)
    fence.introduce(B, A, 2)
    fence.introduce(C, B, 1)

    assert fence.place(C, 1) is Verdict.NEXT
    assert fence.missing == [Missing(A, 1, 2), Missing(B, 1, 1)]


def test_a_start_without_scans_does_not_hide_what_is_missing_before_it() -> None:
    fence = _fence()
    fence.introduce(A, None, 0)
    fence.introduce(B, A, 2)
    fence.introduce(C, B, 0)

    assert fence.place(C, 1) is Verdict.GAP
    assert fence.expected == (A, 1)


def test_a_start_that_follows_itself_follows_nobody() -> None:
    fence = _fence(oldest={A: 3})
    fence.introduce(A, A, 2)

    assert fence.place(A, 3) is Verdict.NEXT
    assert fence.missing == [Missing(A, 1, 2)]


def test_a_predecessor_that_nobody_knows_is_asked_for() -> None:
    fence = _fence(_epoch(A, 5), head=A)
    fence.introduce(C, B, 3)

    assert fence.expected == (B, 1)
    assert fence.place(C, 1) is Verdict.GAP


def test_what_is_found_of_a_start_that_was_taken_for_gone_has_its_place_and_is_no_fork() -> None:
    fence = _fence(_epoch(A, 5), head=A, oldest={B: 4})
    fence.introduce(C, B, 3)
    fence.introduce(B, A, 4)

    assert fence.missing == [Missing(B, 1, 3)]
    assert [fence.place(B, 2), fence.place(C, 1)] == [Verdict.BEHIND, Verdict.NEXT]
    assert (fence.forks, fence.head) == ([], C)


def test_a_predecessor_without_scans_is_not_asked_for() -> None:
    fence = _fence(_epoch(A, 5), head=A)
    fence.introduce(C, B, 0)

    assert fence.place(C, 1) is Verdict.NEXT


def test_an_epoch_that_nobody_announced_follows_the_newest() -> None:
    fence = _fence(_epoch(A, 5), head=A)

    assert fence.place(B, 1) is Verdict.NEXT
    assert (fence.epochs[B].previous, fence.epochs[A].last_seq) == (A, 4)


def test_forks_are_told_once() -> None:
    fence = _fence(_epoch(A, 5, 4), _epoch(B, 2, previous=A), head=B)
    fence.introduce(C, A, 4)
    fence.introduce(C, A, 4)
    fence.introduce(D, C, 1)

    assert [fence.place(C, 1), fence.place(C, 5), fence.place(D, 1), fence.place(A, 5), fence.place(A, 6)] == [
        Verdict.FORKED
    ] * 5
    assert fence.forks == [C, D, A]
    assert fence.head == B


@given(st.lists(st.tuples(st.sampled_from((A, B, C)), st.integers(1, 6)), max_size=40))
def test_whatever_comes_each_place_is_taken_once_and_in_sequence(scans: list[tuple[UUID, int]]) -> None:
    fence = _fence()
    fence.introduce(A, None, 0)
    taken: list[tuple[UUID, int]] = []
    for epoch, seq in scans:
        if fence.place(epoch, seq) is Verdict.NEXT:
            taken.append((epoch, seq))

    assert len(set(taken)) == len(taken)
    for epoch in (A, B, C):
        assert [seq for one, seq in taken if one == epoch] == list(range(1, 1 + sum(one == epoch for one, _ in taken)))
