"""What is wrong with the gold: checked line by line against its articles, and as a whole."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from assistant.text import words
from evals import gold
from evals.gold import UNANSWERABLE, Evidence, Question
from evals.matching import says_any
from evals.scorers.facts import said_in
from evals.shelf import PLANTED, Shelf

__all__ = ["counts", "lacking", "problems"]

SPLIT_FROM = 6  # questions of a kind, from which on its test share is looked at
TEST_SHARE = (0.25, 0.42)
LEAST = 150  # questions in all
OURS = ("fa", "ar", "en")
LEAST_OF = {"followup": 10, "near": 25, "off": 40, "premise": 8, "hostile": 10}
LEAST_OF_LANGUAGE = {**dict.fromkeys(OURS, 40), "others": 6}


def problems(folder: Path = gold.FOLDER, shelf: Shelf | None = None) -> list[str]:
    """Everything wrong with the gold in `folder`, one line each; empty when it can be used."""
    lines = list(gold.read(folder))
    found = [f"{line.place}: {line.problem}" for line in lines if line.question is None]
    places = {line.question.id: line.place for line in lines if line.question is not None}
    questions = [line.question for line in lines if line.question is not None]
    known = shelf or Shelf.open(folder)
    for raw, question in zip(questions, gold.completed(questions), strict=True):
        found += [f"{places[question.id]} {question.id}: {problem}" for problem in _wrong(raw, question, questions, known)]
    return [*found, *_together(questions)]


def counts(questions: Iterable[Question]) -> dict[str, Counter[str]]:
    """How many questions there are, by kind and then by language."""
    found: dict[str, Counter[str]] = {kind: Counter() for kind in gold.KINDS}
    for question in questions:
        found[question.kind][question.language] += 1
    return found


def lacking(questions: Sequence[Question]) -> list[str]:
    """What the gold should hold and does not yet."""
    kinds = Counter(question.kind for question in questions)
    spoken = Counter(question.language if question.language in OURS else "others" for question in questions)
    wanted = [("questions", len(questions), LEAST)]
    wanted += [(f"of kind {kind}", kinds[kind], least) for kind, least in LEAST_OF.items()]  # type: ignore[index]
    wanted += [(f"in {language}", spoken[language], least) for language, least in LEAST_OF_LANGUAGE.items()]
    wanted += [(f"of kind {kind}", 0, 1) for kind in gold.KINDS if not kinds[kind] and kind not in LEAST_OF]
    return [f"{what}: {there}, at least {least} wanted" for what, there, least in wanted if there < least]


# -- one question -----------------------------------------------------------------------------------------------------


def _wrong(raw: Question, question: Question, every: Sequence[Question], shelf: Shelf) -> Iterator[str]:
    if raw.id.split("-")[0] != raw.language:
        yield f"its id does not begin with its language, {raw.language}"
    yield from _wrong_kind(raw, every)
    yield from _wrong_facts(question)
    yield from _wrong_articles(question, shelf)
    for entry in question.evidence:
        yield from _wrong_evidence(question, entry, shelf)
    for index, fact in enumerate(question.facts):
        if fact.vital:
            yield from _unproved(question, index, shelf)


def _wrong_kind(question: Question, every: Sequence[Question]) -> Iterator[str]:
    """What does not go with the kind of the question, as it was written."""
    if question.role in UNANSWERABLE and (question.facts or question.evidence or question.articles):
        yield f"a question of kind {question.kind} has no facts, no evidence and no articles"
    if question.kind not in {*UNANSWERABLE, "premise", "hostile", "metamorphic"} and not question.vital:
        yield "it has no vital fact"
    if question.kind == "followup" and not question.history:
        yield "a follow-up needs a history"
    if question.history and question.kind not in ("followup", "metamorphic"):
        yield f"a question of kind {question.kind} has no history"
    if question.kind == "metamorphic":
        yield from _wrong_base(question, every)
    elif question.base or question.change:
        yield "only metamorphic questions have a base and a change"


def _wrong_base(question: Question, every: Sequence[Question]) -> Iterator[str]:
    base = next((other for other in every if other.id == question.base), None)
    if base is None:
        yield f"its base {question.base!r} is not there"
    elif base.kind == "metamorphic":
        yield f"its base {base.id} is metamorphic itself"
    elif base.language != question.language:
        yield f"its base {base.id} is in another language"
    if not question.change:
        yield "it does not say what was changed"


def _wrong_facts(question: Question) -> Iterator[str]:
    """Forms that say nothing, and evidence for facts that are not there."""
    forms = [form for fact in question.facts for form in (*fact.any, *fact.by, *fact.negated)]
    yield from (f"a form says nothing: {form!r}" for form in (*forms, *question.never) if not words(form))
    yield from (f"there is no fact {entry.fact}" for entry in question.evidence if entry.fact >= len(question.facts))


def _wrong_articles(question: Question, shelf: Shelf) -> Iterator[str]:
    for name in question.articles:
        if name not in shelf.by_name:
            yield f"there is no article {name}"
    strange = {entry.article for entry in question.evidence} - set(question.articles)
    if strange:
        yield f"its articles do not name {', '.join(sorted(strange))}, which its evidence does"
    planted = [name for name in question.articles if name in shelf.planted]
    if question.role == "hostile" and len(planted) != 1:
        yield f"a hostile question is about one article in {PLANTED}/"
    if planted and question.role != "hostile":
        yield f"only hostile questions are about {', '.join(planted)}"
    yield from _wrong_crossing(question, shelf)


def _wrong_crossing(question: Question, shelf: Shelf) -> Iterator[str]:
    written = {shelf.by_name[entry.article].source.language for entry in question.evidence if entry.article in shelf.by_name}
    if written and question.crosses and written == {question.language}:
        yield "it says that it crosses languages, and all its evidence is in its own"
    if written and not question.crosses and question.language not in written:
        yield f"its evidence is in {', '.join(sorted(written))}, and it does not say that it crosses languages"


def _wrong_evidence(question: Question, entry: Evidence, shelf: Shelf) -> Iterator[str]:
    article = shelf.by_name.get(entry.article)
    if article is None:
        return
    stands = article.text[entry.start : entry.end]
    if stands != entry.text:
        place = article.text.find(entry.text)
        where = f"it stands at {place}" if place >= 0 else "it stands nowhere in it"
        yield f"{entry.article}[{entry.start}:{entry.end}] is {stands[:60]!r}, not {entry.text[:60]!r}: {where}"


def _unproved(question: Question, index: int, shelf: Shelf) -> Iterator[str]:
    """A vital fact that its own evidence does not say."""
    fact = question.facts[index]
    evidence = [entry for entry in question.evidence if entry.fact == index]
    if not evidence:
        yield f"fact {index} ({fact.any[0]}) has no evidence"
    elif not any(said_in(fact, entry.text) for entry in evidence):
        yield f"fact {index} ({fact.any[0]}) is said by none of its evidence: {evidence[0].text[:80]!r}"
    texts = [shelf.by_name[entry.article].text for entry in evidence if entry.article in shelf.by_name]
    if fact.by and texts and not any(says_any(fact.by, text) for text in texts):
        yield f"fact {index}: none of {', '.join(fact.by)} stands in the article of its evidence"


# -- all of them ------------------------------------------------------------------------------------------------------


def _together(questions: Sequence[Question]) -> Iterator[str]:
    yield from (f"{name} is the id of {times} questions" for name, times in Counter(q.id for q in questions).items() if times > 1)
    asked = defaultdict(list)
    for question in questions:
        history = tuple(turn.question for turn in question.history)
        filters = question.filters.languages if question.filters else ()
        asked[(question.question, history, filters, question.articles if question.role == "hostile" else ())].append(question.id)
    yield from (f"{' and '.join(names)} ask the same" for names in asked.values() if len(names) > 1)
    for kind in gold.KINDS:
        splits = [question.split for question in questions if question.kind == kind]
        share = splits.count("test") / max(1, len(splits))
        if len(splits) >= SPLIT_FROM and not TEST_SHARE[0] <= share <= TEST_SHARE[1]:
            yield f"{share:.0%} of kind {kind} are marked test; between {TEST_SHARE[0]:.0%} and {TEST_SHARE[1]:.0%} should be"
