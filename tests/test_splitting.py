"""Splitting: passages are runs of whole sentences whose offsets hold."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from assistant.splitting import WORDS, quotable_sentences, split
from assistant.text import sentences, words
from assistant.types import Article, Source, Span

SENTENCES = st.sampled_from(
    [
        "ایران و روسیه گفتوگو کردند.",
        "تكرر هذا السطر مرات كثيرة في النص.",
        "The envoy met the minister in Tehran on Sunday.",
        "کوتاه؟",
        "کلمه " * 90 + "پایان.",
        " ".join(f"بی‌پایان{number}" for number in range(600)),
        "XS",
        "😀 北京。",
    ]
)


@st.composite
def articles(draw: st.DrawFn, *, numbered: bool = False) -> Article:
    """Articles of repeated, long, short and odd lines, some marked as boilerplate; `numbered`, no word of two lines is the same."""
    lines = draw(st.lists(st.tuples(SENTENCES, st.booleans(), st.sampled_from([" ", "\n", "\n\n"])), min_size=1, max_size=40))
    text, marks = "", []
    for number, (line, is_boilerplate, end) in enumerate(lines):
        line = " ".join(f"No{number}{word}" for word in line.split()) if numbered else line
        if is_boilerplate:
            marks.append(Span(len(text), len(text) + len(line)))
        text += line + end
    return Article(Source("a1"), text, "x.txt", tuple(marks))


@given(articles())
def test_a_passage_is_a_slice_of_its_article(article: Article) -> None:
    """Every passage equals the article between its offsets, even where lines repeat; starts strictly increase."""
    passages = split(article)
    assert all(article.text[passage.start : passage.end] == passage.text for passage in passages)
    assert all(before.start < after.start for before, after in itertools.pairwise(passages))
    assert len({passage.id for passage in passages}) == len(passages)


@given(articles())
def test_every_sentence_that_is_not_boilerplate_is_covered_and_no_boilerplate_is(article: Article) -> None:
    """Each quotable sentence lies whole in a passage, there or where the same was said first; no passage touches a marked span."""
    passages = split(article)
    for sentence in quotable_sentences(article):
        there = any(passage.start <= sentence.start and sentence.end <= passage.end for passage in passages)
        said = article.text[sentence.start : sentence.end]
        assert there or any(passage.end <= sentence.start and said in passage.text for passage in passages)
    for mark in article.boilerplate:
        assert all(passage.end <= mark.start or mark.end <= passage.start for passage in passages)


@given(articles())
def test_no_passage_cuts_a_sentence(article: Article) -> None:
    """Passages begin where a sentence begins and end where one ends."""
    starts = {sentence.start for sentence in quotable_sentences(article)}
    ends = {sentence.end for sentence in quotable_sentences(article)}
    assert all(passage.start in starts and passage.end in ends for passage in split(article))


@given(articles(numbered=True))
def test_neighbours_share_exactly_one_sentence(article: Article) -> None:
    """Overlap is one sentence within a run; a long sentence that fills a passage alone is not repeated."""
    quotable = quotable_sentences(article)
    passages = split(article)
    for before, after in itertools.pairwise(passages):
        shared = [sentence for sentence in quotable if after.start <= sentence.start and sentence.end <= before.end]
        inside = [sentence for sentence in quotable if before.start <= sentence.start and sentence.end <= before.end]
        same_run = not any(before.end <= mark.start < after.end for mark in article.boilerplate)
        if same_run and len(inside) > 1:
            assert len(shared) == 1
        else:
            assert shared == []


@given(articles())
def test_passages_stay_near_their_size(article: Article) -> None:
    """A passage passes 200 words only by the sentence it shares and one long sentence after it."""
    for passage in split(article):
        if len(sentences(passage.text)) > 2:
            assert len(words(passage.text)) <= WORDS


@given(articles())
def test_no_text_is_two_passages(article: Article) -> None:
    """What is said again in the same words is searched once."""
    passages = split(article)
    assert len({passage.text for passage in passages}) == len(passages)


def test_a_line_repeated_for_ever_is_few_passages_of_many_sentences() -> None:
    """Two thousand times the same line: a full passage and a rest, while each of the lines can be quoted."""
    article = Article(Source("a1"), "The envoy met the minister in Tehran on Sunday.\n" * 2_000, "x.txt")
    passages = split(article)
    assert [len(words(passage.text)) for passage in passages] == [198, 45]
    assert passages[0].start == 0
    assert len(quotable_sentences(article)) == 2_000


def test_an_article_without_a_sentence_has_no_passage() -> None:
    """White space and marks alone give nothing to search."""
    assert split(Article(Source("a1"), " \n ", "x.txt")) == ()
