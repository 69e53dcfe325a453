"""Quality on the outside development sets: floors below which a change must not land."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from assistant.lexicon import Lexicon
from assistant.types import Retrieval
from evals import quotes, retrieval
from evals.outside import Bench, Set, load

pytestmark = [pytest.mark.bench, pytest.mark.no_cover]

LEXICON = Lexicon.open()
MOST = 200  # questions of a set; the whole sets are for `python -m evals`

_retrieve = Bench.retrieve
_found: dict[tuple[str, int, str, int], Retrieval] = {}


def once(bench: Bench, question: str, *, limit: int) -> Retrieval:
    """What was found for the question in these passages; quoting and refusing ask the same."""
    asked = (next(iter(bench.passages)), len(bench.passages), question, limit)
    if asked not in _found:
        _found[asked] = _retrieve(bench, question, limit=limit)
    return _found[asked]


@pytest.fixture(autouse=True)
def ask_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bench, "retrieve", once)


def sample(folder: Path, name: str) -> Set:
    """The set with at most `MOST` of its questions, always the same ones."""
    whole = load(folder, name)
    questions = random.Random(name).sample(whole.questions, min(MOST, len(whole.questions)))
    return Set(whole.name, whole.passages, tuple(questions), whole.unanswerable)


@pytest.mark.parametrize(
    ("name", "at_5"),
    [
        ("pquad", 0.99),
        ("persianqa", 0.99),
        ("xquad-ar", 0.99),
        ("arcd", 0.94),
        ("parsinlu-rc", 0.92),
        ("ntrex-fa", 0.95),
        ("ntrex-ar", 0.95),
        ("ntrex-en-fa", 0.95),
        ("ntrex-en-ar", 0.92),
        ("ntrex-fa-ar", 0.92),
        ("ntrex-ar-fa", 0.94),
        ("xquad-en-ar", 0.93),
    ],
)
def test_the_right_passage_is_among_the_first_five(bench: Path, name: str, at_5: float) -> None:
    """Recall at 5 within and across Persian, Arabic and English."""
    assert retrieval.measure(sample(bench, name), lexicon=LEXICON).at_5.mean >= at_5


@pytest.mark.parametrize(
    ("name", "first", "shown"),
    [("pquad", 0.80, 0.91), ("xquad-ar", 0.72, 0.87), ("arcd", 0.66, 0.81), ("persianqa", 0.62, 0.81), ("xquad-en-ar", 0.60, 0.75)],
)
def test_the_quotes_hold_the_answer(bench: Path, name: str, first: float, shown: float) -> None:
    """The answer stands in the first quote, or in one of those shown."""
    found = quotes.measure(sample(bench, name), lexicon=LEXICON)
    assert (found.first.mean >= first, found.any.mean >= shown) == (True, True), found


@pytest.mark.parametrize(
    ("name", "other", "kept", "refused"),
    [
        ("pquad", "persianqa", 0.95, 0.65),
        ("persianqa", "pquad", 0.94, 0.78),
        ("arcd", "xquad-ar", 0.93, 0.78),
        ("xquad-ar", "arcd", 0.93, 0.70),
    ],
)
def test_questions_off_the_topic_are_refused(bench: Path, name: str, other: str, kept: float, refused: float) -> None:
    """The questions of one set asked of the passages of another are mostly refused, its own mostly kept."""
    found = quotes.refusals(sample(bench, name), sample(bench, other).questions, lexicon=LEXICON)
    assert (found.kept >= kept, found.refused >= refused) == (True, True), (found.kept, found.refused)
