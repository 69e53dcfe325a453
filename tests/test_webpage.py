"""The article on a page, whole and alone, and what the page says about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.articles import read
from assistant.errors import ArticleError
from assistant.types import Article
from assistant.webpage import read_page

HEADLINE = "روحانی و پوتین بار دیگر تلفنی گفت‌وگو کردند"
PARAGRAPHS = [
    "در شرایطی که تهران روز شنبه میزبان وزیر خارجه بود، کاخ ریاست جمهوری روسیه از تماس تلفنی دوباره خبر داد.",
    "گزارش خبرگزاری‌ها حاکی است که دو طرف در این تماس بر اهمیت توافق جدید آتش‌بس تأکید کرده‌اند.",
    "او همچنین ابراز امیدواری کرده که دستاورد اجلاس، رسیدن به راه‌حلی برای برقراری صلح پایدار باشد.",
]
SIDE = (
    "<header><nav><ul><li><a href='/'>خانه</a></li><li><a href='/p'>سیاسی</a></li></ul></nav></header>",
    "<aside><h3>پربیننده‌ها</h3><ul><li><a href='/1'>خبر دیگر یک</a></li></ul></aside><footer><p>تمامی حقوق محفوظ است</p></footer>",
)


def page(body: str, head: str = "", attributes: str = "") -> str:
    return (
        f"<!doctype html><html {attributes}><head><meta charset='utf-8'>{head}</head><body>{SIDE[0]}{body}{SIDE[1]}</body></html>"
    )


def article(extra: str = "") -> str:
    return f"<article><h1>{HEADLINE}</h1>{''.join(f'<p>{line}</p>' for line in PARAGRAPHS)}{extra}</article>"


LAYOUTS = {
    "paragraphs": article(),
    "divs": f"<div class='content'><h1>{HEADLINE}</h1>{''.join(f'<div>{line}</div>' for line in PARAGRAPHS)}</div>",
    "breaks": f"<div class='article-body'><h1>{HEADLINE}</h1><div>{'<br><br>'.join(PARAGRAPHS)}</div></div>",
    "list": f"<article><h1>{HEADLINE}</h1><ul>{''.join(f'<li>{line}</li>' for line in PARAGRAPHS)}</ul></article>",
    "table": f"<table><tr><td><h1>{HEADLINE}</h1></td></tr>{''.join(f'<tr><td>{line}</td></tr>' for line in PARAGRAPHS)}</table>",
    "links": "<article><h1>{}</h1>{}</article>".format(
        HEADLINE, "".join(f"<p><a href=/t>{line[:9]}</a><b>{line[9:20]}</b>{line[20:]}</p>" for line in PARAGRAPHS)
    ),
    "no markup": f"<main><h1>{HEADLINE}</h1>{''.join(f'<p>{line}' for line in PARAGRAPHS)}</main>",
    "entities": article().replace("\u200c", "&zwnj;"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_article_is_found_whole(layout: str) -> None:
    """Headline and paragraphs come out, each on its line, ZWNJ kept; menus, sidebars and footers do not."""
    assert read_page(page(LAYOUTS[layout]), "a.html").text.split("\n") == [HEADLINE, *PARAGRAPHS]


def test_a_middling_article_keeps_its_lines() -> None:
    """An article of a few lines, which the extractor gives as one, is given line by line."""
    lines = [
        "تیتر خبر",
        "او می‌گوید که این خبر مهم است و باید آن را خواند.",
        "دولت روز شنبه آن را اعلام کرد.",
        "یک",
        "دو",
        "الف",
        "ب",
    ]
    body = (
        "<article><h1>{}</h1><p>{}<br>{}</p><ul><li>{}</li><li>{}</li></ul><table><tr><td>{}</td><td>{}</td></tr></table></article>"
    )
    assert read_page(page(body.format(*lines)), "a.html").text.split("\n") == lines


def test_a_short_article_keeps_its_lines() -> None:
    """Where there is little text, it is still given line by line; joiners of emoji are kept."""
    short = "<article><h1>تیتر</h1><p>می‌رود 👨‍👩‍👧.</p><p>ـ</p><p>باز می‌گردد.</p></article>"
    assert read_page(page(short), "a.html").text == "تیتر\nمی‌رود 👨‍👩‍👧.\nـ\nباز می‌گردد."


HIDDEN = [
    "<!-- پنهان -->",
    "<p hidden>پنهان</p>",
    "<p style='display:none'>پنهان</p>",
    "<p style='color:red; DISPLAY : none !important'>پنهان</p>",
    "<div style='visibility:hidden'><p>پنهان <b>پنهان</b></p></div>",
    "<p style='opacity:0'>پنهان</p>",
    "<p style='font-size: 0px;'>پنهان</p>",
    "<p style='position:absolute;left:-9999px'>پنهان</p>",
    "<p style='text-indent:-5000em'>پنهان</p>",
    "<p aria-hidden='true'>پنهان</p>",
    "<span class='sr-only'>پنهان</span>",
    "<p class='big ghost'>پنهان</p>",
    "<p id='spectre'>پنهان</p>",
    "<template><p>پنهان</p></template>",
    "<noscript><p>پنهان</p></noscript>",
    "<script>var x = 'پنهان';</script>",
    '<script type=\'application/ld+json\'>{"@type": "NewsArticle", "articleBody": "' + "پنهان " * 200 + '"}</script>',
    "<input type='hidden' value='پنهان'>",
    "<div id='comments'><p>پنهان، نظر یک خواننده</p></div>",
    "<section class='comments'><div class='comment-body'><p>پنهان، نظر یک خواننده</p></div></section>",
]
STYLE = """<style>/* .seen{display:none} */ p.big{color:red} .ghost, #spectre { display: none }
@media print { .seen { display: none } } .seen { .inner { display: none } } .x{</style>"""


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("short", [False, True])
def test_what_a_reader_does_not_see_is_left_out(hidden: str, short: bool) -> None:
    """Comments, hidden elements, scripts and readers' comments are no text of the article, long or short."""
    body = "<article><h1>تیتر</h1><p>متن کوتاه است.</p>{}</article>" if short else article("{}")
    text = read_page(page(body.format(hidden), STYLE), "a.html").text
    assert text.split("\n") == (["تیتر", "متن کوتاه است."] if short else [HEADLINE, *PARAGRAPHS])


def test_what_a_reader_sees_is_kept() -> None:
    """Rules for print and in comments hide nothing, nor does a hidden element the words after it, nor a script the whole page."""
    seen = "<p class='seen'>این بند را همه می‌بینند و باید بماند.</p>"
    last = "<p>پیش از <span hidden>پنهان</span> و پس از آن است.</p>"
    html = page(article(seen + last), STYLE).replace("<body>", "<body style='visibility:hidden'>")
    found = read_page(html, "a.html").text.split("\n")
    assert found == [HEADLINE, *PARAGRAPHS, "این بند را همه می‌بینند و باید بماند.", "پیش از و پس از آن است."]


LINKED = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "عنوان", "publisher": {"name": "نشریه"}}
LINKED |= {"datePublished": "2016-12-18T08:00:00+03:30", "url": "https://example.org/a"}
FULL = {
    "title": "عنوان",
    "publisher": "نشریه",
    "published": "2016-12-18T08:00:00+03:30",
    "url": "https://example.org/a",
    "language": "fa",
}


def linked(data: object) -> str:
    return f"<script type='application/ld+json'>{data if isinstance(data, str) else json.dumps(data)}</script>"


@pytest.mark.parametrize(
    "head",
    [
        linked(LINKED),
        linked([{"@type": "WebSite", "name": "x"}, LINKED]),
        linked({"@graph": [{"@type": "BreadcrumbList"}, {**LINKED, "@type": ["Thing", "ReportageNewsArticle"]}]}),
        linked("{broken") + linked("[" * 50_000) + linked("5") + linked(LINKED),
        """<meta property="og:title" content="عنوان"><meta property="og:site_name" content="نشریه"><meta property="og:url" content="https://example.org/a">
        <meta property="article:published_time" content="2016-12-18T08:00:00+03:30">""",
        """<meta name="DC.Title" content="عنوان"><meta name="publisher" content="نشریه"><link rel="canonical" href="https://example.org/a">
        <meta itemprop="datePublished" content="2016-12-18T08:00:00+03:30">""",
    ],
)
def test_what_the_page_states_is_taken(head: str) -> None:
    """Title, outlet, day, address and language are taken from JSON-LD and the meta elements in use."""
    assert read_page(page(article(), head, "lang='fa'"), "a.html").values == FULL


@pytest.mark.parametrize(
    ("body", "head", "title"),
    [
        (article(), "<title>تیتر - سایت</title>", HEADLINE),
        (article() + "<h1>دیگر</h1>", "<title>تیتر - سایت</title>", "تیتر - سایت"),
        (article().replace("h1", "h2"), "", None),
    ],
)
def test_the_title_is_the_only_heading_or_that_of_the_window(body: str, head: str, title: str | None) -> None:
    """Without metadata the only first-level heading is the title, else what the window shows, else none."""
    assert read_page(page(body, head), "a.html").values.get("title") == title


@pytest.mark.parametrize(
    "clock",
    [
        "<div class='date'>Friday 22 November 2024 19:45</div>",
        "<time datetime='2024-11-22'>۲ آذر ۱۴۰۳</time>",
        "<p>جمعه ۲ آذر ۱۴۰۳ تهران ۱۹:۴۵</p>",
        "<footer>© 2024</footer>",
    ],
)
def test_a_page_clock_is_no_day_of_publication(clock: str) -> None:
    """A date shown somewhere on the page is not taken for the day of publication."""
    assert "published" not in read_page(page(clock + article()), "a.html").values


def test_a_time_said_to_be_of_publication_is_taken() -> None:
    """A time element counts where the page says that it is the day of publication."""
    body = "<time itemprop='datePublished' datetime='2016-12-18'>یکشنبه</time>" + article()
    assert read_page(page(body), "a.html").values["published"] == "2016-12-18"


@pytest.mark.parametrize(
    ("attributes", "language", "origin"),
    [("lang='fa-IR'", "fa", "HTML metadata"), ("lang='en'", "fa", "detected"), ("", "fa", "detected")],
)
def test_the_language_of_a_template_is_not_believed(tmp_path: Path, attributes: str, language: str, origin: str) -> None:
    """A page's own language counts only where the letters of the article do not speak against it."""
    (tmp_path / "a.html").write_text(page(article(), attributes=attributes), "utf-8")
    (found,) = read([tmp_path])
    assert isinstance(found, Article)
    assert (found.source.language, found.source.origins["language"]) == (language, origin)


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ("<meta charset='windows-1256'>", "cp1256"),
        ("<meta http-equiv='content-type' content='text/html; charset=windows-1256'>", "cp1256"),
        ("<?xml version='1.0' encoding='utf-8'?>", "utf-8"),
        ("<meta charset='windows-1256'>", "utf-8"),
        ("", "utf-16"),
    ],
)
def test_a_declared_encoding_is_believed(tmp_path: Path, declaration: str, encoding: str) -> None:
    """Older encodings are read where the page declares them; UTF-8 is known without a declaration, and against a wrong one."""
    text = "وفد روسي يزور طهران لبحث الملف السوري في سوريا"
    (tmp_path / "a.html").write_bytes(f"{declaration}<html><body><article><p>{text}</p></article></body></html>".encode(encoding))
    (found,) = read([tmp_path])
    assert isinstance(found, Article)
    assert found.text == text


@pytest.mark.parametrize("html", ["", "   ", "<!-- x -->"])
def test_no_page_at_all(html: str) -> None:
    """What is no page is refused as such."""
    with pytest.raises(ArticleError, match=r"a\.html: holds no web page"):
        read_page(html, "a.html")


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<div hidden>",
                "</div>",
                "<br>",
                "<li>",
                "<table>",
                "<td>",
                "⸰",
                "⸱",
                "\u200c",
                "متن است",
                "<style>",
                "a{",
                "}",
            ]
        ),
        max_size=25,
    )
)
def test_no_soup_of_tags_raises_anything_else(pieces: list[str]) -> None:
    """Whatever the markup: a text without stray marks of ours, or ArticleError."""
    try:
        text = read_page("<html><body>" + "".join(pieces), "a.html").text
    except ArticleError:
        return
    assert text.strip()
    assert not {character for character in text if "\u2e30" <= character <= "\u2e4f"} - {"⸰", "⸱"}
