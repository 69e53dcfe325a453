"""Claims become statements only through here: every quote is found in an article and sliced from it, or the claim is dropped."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import regex

from assistant import dates, numbers
from assistant.lexicon import Lexicon
from assistant.support import unsupported_names
from assistant.text import Folded, fold, fold_with_map, is_stop_word, sentences, words
from assistant.types import Citation, Claim, Dropped, Hit, Match, Passage, Quotation, Source, Span, Statement

__all__ = ["Found", "Verifier", "find"]

CLAUSE = 4  # words; a shorter quote proves nothing unless it is a whole sentence
CONTENT = 2  # of which so many carry meaning
LISTED = 4  # things a quote may name one by one instead of counting them


@dataclass(frozen=True, slots=True)
class Found:
    """Where a quote really stands: `passage.text[span.start:span.end]`."""

    passage: Passage
    span: Span
    match: Match

    @property
    def quote(self) -> str:
        return self.passage.text[self.span.start : self.span.end]


def find(quote: str, passages: Iterable[Passage]) -> Found | None:
    """Where `quote` stands in `passages`: the first exact place, else the first after folding, else None. Never fuzzy."""
    wanted = quote.strip()
    if not words(wanted):
        return None
    folded = None
    for passage in passages:
        for span in _places(wanted, passage.text):
            if passage.text[span.start : span.end] == wanted:
                return Found(passage, span, Match.EXACT)
            folded = folded or Found(passage, span, Match.FOLDED)
    return folded


@dataclass(slots=True)
class Verifier:
    """Checks the claims of one answer one by one against the retrieved `hits`, numbering citations as they come.

    `language` is that of the claims; names in them are looked for in the cited passages with the help of the `lexicon`.
    """

    hits: Sequence[Hit]
    lexicon: Lexicon
    language: str
    citations: list[Citation] = field(default_factory=list)

    def verify(self, claim: Claim) -> Statement | Dropped:
        """The statement with its checked citations, or why it must not be shown."""
        if not claim.quotations:
            return Dropped(claim.text, "it names no quote")
        found: list[Found] = []
        for quotation in claim.quotations:
            place = self._locate(quotation)
            if place is None:
                return Dropped(claim.text, f"its quote stands in no retrieved passage: «{quotation.quote.strip()[:80]}»")
            if not _is_clause(place):
                return Dropped(claim.text, f"its quote is too short to prove anything: «{place.quote}»")
            found.append(place)
        if not _repeats_a_quote(claim.text, found):
            cut = next((place for place in found if _cuts_a_value(place)), None)
            if cut is not None:
                return Dropped(claim.text, f"its quote cuts a number or a date in two: «{cut.quote[:80]}»")
            unsupported = _unsupported_values(claim.text, found)
            if unsupported:
                return Dropped(claim.text, f"its quotes do not hold {', '.join(unsupported)}")
            unknown = unsupported_names(claim.text, self.language, self._evidence(found), self.lexicon)
            if unknown:
                return Dropped(claim.text, f"what it cites does not name {', '.join(unknown)}")
        cited = tuple(self._cite(place) for place in found)
        return Statement(claim.text, cited, frame=claim.frame, note=claim.note, closeness=claim.closeness)

    def _locate(self, quotation: Quotation) -> Found | None:
        """The quote in the passage it was said to stand in, else wherever it really stands."""
        passages = [hit.passage for hit in self.hits]
        if 0 <= quotation.passage < len(passages):
            passages.insert(0, passages.pop(quotation.passage))
        return find(quotation.quote, passages[:1]) or find(quotation.quote, passages[1:])

    def _evidence(self, found: Sequence[Found]) -> list[str]:
        """What names may rest on: the retrieved text of the articles cited (a quote says "he" of whom the article names),
        their titles and outlets."""
        sources = {place.passage.source.article_id: place.passage.source for place in found}
        texts = [hit.passage.text for hit in self.hits if hit.passage.source.article_id in sources]
        return [*texts, *(value for source in sources.values() for value in (source.title, source.publisher) if value)]

    def _cite(self, place: Found) -> Citation:
        start, end = place.passage.start + place.span.start, place.passage.start + place.span.end
        for known in self.citations:
            if (known.source.article_id, known.start, known.end) == (place.passage.source.article_id, start, end):
                return known
        number = len(self.citations) + 1
        citation = Citation(number, place.passage.source, place.quote, start, end, place.match, also=self._elsewhere(place))
        self.citations.append(citation)
        return citation

    def _elsewhere(self, place: Found) -> tuple[Source, ...]:
        """The other articles, among the hits and their twins, that carry the same words."""
        own = place.passage.source.article_id
        others = [passage for hit in self.hits for passage in (hit.passage, *hit.twins) if passage.source.article_id != own]
        also = {passage.source.article_id: passage.source for passage in others if find(place.quote, [passage])}
        return tuple(also.values())


def _repeats_a_quote(text: str, found: Sequence[Found]) -> bool:
    """Whether the claim is a quotation but for spelling, which holds all it says."""
    return fold(text) in {fold(place.quote) for place in found}


def _cuts_a_value(place: Found) -> bool:
    """Whether the quote leaves a number or a date of the passage half outside («3 | million», «20 | December»)."""
    text, language, span = place.passage.text, place.passage.source.language, place.span
    if any(found.start < edge < found.end for found in numbers.find(text, language) for edge in span):
        return True
    cut = [found for found in dates.find(text, reference=None, language=language) if any(found.start < e < found.end for e in span)]
    if not cut:
        return False
    # Without its weekday a date is still that date; a day without its month is any number.
    whole = [(day.start, day.end) for day in dates.find(place.quote, reference=None, language=language)]
    return any(
        day.start < span.start + found.end and span.start + found.start < day.end
        for found in numbers.find(place.quote, language)
        if not any(start <= found.start and found.end <= end for start, end in whole)
        for day in cut
    )


def _unsupported_values(text: str, found: Sequence[Found]) -> list[str]:
    """The numbers and dates of `text` that its quotes do not hold, compared as values."""
    quotes = [place.quote for place in found]
    published = {place.passage.source.published for place in found}
    reference = published.pop() if len(published) == 1 else None
    missing = numbers.unsupported(text, quotes)
    if not any(numbers.find(quote) for quote in quotes):
        # "Two officials, A and B": a quote that counts nothing may still list so many.
        listed = {text[found.start : found.end] for found in numbers.find(text) if found.value <= LISTED and not found.unit}
        missing = [expression for expression in missing if expression not in listed]
    return [*missing, *dates.holds(text, quotes, reference=reference)]


def _places(quote: str, text: str) -> Iterator[Span]:
    """Where `quote` stands in `text`, but for spelling and white space, without beginning or ending inside a word."""
    # Word edges are looked for in the folded text, where «می‌شود» and «الخـ.ـارجية» are single words.
    folded = _single_spaced(fold_with_map(text))
    wanted = " ".join(fold(quote).split())
    start = folded.text.find(wanted)
    while start >= 0:
        stop = start + len(wanted)
        if not _inside_word(folded, start) and not _inside_word(folded, stop):
            span = folded.raw(start, stop)
            end = span.end
            while end < len(text) and _belongs_to_the_letter_before(text, end):
                end += 1
            yield Span(span.start, end)
        start = folded.text.find(wanted, start + 1)


def _belongs_to_the_letter_before(text: str, index: int) -> bool:
    """Whether the character at `index` is a mark, a joiner or a hamza written after a letter."""
    return not fold(text[index]) and (text[index] != "ء" or text[index - 1].isalpha())


_JOINT = regex.compile(r"[.,٫٬/:\-]")  # within 12,000 and 3.5 and 20/12/2016
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


def _inside_word(folded: Folded, index: int) -> bool:
    """Whether a word, a number or a contraction goes on over `index` of the folded text."""
    text = folded.text
    if not 0 < index < len(text):
        return False
    if folded.origins[index - 1] == folded.origins[index]:
        return True  # both come from one character («½», «ﷺ»)
    before, after = text[index - 1], text[index]
    if _UNSPACED.match(before) or _UNSPACED.match(after):
        return False
    left, right = _is_of_a_word(before), _is_of_a_word(after)
    if left == right:
        return left
    # One side is a sign, which joins what stands on both sides of it, or nothing.
    joint, joined = (after, before + text[index + 1 : index + 2]) if left else (before, text[index - 2 : index - 1] + after)
    if len(joined) < 2:
        return False
    return (bool(_JOINT.match(joint)) and joined.isdecimal()) or (joint == "'" and joined.isalpha())


def _is_of_a_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _single_spaced(folded: Folded) -> Folded:
    kept = [
        index
        for index, character in enumerate(folded.text)
        if not (character.isspace() and (index == 0 or folded.text[index - 1].isspace()))
    ]
    text = "".join(" " if folded.text[index].isspace() else folded.text[index] for index in kept)
    return Folded(text, tuple(folded.origins[index] for index in kept))


def _is_clause(place: Found) -> bool:
    spoken = words(place.quote)
    if len(spoken) >= CLAUSE and sum(not is_stop_word(word) for word in spoken) >= CONTENT:
        return True
    return any(place.span.start <= sentence.start and sentence.end <= place.span.end for sentence in sentences(place.passage.text))
