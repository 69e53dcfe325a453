import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from assistant import guard, rendering, wording
from assistant.types import (
    Answer,
    Article,
    Citation,
    Closeness,
    Concept,
    Dropped,
    Hit,
    IngestReport,
    Match,
    Mode,
    Passage,
    Skipped,
    Source,
    Span,
    Statement,
    Status,
    Trace,
)

PERSIAN = Source(
    "a1b2",
    title="تماس‌های تهران و مسکو",
    language="fa",
    publisher="رادیوفرانسه",
    url="https://news.example/fa?a=1&b=2",
    published=date(2016, 12, 18),
)
ENGLISH = Source("c3d4", title="Envoy in Tehran", language="en", publisher="Reuters", published=date(2016, 12, 19))
FIRST = Citation(1, PERSIAN, "نماینده ویژه پوتین، روز یکشنبه 18 دسامبر به ایران رفت.", 40, 94, Match.EXACT)
SECOND = Citation(2, ENGLISH, "The envoy met Ali Shamkhani on Sunday.", 0, 38, Match.FOLDED)


def extractive(language: str, *, status: Status = Status.ANSWERED, trace: Trace | None = None) -> Answer:
    """An answer quoting a Persian and an English article."""
    statements = tuple(
        Statement(
            citation.quote,
            (citation,),
            frame=wording.frame(citation.source, language),
            note="" if citation.source.language == language else wording.quoted_language_note(citation.source.language, language),
        )
        for citation in (FIRST, SECOND)
    )
    return Answer(
        "?",
        status,
        Mode.EXTRACTIVE,
        language,
        "not used",
        statements,
        (FIRST, SECOND),
        trace=trace or Trace(seconds={"retrieval": 0.0123}),
    )


def generative(language: str, sentence: str) -> Answer:
    """An answer of one written sentence resting on both articles, after one sentence was dropped."""
    return Answer(
        "?",
        Status.INCOMPLETE,
        Mode.GENERATIVE,
        language,
        "not used",
        (Statement(sentence, (SECOND, FIRST)),),
        (FIRST, SECOND),
        trace=Trace(model="m", dropped=(Dropped("x", "y"),)),
    )


def not_found(language: str) -> Answer:
    return Answer("?", Status.NOT_FOUND, Mode.EXTRACTIVE, language, "not used", nearest=(PERSIAN, replace(ENGLISH, title=None)))


# -- plain text -------------------------------------------------------------------------------------------------------

EXTRACTIVE = {
    "fa": """\
به گزارش رادیوفرانسه، ۲۸ آذر ۱۳۹۵: «نماینده ویژه پوتین، روز یکشنبه 18 دسامبر به ایران رفت.» [۱]

به گزارش Reuters در ۲۹ آذر ۱۳۹۵:
«The envoy met Ali Shamkhani on Sunday.»
[۲] نقل‌قول به زبان انگلیسی است.

مدل زبانی تنظیم نشده است؛ آنچه می‌خوانید نقل‌قول مستقیم از مقاله‌هاست، نه پاسخی نوشته‌شده.

منابع
[۱] «تماس‌های تهران و مسکو»
    ۲۸ آذر ۱۳۹۵ (۱۸ دسامبر ۲۰۱۶)، رادیوفرانسه
    https://news.example/fa?a=1&b=2
    مقاله: a1b2
[۲] «Envoy in Tehran»
    ۲۹ آذر ۱۳۹۵ (۱۹ دسامبر ۲۰۱۶)، Reuters
    مقاله: c3d4""",
    "ar": """\
بحسب رادیوفرانسه، ١٨ ديسمبر ٢٠١٦: «نماینده ویژه پوتین، روز یکشنبه 18 دسامبر به ایران رفت.» [١]
الاقتباس باللغة الفارسية.

بحسب Reuters في ١٩ ديسمبر ٢٠١٦:
«The envoy met Ali Shamkhani on Sunday.»
[٢] الاقتباس باللغة الإنجليزية.

لم يُضبط أي نموذج لغوي؛ ما تقرؤه اقتباسات حرفية من المقالات، لا إجابة مكتوبة.

المصادر
[١] «تماس‌های تهران و مسکو»
    ١٨ ديسمبر ٢٠١٦، رادیوفرانسه
    https://news.example/fa?a=1&b=2
    المقال: a1b2
[٢] «Envoy in Tehran»
    ١٩ ديسمبر ٢٠١٦، Reuters
    المقال: c3d4""",
    "en": """\
According to رادیوفرانسه on 18 December 2016:
“نماینده ویژه پوتین، روز یکشنبه 18 دسامبر به ایران رفت.”
[1] The quotation is in Persian.

According to Reuters, 19 December 2016: “The envoy met Ali Shamkhani on Sunday.” [2]

No language model is set up: these are quotations from the articles, not a written answer.

Sources
[1] “تماس‌های تهران و مسکو”
    18 December 2016, رادیوفرانسه
    https://news.example/fa?a=1&b=2
    Article: a1b2
[2] “Envoy in Tehran”
    19 December 2016, Reuters
    Article: c3d4""",
}

GENERATIVE = {
    "fa": """\
نمایندهٔ پوتین در تهران با علی شمخانی دیدار کرد. [۱] [۲]

یک جمله کنار گذاشته شد، چون درستی آن در مقاله‌ها تأیید نشد.

منابع
[۱] «تماس‌های تهران و مسکو»
    [۱] «نماینده ویژه پوتین، روز یکشنبه 18 دسامبر به ایران رفت.»
    ۲۸ آذر ۱۳۹۵ (۱۸ دسامبر ۲۰۱۶)، رادیوفرانسه
    https://news.example/fa?a=1&b=2
    مقاله: a1b2
[۲] «Envoy in Tehran»
    [۲] «The envoy met Ali Shamkhani on Sunday.»
    ۲۹ آذر ۱۳۹۵ (۱۹ دسامبر ۲۰۱۶)، Reuters
    مقاله: c3d4""",
    "ar": """\
التقى مبعوث بوتين علي شمخاني في طهران. [١] [٢]

حُذفت جملة واحدة لتعذّر التحقق منها في المقالات.

المصادر
[١] «تماس‌های تهران و مسکو»
    [١] «نماینده ویژه پوتین، روز یکشنبه 18 دسامبر به ایران رفت.»
    ١٨ ديسمبر ٢٠١٦، رادیوفرانسه
    https://news.example/fa?a=1&b=2
    المقال: a1b2
[٢] «Envoy in Tehran»
    [٢] «The envoy met Ali Shamkhani on Sunday.»
    ١٩ ديسمبر ٢٠١٦، Reuters
    المقال: c3d4""",
    "en": """\
Putin's envoy met Ali Shamkhani in Tehran. [1] [2]

One sentence was left out because it could not be verified in the articles.

Sources
[1] “تماس‌های تهران و مسکو”
    [1] “نماینده ویژه پوتین، روز یکشنبه 18 دسامبر به ایران رفت.”
    18 December 2016, رادیوفرانسه
    https://news.example/fa?a=1&b=2
    Article: a1b2
[2] “Envoy in Tehran”
    [2] “The envoy met Ali Shamkhani on Sunday.”
    19 December 2016, Reuters
    Article: c3d4""",
}

NOT_FOUND = {
    "fa": """\
پاسخ این پرسش در مقاله‌ها نیست.

نزدیک‌ترین عنوان‌ها (پاسخ نیستند و به آن‌ها استناد نشده است):
- «تماس‌های تهران و مسکو»
    ۲۸ آذر ۱۳۹۵ (۱۸ دسامبر ۲۰۱۶)، رادیوفرانسه
    مقاله: a1b2
- ۲۹ آذر ۱۳۹۵ (۱۹ دسامبر ۲۰۱۶)، Reuters
    مقاله: c3d4""",
    "ar": """\
الإجابة عن هذا السؤال غير موجودة في المقالات.

أقرب العناوين (ليست إجابة ولم يُستشهد بها):
- «تماس‌های تهران و مسکو»
    ١٨ ديسمبر ٢٠١٦، رادیوفرانسه
    المقال: a1b2
- ١٩ ديسمبر ٢٠١٦، Reuters
    المقال: c3d4""",
    "en": """\
The answer to this question is not in the articles.

Nearest headlines (they are not the answer and are not cited):
- “تماس‌های تهران و مسکو”
    18 December 2016, رادیوفرانسه
    Article: a1b2
- 19 December 2016, Reuters
    Article: c3d4""",
}

SENTENCES = {
    "fa": "نمایندهٔ پوتین در تهران با علی شمخانی دیدار کرد.",
    "ar": "التقى مبعوث بوتين علي شمخاني في طهران.",
    "en": "Putin's envoy met Ali Shamkhani in Tehran.",
}


@pytest.mark.parametrize("language", ["fa", "ar", "en"])
def test_an_extractive_answer_frames_quotations_and_lists_sources(language: str) -> None:
    """Frame, quotation, mark; a quotation in the other writing direction stands alone on its line; then notes and sources."""
    assert rendering.plain(extractive(language)) == EXTRACTIVE[language]


@pytest.mark.parametrize("language", ["fa", "ar", "en"])
def test_a_written_answer_shows_its_quotes_among_the_sources(language: str) -> None:
    """A model's sentence stands without quotation marks; its quotes stand under their article; what was dropped is counted."""
    assert rendering.plain(generative(language, SENTENCES[language])) == GENERATIVE[language]


@pytest.mark.parametrize("language", ["fa", "ar", "en"])
def test_a_refusal_offers_headlines_that_are_no_answer(language: str) -> None:
    """The refusal, then the nearest headlines, without marks and addresses."""
    assert rendering.plain(not_found(language)) == NOT_FOUND[language]


def test_a_refusal_without_headlines_is_one_sentence() -> None:
    """Nothing near: only the refusal."""
    assert rendering.plain(replace(not_found("en"), nearest=())) == "The answer to this question is not in the articles."


def test_another_language_gets_english_words_and_is_told_so() -> None:
    """Turkish: English frames, ASCII digits, and a note that our words are English."""
    note = "Sanad's own words come in Persian, Arabic and English (Turkish is not among them yet), so they are in English here."
    expected = EXTRACTIVE["en"].replace("Sunday.” [2]\n", "Sunday.” [2]\nThe quotation is in English.\n")
    expected = expected.replace("\n\nNo language model", f"\n\n{note}\n\nNo language model")
    assert rendering.plain(extractive("tr")) == expected


def test_a_failed_model_is_named_as_the_reason_for_quoting() -> None:
    """Quotations although a model was set: the note says that the model could not be reached."""
    shown = rendering.plain(extractive("fa", trace=Trace(model="m")))
    assert shown == EXTRACTIVE["fa"].replace(wording.quotes_only_note("fa"), wording.fallback_note("fa"))


def test_an_answer_cut_off_says_that_it_is_incomplete() -> None:
    """Incomplete although nothing was dropped: the note does not count."""
    shown = rendering.plain(extractive("ar", status=Status.INCOMPLETE))
    assert "هذه الإجابة غير مكتملة.\n\nلم يُضبط" in shown


def test_words_of_ours_alone_are_shown_as_they_are() -> None:
    """Small talk has no statements: its text is the answer, without unseen characters."""
    answer = Answer("سلام", Status.ANSWERED, Mode.EXTRACTIVE, "fa", "سلام.\x1b[31m\nپرسش خود را بنویسید.")
    assert rendering.plain(answer) == "سلام.[31m\n\nپرسش خود را بنویسید."


def test_quotes_of_one_article_share_its_entry() -> None:
    """Two marks of one article stand before one entry, in order."""
    third = replace(FIRST, number=3, quote="علی شمخانی با او دیدار کرد.")
    answer = replace(extractive("en"), citations=(FIRST, SECOND, third))
    assert rendering.plain(answer) == EXTRACTIVE["en"].replace("[1] “تماس", "[1] [3] “تماس")


def test_an_article_of_which_nothing_is_known_is_listed_by_its_id() -> None:
    """Without title, day, publisher and address the id remains, and one frame without any."""
    unknown = replace(SECOND, number=1, source=Source("e5"))
    answer = Answer("?", Status.ANSWERED, Mode.GENERATIVE, "en", "", (Statement("It met him.", (unknown,)),), (unknown,))
    assert rendering.plain(answer) == (
        "It met him. [1]\n\nSources\n[1] Article: e5\n    [1] “The envoy met Ali Shamkhani on Sunday.”"
    )


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("این خبر را داد Reuters", "این خبر را داد Reuters\n[۱]"),
        ("Reuters این خبر را داد", "Reuters این خبر را داد [۱]"),
    ],
)
def test_a_mark_never_follows_text_of_the_other_direction(sentence: str, shown: str) -> None:
    """A Persian sentence that ends in Latin letters has its mark on the next line, where it cannot jump."""
    answer = Answer("?", Status.ANSWERED, Mode.GENERATIVE, "fa", "", (Statement(sentence, (FIRST,)),))
    assert rendering.plain(answer) == shown


def test_a_frame_that_ends_in_the_other_direction_has_its_own_line() -> None:
    """A Persian quotation under a frame that ends with an English name starts on a new line."""
    statement = Statement("او به تهران رفت.", (FIRST,), frame="به گزارش Reuters:")
    answer = Answer("?", Status.ANSWERED, Mode.EXTRACTIVE, "fa", "", (statement,), trace=Trace(model="m"))
    assert rendering.plain(answer) == f"به گزارش Reuters:\n«او به تهران رفت.» [۱]\n\n{wording.fallback_note('fa')}"


def test_line_breaks_of_articles_do_not_break_our_lines() -> None:
    """Titles and quotes with line breaks and tabs are shown on one line, their inner spaces as they were."""
    source = replace(ENGLISH, title="Envoy\n\tin  Tehran")
    citation = replace(SECOND, number=1, source=source)
    answer = Answer("?", Status.ANSWERED, Mode.EXTRACTIVE, "en", "", (Statement("He \n met  him.", (citation,)),), (citation,))
    shown = rendering.plain(answer).split("\n")
    assert (shown[0], shown[5]) == ("“He met  him.” [1]", "[1] “Envoy in  Tehran”")


# -- Markdown ---------------------------------------------------------------------------------------------------------


def test_markdown_has_the_same_content_with_links_to_cited_articles() -> None:
    """Marks, hard breaks, notes as quotes, sources as a list whose entries link to the cited address."""
    assert rendering.markdown(extractive("en")) == (
        "According to رادیوفرانسه on 18 December 2016:\\\n"
        "“نماینده ویژه پوتین، روز یکشنبه 18 دسامبر به ایران رفت.”\\\n"
        r"\[1\] The quotation is in Persian." + "\n\n"
        r"According to Reuters, 19 December 2016: “The envoy met Ali Shamkhani on Sunday.” \[2\]" + "\n\n"
        "> No language model is set up: these are quotations from the articles, not a written answer.\n\n"
        "**Sources**\n\n"
        r"- [\[1\] “تماس‌های تهران و مسکو”](<https://news.example/fa?a=1&amp;b=2>)" + "\\\n"
        "  18 December 2016, رادیوفرانسه\\\n"
        "  Article: a1b2\n"
        r"- \[2\] “Envoy in Tehran”" + "\\\n"
        "  19 December 2016, Reuters\\\n"
        "  Article: c3d4"
    )


def test_markdown_of_a_refusal_links_to_nothing() -> None:
    """The nearest headlines are a list without links: they are not cited."""
    assert rendering.markdown(not_found("ar")) == (
        "الإجابة عن هذا السؤال غير موجودة في المقالات.\n\n"
        "**أقرب العناوين (ليست إجابة ولم يُستشهد بها):**\n\n"
        "- «تماس‌های تهران و مسکو»\\\n  ١٨ ديسمبر ٢٠١٦، رادیوفرانسه\\\n  المقال: a1b2\n"
        "- ١٩ ديسمبر ٢٠١٦، Reuters\\\n  المقال: c3d4"
    )


# -- hostile articles -------------------------------------------------------------------------------------------------

WORDS = r"""
    ![x](https://evil.example/p.png?q=1) [x](javascript:alert(1)) <script> <!-- ``` # | &#27; \ سلام می‌شود words [۱] » ”
"""
BLOCKS = ["<img src=x onerror=y>", "\n[x]: http://evil.example\n", "\n# x", "\n- x", "\n| a |\n|---|", "\n    x", " "]
BYTES = ["\x1b[31m", "\x1b]8;;http://evil.example\x07", "\x9b2J", *"\r\x00\x7f\u202e\u2066\u2028\U000e0041\ud800"]
ATTACKS = [*WORDS.split(), *BLOCKS, *BYTES]
hostile = st.lists(st.sampled_from(ATTACKS) | st.text(max_size=3), max_size=6).map("".join)
urls = st.sampled_from([None, "https://news.example/a", "javascript:alert(1)", "https://news.example/\x1b[31m"]) | hostile.map(
    "https://n.example/{}".format
)
sources = st.builds(
    Source, hostile, title=st.none() | hostile, publisher=st.none() | hostile, url=urls, published=st.none() | st.dates()
)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Answers of any shape in which everything an outsider could write is hostile."""
    cited = [Citation(n, draw(sources), draw(hostile), 0, 1, Match.EXACT) for n in range(1, draw(st.integers(1, 3)) + 1)]
    statements = tuple(Statement(draw(hostile), (citation,), draw(hostile), draw(hostile)) for citation in cited)
    status = draw(st.sampled_from(Status))
    return Answer(
        draw(hostile),
        status,
        draw(st.sampled_from(Mode)),
        draw(st.sampled_from(["fa", "ar", "en", "tr"])),
        draw(hostile),
        () if status is Status.NOT_FOUND or draw(st.booleans()) else statements,
        () if status is Status.NOT_FOUND else tuple(cited),
        (draw(sources),),
        (draw(hostile),),
        Trace(
            {draw(hostile): 0.5},
            draw(hostile),
            draw(st.none() | hostile),
            dropped=(Dropped(draw(hostile), draw(hostile)),),
            notes=(draw(hostile),),
        ),
    )


def controls(text: str) -> set[str]:
    return {character for character in text if character != "\n" and character != guard.plain(character)}


SGR = re.compile(r"\x1b\[[0-9;]*m")


@given(answers())
def test_no_byte_that_acts_reaches_any_face(answer: Answer) -> None:
    """Whatever an article holds: no control in text, Markdown, terminal, trace or JSON; colour adds only its own codes."""
    faces = [
        rendering.plain(answer),
        rendering.markdown(answer),
        rendering.terminal(answer),
        rendering.verbose(answer),
        rendering.to_json(answer),
    ]
    assert [controls(face) for face in faces] == [set()] * 5
    coloured = rendering.terminal(answer, colour=True)
    assert SGR.sub("", coloured) == rendering.terminal(answer)


@pytest.mark.parametrize(
    ("language", "line"), [("en", "Cost: 0.000280."), ("fa", "هزینه: ۰٫۰۰۰۲۸۰."), ("ar", "التكلفة: ٠٫٠٠٠٢٨٠.")]
)
def test_what_a_question_cost_is_said_where_prices_are_known(language: str, line: str) -> None:
    """With the tokens, in the reader's digits; without prices there is no such line."""
    told = rendering.verbose(extractive(language, trace=Trace(model="m", cost=0.00028)))
    assert line in [row.strip() for row in told.splitlines()]
    assert line.split(":")[0] not in rendering.verbose(extractive(language, trace=Trace(model="m")))


def test_what_the_reader_should_know_besides_is_said() -> None:
    """The notes of an answer stand after its statements, before our own."""
    shown = rendering.plain(replace(extractive("en"), notes=("The sources differ.",)))
    assert shown.index("The sources differ.") < shown.index("No language model is set up")


@given(answers())
def test_markdown_links_only_to_cited_articles(answer: Answer) -> None:
    """A renderer finds no image, no HTML, no code, and no link but to an http address of a cited article."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = [part for token in parser.parse(rendering.markdown(answer)) for part in (token, *(token.children or ()))]
    assert {token.type.removesuffix("_open").removesuffix("_close") for token in tokens} <= {
        *("paragraph", "inline", "text", "softbreak", "hardbreak", "strong", "link", "bullet_list", "list_item", "blockquote"),
    }
    cited = {citation.source.url for citation in answer.citations if citation.source.url}
    allowed = {parser.normalizeLink(address) for url in cited if (address := guard.link(url, cited))}
    assert {token.attrs["href"] for token in tokens if token.type == "link_open"} <= allowed


@given(answers())
def test_plain_is_the_fixed_point_of_its_own_text(answer: Answer) -> None:
    """The text is made from the statements: filling it in changes nothing, unless there is nothing else to show."""
    filled = replace(answer, text=rendering.plain(answer))
    if answer.statements or answer.status is Status.NOT_FOUND:
        assert rendering.plain(filled) == rendering.plain(answer)


# -- the terminal -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fa", "ar", "en"])
def test_terminal_rows_fit_and_hold_whole_words(language: str) -> None:
    """At 80 and at 30 columns every row fits, no word is cut, and the words are those of the plain text in the same order."""
    answer = extractive(language)
    for width in (80, 30):
        rows = rendering.terminal(answer, width=width).split("\n")
        assert [row for row in rows if cell_len(row) > width and len(row.split()) > 1] == []
        assert " ".join(rows).split() == rendering.plain(answer).split()


def test_terminal_wraps_a_persian_answer_between_words() -> None:
    """ZWNJ takes no column; details keep their indent; an address longer than the row stays whole."""
    assert rendering.terminal(extractive("fa"), width=30) == (
        "به گزارش رادیوفرانسه، ۲۸ آذر\n"
        "۱۳۹۵: «نماینده ویژه پوتین، روز\n"
        "یکشنبه 18 دسامبر به ایران\n"
        "رفت.» [۱]\n"
        "\n"
        "به گزارش Reuters در ۲۹ آذر\n"
        "۱۳۹۵:\n"
        "«The envoy met Ali Shamkhani\n"
        "on Sunday.»\n"
        "[۲] نقل‌قول به زبان انگلیسی\n"
        "است.\n"
        "\n"
        "مدل زبانی تنظیم نشده است؛ آنچه\n"
        "می‌خوانید نقل‌قول مستقیم از\n"
        "مقاله‌هاست، نه پاسخی نوشته‌شده.\n"
        "\n"
        "منابع\n"
        "[۱] «تماس‌های تهران و مسکو»\n"
        "    ۲۸ آذر ۱۳۹۵ (۱۸ دسامبر\n"
        "    ۲۰۱۶)، رادیوفرانسه\n"
        "    https://news.example/fa?a=1&b=2\n"
        "    مقاله: a1b2\n"
        "[۲] «Envoy in Tehran»\n"
        "    ۲۹ آذر ۱۳۹۵ (۱۹ دسامبر\n"
        "    ۲۰۱۶)، Reuters\n"
        "    مقاله: c3d4"
    )


def test_terminal_colours_marks_headings_and_details() -> None:
    """With colour, marks stand out and notes and details stand back."""
    rows = rendering.terminal(extractive("en"), colour=True).split("\n")
    assert [rows[i] for i in (1, 2, 7, 9, 10, 11)] == [
        "“نماینده ویژه پوتین، روز یکشنبه 18 دسامبر به ایران رفت.”",
        "\x1b[1;36m[1]\x1b[0m \x1b[2mThe quotation is in Persian.\x1b[0m",
        "\x1b[2mNo language model is set up: these are quotations from the articles, not a\x1b[0m",
        "",
        "\x1b[1mSources\x1b[0m",
        "\x1b[1;36m[1]\x1b[0m “تماس‌های تهران و مسکو”",
    ]


TRACE = Trace(
    seconds={"retrieval": 0.0123},
    query="نماینده پوتین",
    model="m-1",
    tokens_in=1200,
    tokens_out=30,
    requests=2,
    dropped=(Dropped("a claim", "its quote stands nowhere"),),
    notes=("coverage 0.50",),
)


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        (
            "fa",
            "این پاسخ چگونه به دست آمد\n    جست‌وجوشده: نماینده پوتین\n    جست‌وجو: ۰٫۰۱۲ ثانیه\n"
            "    مدل: m-1. درخواست‌ها: ۲. توکن‌ها: ۱۲۰۰ ورودی، ۳۰ خروجی.\n    coverage 0.50\n"
            "    کنار گذاشته شد: a claim (its quote stands nowhere)",
        ),
        (
            "ar",
            "كيف جاءت هذه الإجابة\n    جرى البحث عن: نماینده پوتین\n    البحث: ٠٫٠١٢ ثانية\n"
            "    النموذج: m-1. الطلبات: ٢. الرموز: ١٢٠٠ واردة، ٣٠ صادرة.\n    coverage 0.50\n"
            "    حُذف: a claim (its quote stands nowhere)",
        ),
        (
            "en",
            "How this answer came about\n    Searched for: نماینده پوتین\n    retrieval: 0.012 s\n"
            "    Model: m-1. Requests: 2. Tokens: 1200 in, 30 out.\n    coverage 0.50\n"
            "    Left out: a claim (its quote stands nowhere)",
        ),
    ],
)
def test_verbose_tells_how_the_answer_came_about(language: str, shown: str) -> None:
    """Query, seconds, model use, notes and what was left out, in the reader's words and digits."""
    assert rendering.verbose(extractive(language, trace=TRACE)) == shown


def test_verbose_of_an_empty_trace_is_its_heading() -> None:
    """Nothing measured, nothing invented."""
    assert rendering.verbose(extractive("en", trace=Trace())) == "How this answer came about"


# -- beside a quotation -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closeness", "language", "expected"),
    [
        (Closeness.CLOSE, "fa", "تطابق نزدیک"),
        (Closeness.POSSIBLE, "ar", "تطابق محتمل. الاقتباس باللغة الفارسية."),
        (Closeness.POSSIBLE, "en", "Possible match. The quotation is in Persian."),
        (None, "en", "The quotation is in Persian."),
    ],
)
def test_a_quiet_word_says_how_close_a_quotation_is(closeness: Closeness | None, language: str, expected: str) -> None:
    """It stands before the note; what a model wrote has none."""
    answer = extractive(language)
    quoted = replace(answer.statements[0], closeness=closeness)
    lines = rendering.plain(replace(answer, statements=(quoted,), citations=(FIRST,))).split("\n\n")[0].split("\n")
    assert lines[-1].removeprefix("[1] ").removeprefix("[١] ") == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fa", "همچنین در Reuters، «بی‌ناشر»، x9"), ("ar", "وكذلك في Reuters، «بی‌ناشر»، x9"), ("en", "Also in Reuters, “بی‌ناشر”, x9")],
)
def test_a_source_says_where_else_its_words_stand(language: str, expected: str) -> None:
    """By outlet, else title, else id, once for all citations of the article."""
    also = (ENGLISH, Source("t1", title="بی‌ناشر"), Source("x9"))
    citations = (replace(FIRST, also=also), replace(FIRST, number=2, start=100, also=also[:1]))
    answer = replace(extractive(language), citations=citations)
    assert rendering.plain(answer).split("\n")[-1] == f"    {expected}"


# -- JSON -------------------------------------------------------------------------------------------------------------


def test_json_holds_the_whole_answer_in_the_order_of_its_fields() -> None:
    """Every field, days as ISO, enums as their values, nothing escaped that can be read."""
    fetched = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    source = replace(PERSIAN, fetched=fetched, origins=MappingProxyType({"title": "text"}))
    citation = replace(FIRST, source=source)
    answer = Answer(
        "کجا؟",
        Status.ANSWERED,
        Mode.EXTRACTIVE,
        "fa",
        "متن",
        (Statement("جمله", (citation,), "قاب", "یادداشت"),),
        (citation,),
        (ENGLISH,),
        trace=TRACE,
    )
    written = rendering.to_json(answer)
    known = {
        "article_id": "a1b2",
        "title": "تماس‌های تهران و مسکو",
        "language": "fa",
        "publisher": "رادیوفرانسه",
        "url": "https://news.example/fa?a=1&b=2",
        "published": "2016-12-18",
        "fetched": "2024-01-02T03:04:05+00:00",
        "origins": {"title": "text"},
    }
    cited = {"number": 1, "source": known, "quote": FIRST.quote, "start": 40, "end": 94, "match": "exact", "also": []}
    expected = {
        "question": "کجا؟",
        "status": "answered",
        "mode": "extractive",
        "language": "fa",
        "text": "متن",
        "statements": [{"text": "جمله", "citations": [cited], "frame": "قاب", "note": "یادداشت", "closeness": None}],
        "citations": [cited],
        "nearest": [
            {
                "article_id": "c3d4",
                "title": "Envoy in Tehran",
                "language": "en",
                "publisher": "Reuters",
                "url": None,
                "published": "2016-12-19",
                "fetched": None,
                "origins": {},
            }
        ],
        "notes": [],
        "trace": {
            "seconds": {"retrieval": 0.0123},
            "query": "نماینده پوتین",
            "model": "m-1",
            "prompts": {},
            "tokens_in": 1200,
            "tokens_out": 30,
            "requests": 2,
            "cost": None,
            "dropped": [{"text": "a claim", "reason": "its quote stands nowhere"}],
            "notes": ["coverage 0.50"],
        },
    }
    assert json.loads(written) == expected
    assert json.dumps(json.loads(written), ensure_ascii=False, indent=2) == written
    assert list(json.loads(written)) == list(expected)
    assert json.loads(rendering.to_json(answer, indent=None)) == expected


@given(answers())
def test_json_gives_back_every_character(answer: Answer) -> None:
    """Harmless bytes, exact values: what acts on a terminal comes back from its escape."""
    read = json.loads(rendering.to_json(answer))
    assert (read["question"], read["text"]) == (answer.question, answer.text)
    assert list(read) == ["question", "status", "mode", "language", "text", "statements", "citations", "nearest", "notes", "trace"]


def test_to_dict_takes_every_value_of_ours() -> None:
    """Articles, hits, reports and concepts: spans by name, tuples as lists, phrases as text, paths as text."""
    article = Article(ENGLISH, "text", "seeds/1.txt", (Span(1, 2),))
    hit = Hit(Passage("c3d4:0", Source("c3d4"), "text", 0, 4), 0.5, None, 1)
    report = IngestReport(added=1, skipped=(Skipped("a.txt", "empty"),))
    concept = Concept("envoy", {"fa": (("فرستاده", "ویژه"),)}, {("فرستاده", "ویژه"): 0.9})
    nothing: dict[str, object] = {
        "title": None,
        "language": "und",
        "publisher": None,
        "url": None,
        "published": None,
        "fetched": None,
        "origins": {},
    }
    assert rendering.to_dict(article)["boilerplate"] == [{"start": 1, "end": 2}]
    assert rendering.to_dict(hit) == {
        "passage": {"id": "c3d4:0", "source": {"article_id": "c3d4", **nothing}, "text": "text", "start": 0, "end": 4},
        "score": 0.5,
        "dense_rank": None,
        "lexical_rank": 1,
        "twins": [],
    }
    assert rendering.to_dict(report) == {
        "added": 1,
        "updated": 0,
        "unchanged": 0,
        "removed": 0,
        "passages": 0,
        "skipped": [{"path": "a.txt", "reason": "empty", "line": None}],
        "notes": [],
    }
    shown = rendering.to_dict(concept)
    assert (shown["spellings"], shown["likeness"]) == ({"fa": [["فرستاده", "ویژه"]]}, {"فرستاده ویژه": 0.9})
    assert rendering.to_json([hit, {"place": PurePosixPath("a/b")}], indent=None).endswith(', {"place": "a/b"}]')


@pytest.mark.parametrize("value", [object(), Answer, "text", 1])
def test_to_dict_refuses_what_is_not_ours(value: object) -> None:
    """A value without fields is an error, never an empty object."""
    with pytest.raises(TypeError, match="is no value of ours"):
        rendering.to_dict(value)
