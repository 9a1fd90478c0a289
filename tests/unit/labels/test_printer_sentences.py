"""What printers and errors say, on a page and in a log."""

from __future__ import annotations

from ekanban_labels.printers.sentence import Sentence, printable, say


def test_a_sentence_is_told_in_another_language_with_its_facts() -> None:
    sentence = say("{host} is away.", host="zebra-3")

    assert str(sentence) == "zebra-3 is away."
    assert sentence.told({"{host} is away.": "{host} ist weg."}.__getitem__) == "zebra-3 ist weg."
    assert not Sentence("")


def test_what_a_printer_says_cannot_break_a_log_or_fill_it() -> None:
    assert printable("a\r\n\x1b[31m‮b\0") == r"a\r\n\x1b[31m\u202eb\x00"
    assert printable(b"\xff\xfe ok") == r"\xff\xfe ok"
    assert len(printable("x" * 10_000)) == 301


def test_braces_in_facts_are_text() -> None:
    assert str(say("It says {words}.", words="{0.__class__} {words}")) == "It says {0.__class__} {words}."
    assert str(say("No facts: {braces} stay.")) == "No facts: {braces} stay."
