import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant import guard

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])

# Pieces of every Markdown, HTML, terminal and invisible-text trick we know of; Hypothesis puts them together.
WORDS = r"""
    ! [ ] ( ) < > * _ ~ ` # | - + = & \ $ : ; . { } ^ " ' ``` ~~~ === --- $$ ${x} &lt; &#60; &#27; &colon; &amp
    <script> </script> <!-- --> ![x](http://evil.example/p.png?q=1) [x](javascript:alert(1)) ![x][x] <http://evil.example>
    <a@evil.example> http://evil.example/ www.evil.example سلام می‌شود متن word 7 ؟ « »
"""
BLOCKS = ["# ", "1. ", "2) ", "> ", "<img src=x onerror=y>", "\n[x]: http://evil.example", "\n| a | b |\n|---|---|\n"]
BYTES = ["\n", "\n\n", "\r\n", "\t", "    ", " ", "\x1b[31m", "\x1b]8;;http://evil.example\x07", "\x9b2J", "\x00", "\x7f"]
MARKS = "\u2028\u202e\u2066\u200c\u200d\u200b\ufeff\U000e0041\ud800\u1fef\u0338\u037e"
PIECES = [*WORDS.split(), *BLOCKS, *BYTES, *MARKS]
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)

UNSEEN = {*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF}


def tokens(markdown: str) -> list[Token]:
    return [part for token in MARKDOWN.parse(markdown) for part in (token, *(token.children or ()))]


def is_harmless(text: str) -> bool:
    return not any(ord(c) in UNSEEN or 0xE0000 <= ord(c) <= 0xE0FFF or 0xD800 <= ord(c) <= 0xDFFF for c in text)


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("علی شمخانی گفت: «می‌رویم»؟", "علی شمخانی گفت: «می‌رویم»؟"),
        ("بحسب المصدر، ٣٫٥ مليون!", "بحسب المصدر، ٣٫٥ مليون!"),
        ("It rose 3.5% at 19:45 (local time); see p. 4.", "It rose 3.5% at 19:45 (local time); see p. 4."),
        ("![logo](https://evil.example/p.png)", r"!\[logo\](https\:\//evil\.example/p\.png)"),
        ("[1]: http://evil.example", r"\[1\]: http\:\//evil\.example"),
        ("<script>alert(1)</script> & co", "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co"),
        ("&#27;[31m", r"&amp;#27;\[31m"),
        ("# not a heading", r"\# not a heading"),
        ("1. not a list", r"1\. not a list"),
        ("12) not a list", r"12\) not a list"),
        ("- not a list", r"\- not a list"),
        ("```\ncode\n```", r"\`\`\` code \`\`\`"),
        ("| a | b |\n|---|---|", r"\| a \| b \| \|---\|---\|"),
        ("  one\n\n    two\t three  ", "one two three"),
        ("C:\\temp", r"C\:\\temp"),
        ("a_b *c* ~~d~~ ==e== $f$", r"a\_b \*c\* \~\~d\~\~ \==e\== \$f\$"),
        ("a@evil.example", r"a\@evil\.example"),
        ("red\x1b[31m\u202e text", r"red\[31m text"),
        ("", ""),
    ],
)
def test_inline_keeps_words_and_escapes_what_acts(text: str, guarded: str) -> None:
    """Words come out as they were; whatever Markdown would act on is escaped."""
    assert guard.inline(text) == guarded


@given(hostile)
@example("\\<img src=x>")
@example("\\\\[x](y)")
@example("<\u0338script>")
def test_inline_is_idempotent(text: str) -> None:
    """Guarding twice is guarding once."""
    once = guard.inline(text)
    assert guard.inline(once) == once


@given(hostile)
@example("[x]: http://evil.example\n![x][x]")
@example("\\![x](http://evil.example)")
def test_inline_renders_as_text_in_a_paragraph_and_nothing_else(text: str) -> None:
    """A CommonMark renderer makes one paragraph of text of it: no image, link, HTML, code, emphasis, list, table, line break."""
    guarded = guard.inline(text)
    assert {token.type for token in tokens(guarded)} <= {"paragraph_open", "inline", "text", "paragraph_close"}
    assert is_harmless(guarded)
    assert "<" not in guarded


@given(hostile, hostile)
def test_inline_parts_are_harmless_side_by_side(one: str, other: str) -> None:
    """Two guarded texts on lines of one paragraph, or after our own words, still make only text."""
    kinds = {token.type for token in tokens(f"Frame: {guard.inline(one)} {guard.inline(other)}\\\n{guard.inline(other)}")}
    assert kinds <= {"paragraph_open", "inline", "text", "hardbreak", "paragraph_close"}


@given(hostile.filter(lambda text: "\\" not in text and "&" not in text))
def test_inline_shows_the_same_words_once_rendered(text: str) -> None:
    """What the reader sees is the text itself, with single spaces."""
    shown = "".join(token.content for token in tokens(guard.inline(text)) if token.type == "text")
    assert shown == " ".join(guard.plain(text).split())


@given(hostile)
def test_plain_has_no_character_that_acts_on_a_terminal(text: str) -> None:
    """No escape, control, bidi control, tag or surrogate is left, newline and tab apart; cleaning twice changes nothing."""
    cleaned = guard.plain(text)
    assert is_harmless(cleaned.replace("\n", "").replace("\t", ""))
    assert guard.plain(cleaned) == cleaned


def test_plain_keeps_what_words_need() -> None:
    """ZWNJ, ZWJ, harakat, tabs and newlines stay; line ends become newlines."""
    assert guard.plain("می‌شود\r\nمُحَمَّد\tक्‍ष\rend") == "می‌شود\nمُحَمَّد\tक्‍ष\nend"


GOOD = "https://news.example/a?b=1&c=2"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://news.example/a",
        "//news.example/a",
        "/a",
        "",
        "https://",
        "https://good.example@evil.example/",
        "https://news.example\\@evil.example/",
        "https://news.example/a b",
        "https://news.example/\u202ea",
        "https://news.example/\n",
        "http://[::1]/",
        "http://[bad/",
    ],
)
def test_link_refuses_addresses_that_act_or_mislead(url: str) -> None:
    """Only plain http and https addresses become links, even of a cited article."""
    assert guard.link(url, {url}) is None


def test_link_refuses_addresses_of_articles_that_are_not_cited() -> None:
    """An address nobody cited is no link, and neither is a missing one."""
    assert guard.link(GOOD, {"https://news.example/other"}) is None
    assert guard.link(None, {GOOD}) is None


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (GOOD, GOOD),
        ("http://news.example/خبر/۱", "http://news.example/خبر/۱"),
        ('https://news.example/(a)<b>"c"', "https://news.example/%28a%29%3Cb%3E%22c%22"),
    ],
)
def test_link_gives_cited_addresses_ready_for_use(url: str, address: str) -> None:
    """A cited address comes back with the characters encoded that could end a link."""
    assert guard.link(url, [url]) == address


def test_linked_makes_a_link_of_a_cited_address_and_text_of_any_other() -> None:
    """Markdown with a link where it is allowed, else only the guarded words."""
    assert guard.linked("a [title]", GOOD, {GOOD}) == r"[a \[title\]](<https://news.example/a?b=1&amp;c=2>)"
    assert guard.linked("a [title]", GOOD, set()) == r"a \[title\]"


@given(hostile, hostile.map(lambda path: f"https://news.example/{path}"))
def test_linked_has_at_most_the_one_link_it_was_given(text: str, url: str) -> None:
    """Whatever stands in text and address, a renderer finds that address and no other, and no image or HTML."""
    parsed = tokens(guard.linked(text, url, {url}))
    address = guard.link(url, {url})
    found = [token.attrs["href"] for token in parsed if token.type == "link_open"]
    assert found == ([MARKDOWN.normalizeLink(address)] if address else [])
    assert not {token.type for token in parsed} & {"image", "html_inline", "html_block", "code_inline", "fence"}


@pytest.mark.bench
def test_no_known_injection_gets_through(bench: Path) -> None:
    """Every collected attack renders as mere words and leaves no byte that acts."""
    lines = (bench / "injections-dev.jsonl").read_text(encoding="utf-8").splitlines()
    attacks = [json.loads(line)["text"] for line in lines]
    assert attacks
    for attack in attacks:
        guarded = guard.inline(attack)
        assert {token.type for token in tokens(guarded)} <= {"paragraph_open", "inline", "text", "paragraph_close"}, attack
        assert is_harmless(guarded), attack
        assert "<script" not in guarded
        assert "DEV-TAG-OK" not in guarded
