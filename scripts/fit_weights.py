"""How the weights of `assistant/choosing.py` and `assistant/judging.py` are found, with figures for articles left out of the fit.

    python scripts/fit_weights.py choice --bench FOLDER
    python scripts/fit_weights.py confidence --bench FOLDER

FOLDER holds question sets as `evals/README.md` describes them. Everything is drawn with fixed seeds: the same sets give the same
weights.
"""

from __future__ import annotations

import random
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import click
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent))

from assistant import choosing, judging
from assistant.lexicon import Lexicon
from assistant.text import fold, sentences, words
from assistant.types import Passage, Retrieval
from evals.outside import Bench, Question, Set, load

WITHIN = ("pquad", "persianqa", "arcd", "xquad-ar")
ACROSS = ("xquad-en-ar", "ntrex-en-fa", "ntrex-en-ar", "ntrex-fa-ar", "ntrex-ar-fa")
FOLDS = 5
PASSAGES = 8
QUOTES = 3
LEAST_WORDS = 4
KEPT = 0.95
Floats = NDArray[np.float64]


def fold_of(group: str) -> int:
    """The fold of an article: all questions about it are fitted on, or measured, together."""
    return zlib.crc32(group.encode()) % FOLDS


# -- choice: which sentence holds the answer --------------------------------------------------------------------------

SPLIT = ("words", "letters")  # traits whose weight differs within and across languages
MIXED = {"pquad": 350, "arcd": 350, "xquad-ar": 300, "xquad-en-ar": 300, "persianqa": 259}  # questions of the mixed collection
COUNTS = {"mixed": 900}  # what the questions of a set weigh together; those of any other 300


class Asked(NamedTuple):
    """A question as its candidate sentences: their traits, whether each holds the answer and is in the question's language; the
    set, and whether the answer is in the question's language there; the article it is of."""

    traits: Floats
    holding: NDArray[np.bool_]
    within: NDArray[np.bool_]
    name: str
    pair: str
    group: str


def asked(name: str, question: Question, retrieval: Retrieval, written: set[str]) -> Asked:
    """One question with what was retrieved for it; `written` are the languages of the passages that answer it."""
    answers = [fold(answer).strip(" .،,؛") for answer in question.answers]
    rows, holding, within, seen = [], [], [], set()
    for place, found in choosing.traits(retrieval.query.question, retrieval.concepts, retrieval.hits):
        text = retrieval.hits[place.hit].passage.text[place.span.start : place.span.end]
        if len(words(text)) >= LEAST_WORDS and text not in seen:
            seen.add(text)
            rows.append(found)
            holding.append(any(answer in fold(text) for answer in answers))
            within.append(place.reading.language == retrieval.query.language)
    shape = (-1, len(choosing.Traits._fields))
    group = _ARTICLE.sub("", question.group)
    pair = "within" if question.language in written else "across"
    return Asked(np.array(rows, dtype=np.float64).reshape(shape), np.array(holding), np.array(within), name, pair, group)


_ARTICLE = re.compile(r"(?<=^nt-)(?:fa|ar)-")  # the same article in two languages


def mixtures(bench: Path) -> Iterator[tuple[str, list[Passage], list[Question]]]:
    """Collections in which the answer is in one language and much that is near it in another: their name, passages and questions.

    Of the news that is there in Persian and in Arabic, each passage is taken in one of the two.
    """
    news = [
        passage
        for code in ("fa", "ar")
        for passage in load(bench, f"ntrex-{code}").passages
        if ("ar", "fa")[zlib.crc32(passage.id.split("-", 2)[2].encode()) % 2] == code
    ]
    told = [question for name in ACROSS[1:] for question in load(bench, name).questions if len(question.passages) == 1]
    yield "mixed news", news, told
    chance = random.Random("mix")
    passages: dict[str, Passage] = {}
    questions: list[Question] = []
    for name, most in MIXED.items():
        loaded = load(bench, name)
        passages |= {passage.id: passage for passage in loaded.passages}
        questions += chance.sample(loaded.questions, min(most, len(loaded.questions)))
    yield "mixed", [*passages.values(), *news], [*questions, *told]


def design(question: Asked) -> Floats:
    """The traits as the fit sees them: those of `SPLIT` apart for the two cases, and a last column that says "across"."""
    columns = []
    for field, values in zip(choosing.Traits._fields, question.traits.T, strict=True):
        columns += [values * question.within, values * ~question.within] if field in SPLIT else [values]
    return np.stack([*columns, (~question.within).astype(np.float64)], axis=1)


def fit_choice(questions: Sequence[Asked], *, ridge: float = 3.0) -> Floats:
    """The weights under which the sentences with the answer are likeliest, by a softmax over each question's sentences.

    Newton's method with halved steps; the ridge holds rare traits near nothing.
    """
    told = [question for question in questions if question.holding.any()]
    sizes = {name: sum(question.name == name for question in told) for name in {question.name for question in told}}
    counts = np.array([COUNTS.get(question.name, 300) / sizes[question.name] for question in told])
    rows, holding = np.concatenate([design(q) for q in told]), np.concatenate([q.holding for q in told])
    spread = rows.std(axis=0) + 1e-9
    scaled = (rows - rows.mean(axis=0)) / spread
    lengths = np.array([len(question.holding) for question in told])
    of, starts = np.repeat(np.arange(len(told)), lengths), np.r_[0, np.cumsum(lengths)[:-1]]

    def loss(weights: Floats) -> tuple[float, Floats, Floats]:
        scores = scaled @ weights
        powers = np.exp(scores - np.maximum.reduceat(scores, starts)[of])
        every, right = np.add.reduceat(powers, starts), np.add.reduceat(powers * holding, starts) + 1e-300
        share, share_right = powers / every[of], powers * holding / right[of]
        means = np.add.reduceat(scaled * share[:, None], starts, axis=0)
        value = float((counts * (np.log(every) - np.log(right))).sum() + ridge / 2 * weights @ weights)
        slope = scaled.T @ ((share - share_right) * counts[of]) + ridge * weights
        bend = (scaled * (share * counts[of])[:, None]).T @ scaled - (means * counts[:, None]).T @ means
        return value, slope, bend + ridge * np.eye(len(weights))

    weights: Floats = _newton(loss, scaled.shape[1]) / spread
    return weights


def _newton(loss: Callable[[Floats], tuple[float, Floats, Floats]], size: int) -> Floats:
    weights: Floats = np.zeros(size)
    for _ in range(60):
        value, slope, bend = loss(weights)
        step = np.linalg.solve(bend, slope)
        part = 1.0
        while part > 1e-3 and loss(weights - part * step)[0] > value - 1e-4 * part * (slope @ step):
            part /= 2
        weights = weights - part * step
        if np.abs(part * step).max() < 1e-4:
            break
    return weights


def held_out_choice(questions: Sequence[Asked]) -> dict[str, tuple[float, float]]:
    """By set and pair: how often the best sentence, and any of the best three, holds the answer, fitted on other articles."""
    found: dict[str, list[tuple[bool, bool]]] = {}
    for number in range(FOLDS):
        weights = fit_choice([question for question in questions if fold_of(question.group) != number])
        for question in questions:
            if fold_of(question.group) == number:
                best = np.argsort(-(design(question) @ weights), kind="stable")[:QUOTES]
                holding = question.holding[best]
                found.setdefault(f"{question.name}, {question.pair}", []).append((bool(holding[:1].any()), bool(holding.any())))
    return {name: (float(np.mean([a for a, _ in rows])), float(np.mean([b for _, b in rows]))) for name, rows in found.items()}


# -- confidence: whether the hits speak of the question ---------------------------------------------------------------

SIZES = {1: 20, 5: 10, 100: 1, 3_000: 1}  # articles of a collection, and how many collections of that size are drawn from a set
QUESTIONS = 160  # of each kind at each size
PASSAGE_SETS = ("pquad", "persianqa", "parsinlu-rc", "arcd", "xquad-ar", "ntrex-ar", "ntrex-fa")
# Whose questions are asked of a set's passages as off-topic ones, and what the set's collection is filled up with.
OFF_TOPIC = {"pquad": "persianqa", "persianqa": "pquad", "arcd": "xquad-ar", "xquad-ar": "arcd"}
# The same texts in the question's own language: they would make a question across languages one within a language.
PARALLEL = {"ntrex-en-fa": "ntrex-ar", "ntrex-en-ar": "ntrex-fa", "ntrex-fa-ar": "ntrex-fa", "ntrex-ar-fa": "ntrex-ar"}


class Weighed(NamedTuple):
    """A question asked of a collection: its signs, whether the collection answers it, the set, the size and the article."""

    signs: judging.Signs
    own: bool
    name: str
    size: int
    group: str


@dataclass(slots=True)
class Drawn:
    """A collection drawn from a set, with questions it answers and questions it does not."""

    passages: list[Passage]
    own: list[Question]
    off: list[Question]


def drawn(name: str, size: int, sets: dict[str, Set], chance: random.Random) -> Drawn:
    """A collection of about `size` articles. At 3,000 every half of a paragraph is an article of its own."""
    articles = _by_article(sets[name].passages)
    across = name not in OFF_TOPIC
    most = len(articles) // 2 if across else len(articles)  # across languages the other half asks the off-topic questions
    chosen = chance.sample(sorted(articles), min(size, most))
    passages = [passage for article in chosen for passage in articles[article]]
    ids = {passage.id for passage in passages}
    own = [question for question in sets[name].questions if question.passages & ids]
    off = [q for q in sets[name].questions if not q.passages & ids] if across else list(sets[OFF_TOPIC[name]].questions)
    kept_out = {name, PARALLEL.get(name), OFF_TOPIC.get(name), "xquad-ar" if name == "xquad-en-ar" else None, *_same_texts(name)}
    fillers = [article for other in PASSAGE_SETS if other not in kept_out for article in _by_article(sets[other].passages).values()]
    chance.shuffle(fillers)
    if size == 100:
        passages += [passage for article in fillers[: max(0, 100 - len(chosen))] for passage in article]
    if size == 3_000:
        passages = list(_halves([*passages, *(passage for article in fillers for passage in article)]))
    return Drawn(passages, own, off)


def _same_texts(name: str) -> tuple[str, ...]:
    return (f"ntrex-{name.rsplit('-', 1)[1]}",) if name.startswith("ntrex") else ()


def _by_article(passages: Sequence[Passage]) -> dict[str, list[Passage]]:
    found: dict[str, list[Passage]] = {}
    for passage in passages:
        found.setdefault(passage.source.article_id, []).append(passage)
    return found


def _halves(passages: Sequence[Passage]) -> Iterator[Passage]:
    for passage in passages:
        spans = sentences(passage.text)
        for number, part in enumerate((spans[: len(spans) // 2], spans[len(spans) // 2 :])):
            if part:
                text = passage.text[part[0].start : part[-1].end]
                name = f"{passage.id}-{number}"
                yield Passage(name, replace(passage.source, article_id=name), text, 0, len(text))


def weighed(name: str, size: int, sets: dict[str, Set], lexicon: Lexicon) -> Iterator[Weighed]:
    """Questions of the set and off-topic ones, asked of collections of that size."""
    chance = random.Random(f"{name} {size}")
    for _ in range(SIZES[size]):
        collection = drawn(name, size, sets, chance)
        per = max(4, QUESTIONS // SIZES[size])
        with Bench.over(collection.passages, lexicon=lexicon) as bench:
            for own, questions in ((True, collection.own), (False, collection.off)):
                for question in chance.sample(questions, min(per, len(questions))):
                    found = _signs(bench, question)[name in ACROSS]
                    if found is not None:
                        yield Weighed(found, own, name, size, question.group)


def _signs(bench: Bench, question: Question) -> tuple[judging.Signs | None, judging.Signs | None]:
    """The signs by which the product judges `question`: of the hits in its language, and of the others."""
    seen: list[judging.Signs | None] = []
    real = judging.signs

    def noted(*args: Any, **known: Any) -> judging.Signs | None:
        seen.append(real(*args, **known))
        return seen[-1]

    with patch.object(judging, "signs", noted):
        bench.retrieve(question.text, limit=PASSAGES)
    within, across = seen
    return within, across


def fit_confidence(rows: Sequence[Weighed], *, ridge: float = 1.0) -> Floats:
    """The weights of a logistic regression, the base last; each set and size counts the same."""
    signs = np.array([row.signs for row in rows])
    own = np.array([row.own for row in rows], dtype=np.float64)
    cells = [(row.name, row.size) for row in rows]
    counts = np.array([200 / cells.count(cell) for cell in cells])
    mean, spread = signs.mean(axis=0), signs.std(axis=0) + 1e-9
    scaled = np.c_[(signs - mean) / spread, np.ones(len(rows))]
    bound = np.diag([*[ridge] * signs.shape[1], 1e-6])

    def loss(weights: Floats) -> tuple[float, Floats, Floats]:
        sums = scaled @ weights
        chance = 1 / (1 + np.exp(-sums))
        value = float((counts * (np.logaddexp(0, sums) - own * sums)).sum() + weights @ bound @ weights / 2)
        bend = (scaled * (counts * chance * (1 - chance))[:, None]).T @ scaled + bound
        return value, scaled.T @ (counts * (chance - own)) + bound @ weights, bend

    found = _newton(loss, scaled.shape[1])
    weights = found[:-1] / spread
    with_base: Floats = np.r_[weights, found[-1] - weights @ mean]
    return with_base


def held_out_confidence(rows: Sequence[Weighed]) -> Floats:
    """The sum of the weighed signs of each row, fitted on other articles."""
    sums: Floats = np.zeros(len(rows))
    for number in range(FOLDS):
        fitted = fit_confidence([row for row in rows if fold_of(row.group) != number])
        for index, row in enumerate(rows):
            if fold_of(row.group) == number:
                sums[index] = np.array(row.signs) @ fitted[:-1] + fitted[-1]
    return sums


# -- the command line -------------------------------------------------------------------------------------------------


@click.group()
def weights() -> None:
    """Fit the weights of sentence choice and of the confidence."""


where = click.option("--bench", type=click.Path(path_type=Path, exists=True, file_okay=False), envvar="SANAD_BENCH", required=True)


@weights.command()
@where
def choice(bench: Path) -> None:
    """Weights of the traits of a sentence, within and across languages, on one scale."""
    lexicon = Lexicon.open()
    single = ((name, *_parts(load(bench, name))) for name in (*WITHIN, *ACROSS))
    questions: list[Asked] = []
    for name, passages, told in chain(single, mixtures(bench)):
        there = {passage.id: passage.source.language for passage in passages}
        with Bench.over(passages, lexicon=lexicon) as opened:
            found = (
                asked(name, q, opened.retrieve(q.text, limit=PASSAGES), {there[one] for one in q.passages & there.keys()})
                for q in told
                if q.answers and q.passages & there.keys()
            )
            questions += [question for question in found if len(question.holding)]
        click.echo(f"{name} done", err=True)
    show_choice(questions)


def _parts(loaded: Set) -> tuple[list[Passage], list[Question]]:
    return list(loaded.passages), list(loaded.questions)


def show_choice(questions: Sequence[Asked]) -> None:
    """Print the weights fitted on all questions, and what weights fitted on other articles reach."""
    fitted = iter(fit_choice(questions))
    for field in choosing.Traits._fields:
        click.echo(f"{field}: {next(fitted):.2f}" + (f" within, {next(fitted):.2f} across" if field in SPLIT else ""))
    click.echo(f"across: {next(fitted):.2f}")
    for name, (first, some) in held_out_choice(questions).items():
        click.echo(f"  {name:22} {first:.3f} {some:.3f}")


@weights.command()
@where
def confidence(bench: Path) -> None:
    """Weights of the signs of the hits, within and across languages, and the floor that keeps 95 % of the own questions."""
    lexicon = Lexicon.open()
    sets = {name: load(bench, name) for name in {*WITHIN, *ACROSS, *PASSAGE_SETS}}
    for names in (WITHIN, ACROSS):
        show_confidence([row for name in names for size in SIZES for row in weighed(name, size, sets, lexicon)])


def show_confidence(rows: Sequence[Weighed]) -> None:
    """Print the weights, the floor, and per set and size what share of own questions is kept and of others refused."""
    fitted, sums = fit_confidence(rows), held_out_confidence(rows)
    own, crowds = np.array([row.own for row in rows]), np.array([row.signs.crowd for row in rows])
    lean = _lean(sums[own], crowds[own], [row.size for row in rows if row.own])
    # The fit is stricter with large collections than keeping 95 % at every size asks for.
    fitted[judging.Signs._fields.index("crowd")] -= lean
    sums = sums - lean * crowds
    floor = float(np.quantile(sums[own], 1 - KEPT))
    shown = ", ".join(f"{field}={weight:.2f}" for field, weight in zip((*judging.Signs._fields, "base"), fitted, strict=True))
    click.echo(f"{shown}, floor={1 / (1 + np.exp(-floor)):.2f}")
    click.echo("  kept / refused at this floor; refused where 95 % of the cell are kept")
    for name in dict.fromkeys(row.name for row in rows):
        cells = []
        for size in SIZES:
            here = np.array([(row.name, row.size) == (name, size) for row in rows])
            mine, others = sums[here & own], sums[here & ~own]
            cells.append(
                f"{(mine >= floor).mean():.2f} / {(others < floor).mean():.2f}; {(others < np.quantile(mine, 1 - KEPT)).mean():.2f}"
            )
        click.echo(f"  {name:12} {'   '.join(cells)}")


def _lean(sums: Floats, crowds: Floats, sizes: Sequence[int]) -> float:
    """How much the sum that 95 % of the own questions reach changes with the logarithm of the number of passages."""
    groups = [np.array([size == one for size in sizes]) for one in SIZES]
    lean, _ = np.polyfit([crowds[group].mean() for group in groups], [np.quantile(sums[group], 1 - KEPT) for group in groups], 1)
    return float(lean)


if __name__ == "__main__":
    weights()
