import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from test_guard import hostile

from assistant import wording
from assistant.types import (
    Answer,
    Article,
    Citation,
    Closeness,
    Dropped,
    Match,
    Mode,
    Source,
    Span,
    Statement,
    Status,
    Trace,
)
from assistant.ui import copying, strings, view

TURN = "0a1b2c3d4e5f"
PERSIAN = Source("a1", "تماس‌های تهران و مسکو", "fa", "رادیوفرانسه", "https://news.example/fa?a=1", date(2016, 12, 18))
ARABIC = Source("b2", "محادثات في طهران", "ar", "طيف بوست")
UNTITLED = Source("c3", None, "fa", "پرس تی‌وی")
TEXT = "عنوان مقاله\n\nپیش از آن. نمایندهٔ پوتین با شمخانی دیدار کرد. پس از آن هم سخن گفتند.\nهم‌رسانی"
QUOTE = "نمایندهٔ پوتین با شمخانی دیدار کرد."
START = TEXT.index(QUOTE)
END = START + len(QUOTE)
ARTICLE = Article(PERSIAN, TEXT, "a.txt", boilerplate=(Span(TEXT.index("هم‌رسانی"), len(TEXT)),))
FIRST = Citation(1, PERSIAN, QUOTE, START, END, Match.EXACT, also=(ARABIC,))
SECOND = Citation(2, ARABIC, "التقى الوفد الوزير.", 0, 19, Match.FOLDED)

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def answered(language: str = "fa", **changes: object) -> Answer:
    """An answer that quotes two articles, in `language`."""
    statements = tuple(
        Statement(
            citation.quote,
            (citation,),
            frame=wording.frame(citation.source, language),
            note="" if citation.source.language == language else wording.quoted_language_note(citation.source.language, language),
            closeness=closeness,
        )
        for citation, closeness in ((FIRST, Closeness.CLOSE), (SECOND, Closeness.POSSIBLE))
    )
    answer = Answer("?", Status.ANSWERED, Mode.EXTRACTIVE, language, "", statements, (FIRST, SECOND))
    return replace(answer, **changes)  # type: ignore[arg-type]


def written(*statements: Statement, language: str = "en", **changes: object) -> Answer:
    """An answer that a model wrote."""
    answer = Answer("?", Status.ANSWERED, Mode.GENERATIVE, language, "", statements, (FIRST, SECOND), trace=Trace(model="m"))
    return replace(answer, **changes)  # type: ignore[arg-type]


# -- messages ---------------------------------------------------------------------------------------------------------


def test_a_quotation_stands_below_its_frame_with_its_number_in_the_digits_of_the_answer() -> None:
    """Frame, closeness, quote in its language, chip with the title, note below: each in the direction of its words."""
    assert view.answer(answered(), turn=TURN) == "\n\n".join(
        [
            '<span class="frame" lang="fa" dir="rtl">به گزارش رادیوفرانسه، ۲۸ آذر ۱۳۹۵:</span>'
            ' <span class="closeness" lang="fa" dir="rtl">تطابق نزدیک</span>',
            f'> <span lang="fa">{QUOTE}</span>[۱](#cite-{TURN}-1 "تماس‌های تهران و مسکو")',
            '<span class="frame" lang="fa" dir="rtl">به گزارش طيف بوست:</span>'
            ' <span class="closeness" lang="fa" dir="rtl">تطابق احتمالی</span>',
            f'> <span lang="ar">التقى الوفد الوزير.</span>[۲](#cite-{TURN}-2 "محادثات في طهران")',
            '<span class="note" lang="fa" dir="rtl">نقل‌قول به زبان عربی است.</span>',
        ]
    )


@pytest.mark.parametrize(("language", "digits"), [("fa", "۱۲"), ("ar", "١٢"), ("en", "12"), ("fr", "12")])
def test_chips_are_in_the_digits_of_the_answer(language: str, digits: str) -> None:
    """Persian, Arabic and Latin digits; a language without words of ours gets Latin ones."""
    found = re.findall(r"\[(\d)\]\(#cite", view.answer(answered(language), turn=TURN))
    assert "".join(found) == digits


def test_written_sentences_run_on_until_there_is_a_note() -> None:
    """Sentences of a model form one paragraph; a note on one of them ends it."""
    noted = Statement("Second!", (FIRST, SECOND), note="Machine translation: x")
    shown = view.statements((Statement("First.", (SECOND,)), noted, Statement("Third.", (FIRST,))), turn=TURN, language="en")
    one, two = f'[1](#cite-{TURN}-1 "تماس‌های تهران و مسکو")', f'[2](#cite-{TURN}-2 "محادثات في طهران")'
    assert shown == "\n\n".join(
        [
            f"<span>First.</span>{two} <span>Second!</span>{one}{two}",
            '<span class="note" lang="en" dir="ltr">Machine translation: x</span>',
            f"<span>Third.</span>{one}",
        ]
    )


def test_a_refusal_says_so_and_offers_headlines_that_are_no_citations() -> None:
    """The refusal, the heading that says they are not cited, and one link a headline; an article without one is described."""
    refused = answered("en", status=Status.NOT_FOUND, statements=(), citations=(), nearest=(ARABIC, UNTITLED))
    assert view.answer(refused, turn=TURN) == "\n\n".join(
        [
            f'<span class="refusal" lang="en" dir="ltr">{wording.not_found("en")}</span>',
            f'<span class="note" lang="en" dir="ltr">{wording.nearest_heading("en")}</span>',
            f"- [محادثات في طهران](#near-{TURN}-1)\n- [Untitled, پرس تی‌وی](#near-{TURN}-2)",
        ]
    )
    text = "12:30\nالوفد في طهران."
    known = Article(UNTITLED, text, "c.txt", boilerplate=(Span(0, 5),))
    near = view.nearest((UNTITLED,), {"c3": known}.get)
    assert f"[الوفد في طهران.](#near-{TURN}-2)" in view.answer(refused, turn=TURN, near=near)
    assert view.answer(replace(refused, nearest=()), turn=TURN) == view.answer(refused, turn=TURN).partition("\n\n")[0]


@pytest.mark.parametrize("language", strings.LANGUAGES)
def test_notes_stand_below_the_answer(language: str) -> None:
    """What was left out, that the model failed, that it was stopped, that an article has gone; never that quotes are quotes."""
    dropped = Trace(model="m", dropped=(Dropped("x", "y"),))
    given = answered(language, status=Status.INCOMPLETE, notes=("A note.",), trace=dropped)
    shown = view.answer(given, turn=TURN, gone=True).split("\n\n")
    notes = [re.sub("<[^>]*>", "", part) for part in shown if 'class="note"' in part]
    said = [
        "A note.",
        wording.incomplete_note(1, language),
        wording.fallback_note(language),
        strings.text("chat.gone", language),
    ]
    assert notes[-4:] == said
    assert wording.quotes_only_note(language) not in view.answer(answered(language), turn=TURN)


def test_a_stopped_answer_says_that_it_was_stopped_and_not_that_something_was_left_out() -> None:
    """A person who stops an answer knows why it is incomplete."""
    shown = view.answer(answered("en", status=Status.INCOMPLETE), turn=TURN, stopped=True)
    assert shown.endswith('<span class="note" lang="en" dir="ltr">Stopped at your request.</span>')
    assert wording.incomplete_note(0, "en") not in shown


def test_small_talk_is_shown_as_it_stands() -> None:
    """An answer that is only text is that text, paragraph by paragraph."""
    assert view.answer(answered("en", statements=(), citations=(), text="Hello.\nAsk."), turn=TURN) == "Hello.\n\nAsk."


def test_a_question_keeps_its_lines_and_acts_on_nothing() -> None:
    """What a person types is shown, not rendered."""
    assert view.question("**bold** <b>\n\n![x](http://a.example)") == "\\*\\*bold\\*\\* &lt;b&gt;\n!\\[x\\](http\\:\\//a\\.example)"


@pytest.mark.parametrize(("language", "words"), [("fa", "در حال جست‌وجو در مقاله‌ها…"), ("en", "Searching the articles…")])
def test_waiting_is_worded_in_the_language_of_the_interface(language: str, words: str) -> None:
    """Before the first statement it searches, after it it writes."""
    assert words in view.searching(language)
    assert strings.text("chat.writing", language) in view.searching(language, writing=True)


def test_a_failure_is_one_line_and_its_detail_another() -> None:
    """Both are in the reader's language, what the detail names set apart in it; the same words are not said twice."""
    assert view.failure("خطا", "fa", detail="درگاه \u2068Port <1>\u2069 بسته است") == (
        '<span class="failed" lang="fa" dir="rtl">خطا</span>\n\n'
        '<span class="note" lang="fa" dir="rtl">درگاه <bdi>Port &lt;1&gt;</bdi> بسته است</span>'
    )
    assert view.failure("Same", "en", detail="Same") == '<span class="failed" lang="en" dir="ltr">Same</span>'


# -- only our structure -----------------------------------------------------------------------------------------------


def structure(markdown: str) -> list[tuple[str, str]]:
    """The shape of a message: what is opened and closed, our HTML, where links lead; not its words."""
    shape = []
    for block in MARKDOWN.parse(markdown):
        for token in (block, *(block.children or ())):
            if token.type in ("text", "inline", "text_special", "softbreak", "entity"):
                continue
            shape.append((token.type, token.content if "html" in token.type else str(token.attrs.get("href", ""))))
    return shape


def built(text: str, *, language: str) -> list[str]:
    """Every message in which `text` can stand, wherever it can stand there."""
    source = replace(PERSIAN, title=text, publisher=text)
    cited = Citation(1, source, text, 0, 1, Match.EXACT)
    quoted = Statement(text, (cited,), frame=f"According to {text}:", note=f"Note {text}")
    sentence = Statement(f"x{text}", (cited,), note=f"Note {text}")
    refusal = answered(language, status=Status.NOT_FOUND, statements=(), citations=(), nearest=(source,), notes=(f"n{text}",))
    return [
        view.answer(answered(language, statements=(quoted,), notes=(f"n{text}",)), turn=TURN),
        view.answer(written(sentence, language=language), turn=TURN),
        view.answer(refusal, turn=TURN),
        view.failure("Failed.", language, detail=f"d{text}"),
    ]


@given(hostile, st.sampled_from(["fa", "en"]))
def test_no_text_changes_the_structure_of_a_message(text: str, language: str) -> None:
    """Whatever articles and models hold, a message has our paragraphs, quotes, spans and links, and nothing else."""
    for shown, plain in zip(built(f"a{text}", language=language), built("word", language=language), strict=True):
        assert structure(shown) == structure(plain)


@given(hostile)
def test_a_question_is_one_paragraph_of_words(text: str) -> None:
    """Nothing a person types becomes structure in their own message."""
    assert {kind for kind, _ in structure(view.question(text))} <= {"paragraph_open", "paragraph_close"}


@given(st.text(max_size=12))
def test_a_language_is_an_attribute_only_where_it_is_one(code: str) -> None:
    """A source's language comes from files; what is no code never reaches the page."""
    cited = replace(FIRST, source=replace(PERSIAN, language=code))
    shown = view.statements((Statement("q", (cited,), frame="F:"),), turn=TURN, language="en")
    assert (
        f'lang="{code}"' in shown if re.fullmatch("[a-z]{2,3}", code) and code not in ("und", "en") else "<span>q</span>" in shown
    )


# -- the panel --------------------------------------------------------------------------------------------------------


def test_a_card_shows_the_quote_between_the_words_around_it() -> None:
    """All that the panel draws of a citation; the words around it end where boilerplate begins."""
    assert view.cards([FIRST], {"a1": ARTICLE}.get) == [
        {
            "n": 1,
            "start": START,
            "end": END,
            "before": "عنوان مقاله\nپیش از آن. ",
            "quote": QUOTE,
            "after": " پس از آن هم سخن گفتند.",
            "match": "exact",
            "also": [
                {
                    "id": "b2",
                    "title": "محادثات في طهران",
                    "opening": "",
                    "publisher": "طيف بوست",
                    "day": "",
                    "language": "ar",
                    "url": "",
                }
            ],
            "id": "a1",
            "title": "تماس‌های تهران و مسکو",
            "opening": "",
            "publisher": "رادیوفرانسه",
            "day": "2016-12-18",
            "language": "fa",
            "url": "https://news.example/fa?a=1",
        }
    ]


def test_the_words_around_a_quote_are_cut_between_words() -> None:
    """A long article gives about a paragraph on either side, and dots where it goes on."""
    text = "یک دو سه " * 200 + "«نقل»" + " چهار پنج شش" * 200
    start = text.index("«")
    before, after = view.around(Article(PERSIAN, text, "a.txt"), start, start + 5)
    assert (before[0], after[-1]) == ("…", "…")
    assert before[1:] in text
    assert after[:-1] in text
    assert {*before[1:].split(), *after[:-1].split()} == {"یک", "دو", "سه", "چهار", "پنج", "شش"}
    assert view.AROUND * 0.9 < len(before) <= view.AROUND + 1


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "https://a@b.example/", "https://a.example/ b", None])
def test_only_addresses_of_the_web_are_links(url: str | None) -> None:
    """Any other address of an article is not handed to the page."""
    assert view.nearest([replace(PERSIAN, url=url)], {}.get)[0]["url"] == ""


def test_an_article_without_a_headline_shows_its_first_words() -> None:
    """A card always has something to call its article by."""
    opening = view.nearest([UNTITLED], {"c3": Article(UNTITLED, "سخن نخست " * 40, "c.txt")}.get)[0]["opening"]
    assert opening == ("سخن نخست " * 10).strip() + "…"


@pytest.mark.parametrize("article", [None, ARTICLE])
def test_a_citation_whose_article_cannot_be_fetched_keeps_its_quote(article: Article | None) -> None:
    """The quote was checked; only the words around it are missing."""
    assert view.cards([FIRST], lambda name: article)[0]["quote"] == QUOTE


def test_usage_is_told_of_a_model_only() -> None:
    """Quoting costs nothing and says nothing of cost."""
    assert view.usage(answered()) is None
    used = Trace(model="m", tokens_in=3, tokens_out=4, requests=2, cost=0.5)
    assert view.usage(written(trace=used)) == {"model": "m", "tokens_in": 3, "tokens_out": 4, "requests": 2, "cost": 0.5}


# -- the clipboard ----------------------------------------------------------------------------------------------------


def test_a_copied_answer_is_text_with_marks_and_a_numbered_list() -> None:
    """Title, publisher, day in the reader's calendar and address of each source; no Markdown, no `#cite`."""
    assert copying.copied(answered(notes=("نکته.",))) == (
        "به گزارش رادیوفرانسه، ۲۸ آذر ۱۳۹۵:\n"
        "«نمایندهٔ پوتین با شمخانی دیدار کرد.» [1]\n\n"
        "به گزارش طيف بوست:\n"
        "«التقى الوفد الوزير.» [2]\n"
        "نقل‌قول به زبان عربی است.\n\n"
        "نکته.\n\n"
        "منابع\n"
        "[1] «تماس‌های تهران و مسکو»، رادیوفرانسه، ۲۸ آذر ۱۳۹۵ (۱۸ دسامبر ۲۰۱۶)\n"
        "    https://news.example/fa?a=1\n"
        "[2] «محادثات في طهران»، طيف بوست"
    )


def test_a_copied_answer_says_that_it_was_stopped_or_lacks_something() -> None:
    """Whoever pastes it elsewhere knows as much as whoever saw it on the page."""
    stopped = copying.copied(answered("en", status=Status.INCOMPLETE), stopped=True)
    assert strings.text("chat.stopped", "en") in stopped.split("\n\n")
    dropped = answered("fa", status=Status.INCOMPLETE, trace=Trace(dropped=(Dropped("x", "y"),)))
    assert wording.incomplete_note(1, "fa") in copying.copied(dropped).split("\n\n")


def test_a_written_answer_is_copied_sentence_by_sentence() -> None:
    """A model's sentences stand for themselves, and a source without anything known is named by its id."""
    bare = Citation(1, Source("d4"), "q", 0, 1, Match.EXACT)
    assert copying.copied(written(Statement("It *is*\nso.", (bare,)), citations=(bare,))) == "It *is* so. [1]\n\nSources\n[1] d4"


def test_refusals_and_small_talk_are_copied_as_they_are() -> None:
    """Nearest headlines are no references."""
    refused = answered("en", status=Status.NOT_FOUND, statements=(), citations=(), nearest=(ARABIC,))
    assert copying.copied(refused) == wording.not_found("en")
    assert copying.copied(answered("en", statements=(), citations=(), text="Hello.")) == "Hello."
