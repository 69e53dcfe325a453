"""A question becomes a query: its language, its concepts in every language we know them in, the days it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from assistant import dates
from assistant.errors import QuestionError
from assistant.language import detect
from assistant.lexicon import Lexicon, LexiconMatch
from assistant.support import is_name
from assistant.text import clean, content_words, is_function_word, is_light_word, is_stop_word, words
from assistant.types import Concept, DateReading, Filters, Query, Turn

__all__ = ["LONGEST_QUESTION", "language_of", "leans", "translated", "understand"]

LONGEST_QUESTION = 4_000  # characters
GENERAL = 0.3  # «said», «announced»: true equivalents that say little about what is asked
LITTLE = 0.4  # «دوباره», «زدند», "took": may tell one passage from the next, and nothing about whether it answers
COMMON = 0.3  # share of passages such words are expected in
FOLLOW_UP = 1  # content words; a question this short leans on the one before it
_POINTING = frozenset(
    words("او وی آنها آن‌ها این آن اینها هو هي هم هما ذلك هذا هذه تلك he she it they him her them this that these those there then")
)


def understand(
    question: str,
    *,
    lexicon: Lexicon,
    today: date,
    history: Sequence[Turn] = (),
    filters: Filters | None = None,
    language: str | None = None,
) -> Query:
    """The query for `question`; `language` (an ISO code) pins the answer's language, else it is the question's own.

    Raises `QuestionError` when there is nothing to ask, or too much.
    """
    asked = clean(question).strip()
    if not words(asked):
        raise QuestionError("The question is empty; write what you want to know.")
    if len(asked) > LONGEST_QUESTION:
        raise QuestionError(
            "The question has {length:,} characters; the limit is {limit:,}. Ask in fewer words.",
            length=len(asked),
            limit=LONGEST_QUESTION,
        )
    spoken = language_of(asked)
    readings = tuple(_dates(asked, spoken, today))
    query = Query(
        question=asked,
        text=asked,
        language=spoken,
        answer_language=language.split("-")[0].lower() if language else spoken,
        concepts=_concepts(asked, spoken, lexicon),
        dates=readings,
        filters=filters or Filters(),
        notes=tuple(map(_as_read, readings)),
    )
    return _leaning_on(query, history, lexicon)


def language_of(question: str) -> str:
    """The language of a question (an ISO code); words that could be of several are taken to be of ours."""
    return detect(question, default=_likely(question))


def _likely(question: str) -> str:
    """The language of words that could be of several («سلام», "Aleppo"): ours of that script."""
    return "fa" if any("\u0600" <= character <= "\u06ff" for character in question) else "en"


def _concepts(question: str, language: str, lexicon: Lexicon) -> tuple[Concept, ...]:
    spoken = words(question)
    known = {match.start: match for match in lexicon.match(spoken, language)}
    concepts: list[Concept] = []
    index = 0
    while index < len(spoken):
        match = known.get(index)
        length = match.length if match else 1
        concept = _concept(spoken[index : index + length], language, match)
        concepts += [concept] if concept else []
        index += length
    unique = {concept.text: concept for concept in concepts}
    return tuple(unique.values()) or tuple(Concept(word, {"": ((word,),)}) for word in content_words(question))


def _concept(phrase: Sequence[str], language: str, match: LexiconMatch | None) -> Concept | None:
    """What `phrase` asks about; None for stop words. Other function words, and verbs that lean on a noun, count for little."""
    if all(map(is_stop_word, phrase)):
        return None
    concept = _known(phrase, language, match) if match else Concept(phrase[0], {"": (tuple(phrase),)})
    if all(is_function_word(word, language) or is_light_word(word, language) for word in phrase):
        return replace(concept, weight=LITTLE, commonness=COMMON, named=False)
    return concept


def _known(phrase: Sequence[str], language: str, match: LexiconMatch) -> Concept:
    spellings: dict[str, set[tuple[str, ...]]] = {language: {tuple(phrase)}}
    for entry in match.entries:
        for code, phrases in entry.spellings.items():
            spellings.setdefault(code, set()).update(phrases)
    rank = min(entry.rank for entry in match.entries)
    weight = GENERAL if all(entry.general for entry in match.entries) else 1.0
    found = {code: tuple(sorted(phrases)) for code, phrases in spellings.items()}
    named = any(is_name(entry) for entry in match.entries)
    return Concept(" ".join(phrase), found, weight=weight, commonness=_commonness(rank), named=named)


def _commonness(rank: int) -> float:
    """The share of news passages expected to hold the lexicon row of that rank (Zipf's law)."""
    return 0.3 / (1 + rank / 20)


def _dates(question: str, language: str, today: date) -> list[DateReading]:
    mentions = dates.find(question, reference=today, language=language)
    return [
        DateReading(question[mention.start : mention.end], mention.since, mention.until)
        for mention in mentions
        if mention.since and mention.until
    ]


def _as_read(reading: DateReading) -> str:
    """The reading for the trace: «۱۱ دی ۱۳۹۵ = 2016-12-31»."""
    days = dict.fromkeys((reading.since.isoformat(), reading.until.isoformat()))
    return f"«{reading.text} = {' – '.join(days)}»"


def translated(query: Query, texts: Mapping[str, str], lexicon: Lexicon) -> Query:
    """`query` searched also in the wordings `texts`, by language code."""
    versions = tuple(_concepts(text, code, lexicon) for code, text in texts.items())
    return replace(query, translations=texts, versions=versions)


def leans(question: str, *, most: int = FOLLOW_UP) -> bool:
    """Whether a question may need the one before it: it has `most` content words at most, or begins by pointing."""
    spoken, language = words(question), language_of(question)
    content = [word for word in spoken if not (is_function_word(word, language) or is_light_word(word, language))]
    return len(content) <= most or spoken[0] in _POINTING


def _leaning_on(query: Query, history: Sequence[Turn], lexicon: Lexicon) -> Query:
    """A short or pointing question also asks about what the last telling question before it asked about, and so on from there."""
    if not history or not leans(query.question):
        return query
    own = query.concepts if _tells(query.question) else ()  # «کی؟» alone names nothing to look for
    known = {concept.text for concept in own}
    # What was asked before is context, not the point: half weight keeps the new words in charge.
    share = 0.5 if own else 1.0
    borrowed: list[Concept] = []
    for before in (turn.question for turn in reversed(history)):
        if not _tells(before):
            continue
        found = [
            replace(concept, weight=concept.weight * share)
            for concept in _concepts(before, language_of(before), lexicon)
            if concept.text not in known and concept.commonness < COMMON
        ]
        borrowed += found
        known |= {concept.text for concept in found}
        if not leans(before):
            break
        share *= 0.5
    if not borrowed:
        return query
    text = f"{query.question} ({' '.join(concept.text for concept in borrowed)})"
    return replace(query, text=text, concepts=(*own, *borrowed), notes=(*query.notes, f"read as a follow-up: {text}"))


def _tells(question: str) -> bool:
    """Whether a question has a word of its own to look for."""
    language = language_of(question)
    return any(not is_function_word(word, language) for word in words(question))
