"""The door to trafilatura: the article on a web page, without what the page hides, and what its metadata say."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import regex

from assistant.errors import ArticleError
from assistant.text import ZWNJ, clean

__all__ = ["Page", "read_page"]

for _library in ("trafilatura", "htmldate"):
    logging.getLogger(_library).addHandler(logging.NullHandler())  # what they think of a page is not for the terminal

_MOST_ELEMENTS = 20_000  # a news page has some thousands; the extractor takes a second for ten thousand
_MOST_TEXT = 2 * 1024 * 1024  # characters; an article must be shorter than that anyway
_ZWJ = "\u200d"


class Page(NamedTuple):
    """The article's text, a paragraph a line, and the values that the page's metadata give, by field."""

    text: str
    values: Mapping[str, object]


def read_page(html: str, path: str) -> Page:
    """The article on the page; raises ArticleError when there is none to be found."""
    from lxml.etree import LxmlError  # type: ignore[import-untyped]
    from lxml.html import HTMLParser, document_fromstring  # type: ignore[import-untyped]

    try:
        plain = regex.sub(r"^\s*<\?xml[^>]*\?>", "", html)
        tree = document_fromstring(plain, parser=HTMLParser(remove_comments=True, remove_pis=True))
    except (LxmlError, ValueError) as error:
        raise ArticleError(path, "holds no web page") from error
    values = _values(tree)
    _remove_hidden(tree)
    if sum(1 for _ in tree.iter()) > _MOST_ELEMENTS or len(tree.text_content()) > _MOST_TEXT:
        raise ArticleError(path, "the page is too large to be an article; save the article alone")
    text = _main_text(tree)
    if not text:
        raise ArticleError(path, "no article was found on the page; save its text as .txt")
    return Page(text, values)


# -- text -------------------------------------------------------------------------------------------------------------

_TEXT_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "pre", "td", "th", "dt", "dd", "figcaption", "caption")
_BLOCKS = (*_TEXT_BLOCKS, "div", "section", "article", "main")
_LONE_MARKS = regex.compile(r"[\s|*•-]*")


def _main_text(tree: Any) -> str:
    """What trafilatura holds to be the article, with the joiners it drops and the line ends it flattens in short articles.

    It removes characters that are not printable, ZWNJ among them, and gives a short article as one line. So ZWNJ, ZWJ
    and the edges of blocks are written as printable characters that the page does not use, and back afterwards.
    """
    import trafilatura

    used = set(tree.text_content())
    stand_ins = (character for character in map(chr, range(0x2E30, 0x2E50)) if character not in used)
    joiner, zwj, edge = next(stand_ins), next(stand_ins), next(stand_ins)
    for element in tree.iter():
        if isinstance(element.tag, str):
            element.text = _replaced(element.text, joiner, zwj)
            element.tail = _replaced(element.tail, joiner, zwj)
    for element in tree.iter("br", *_BLOCKS):
        _set_edges(element, edge)
    found = trafilatura.extract(tree, output_format="txt", include_comments=False) or ""
    lines = (line.strip(" |") for line in regex.split(rf"[\n{edge}]+", found))
    kept = "\n".join(line.removeprefix("- ") for line in lines if not _LONE_MARKS.fullmatch(line))
    return kept.replace(joiner, ZWNJ).replace(zwj, _ZWJ)


def _replaced(text: str | None, joiner: str, zwj: str) -> str | None:
    # Cleaned here, for lxml takes no text with a control in it, and a page may hold one.
    return text and clean(text).replace(ZWNJ, joiner).replace(_ZWJ, zwj)


def _set_edges(element: Any, edge: str) -> None:
    """Writes the edge where the block's text begins and ends; a block without text of its own has none."""
    if element.tag == "br":
        element.tail = edge + (element.tail or "")
        return
    if not any(text.strip() for text in [element.text or "", *(child.tail or "" for child in element), *_inline_texts(element)]):
        return
    element.text = edge + (element.text or "")
    if len(element):
        element[-1].tail = (element[-1].tail or "") + edge
    else:
        element.text += edge


def _inline_texts(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag not in _BLOCKS and child.tag not in {"ul", "ol", "table", "tbody", "tr"}:
            yield from child.itertext()


# -- what is hidden ---------------------------------------------------------------------------------------------------

_NEVER_READ = {"script", "style", "template", "noscript", "nav"}
_HIDING = regex.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:opacity|font-size)\s*:\s*0(?:\.0+)?(?:px|em|rem|pt|%)?\s*(?:[;!]|$)"
    r"|(?:text-indent|left|top)\s*:\s*-\d{3,}|clip\s*:\s*rect\(\s*0",
    regex.IGNORECASE,
)
_SIMPLE = regex.compile(r"[\w-]*([.#])([\w-]+)")
_READ_ALOUD_ONLY = {".sr-only", ".visually-hidden", ".screen-reader-text"}


def _remove_hidden(tree: Any) -> None:
    """Takes out of the page what nobody reads: scripts, navigation, hidden elements, those its style sheets hide."""
    names = _READ_ALOUD_ONLY.union(*(_hidden_names(style.text or "") for style in tree.iter("style")))
    for element in [element for element in tree.iter() if _is_hidden(element, names)]:
        if element.getparent() is not None and element.tag not in {"html", "head", "body"}:
            element.drop_tree()


def _is_hidden(element: Any, names: set[str]) -> bool:
    if not isinstance(element.tag, str) or element.tag in _NEVER_READ:
        return True
    selectors = {f".{name}" for name in element.get("class", "").split()} | {f"#{element.get('id')}"}
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden", "").lower() == "true"
        or (element.tag == "input" and element.get("type") == "hidden")
        or bool(_HIDING.search(element.get("style", "")))
        or bool(names & selectors)
    )


def _hidden_names(css: str) -> set[str]:
    """The classes and ids that a style sheet hides on every screen; what stands inside @media and the like is left alone."""
    names: set[str] = set()
    depth, selector = 0, ""
    # A comment that is never closed goes on to the end.
    pieces = regex.split(r"([{}])", regex.sub(r"/\*.*?(?:\*/|\Z)", "", css, flags=regex.DOTALL))
    for written, brace in zip(pieces[::2], pieces[1::2], strict=False):
        if brace == "{":
            selector = written if depth == 0 else selector
            depth += 1
        else:
            if depth == 1 and _HIDING.search(written):
                names.update(f"{found[1]}{found[2]}" for one in selector.split(",") if (found := _SIMPLE.fullmatch(one.strip())))
            depth = max(0, depth - 1)
    return names


# -- metadata ---------------------------------------------------------------------------------------------------------

# Where each value may stand, the most deliberate place first. A <time> counts only where it is said to be the day of
# publication: pages show clocks, and dates of other articles.
_META = {
    "title": "og:title twitter:title dc.title citation_title",
    "publisher": "og:site_name dc.publisher citation_publisher publisher",
    "published": "article:published_time og:article:published_time datepublished pubdate publishdate publish-date publish_date"
    " parsely-pub-date dc.date.issued dc.date citation_publication_date date",
    "url": "og:url",
    "language": "content-language dc.language",
}
_ARTICLE = regex.compile(r"Article|Report|BlogPosting")


def _values(tree: Any) -> dict[str, object]:
    meta = _meta(tree)
    linked = next(_linked(tree), {})
    publisher = linked.get("publisher")
    places = {
        "title": [linked.get("headline"), *_headings(tree)],
        "publisher": [publisher.get("name") if isinstance(publisher, dict) else None],
        "published": [linked.get("datePublished"), *tree.xpath("//time[@itemprop='datePublished' or @pubdate]/@datetime")],
        "url": [*tree.xpath("//link[@rel='canonical']/@href"), linked.get("url")],
        "language": [tree.get("lang"), tree.get("{http://www.w3.org/XML/1998/namespace}lang")],
    }
    values: dict[str, object] = {}
    for field, names in _META.items():
        given = [*(meta.get(name) for name in names.split()), *places[field]]
        if (first := next((value for value in given if isinstance(value, str) and value.strip()), None)) is not None:
            values[field] = first
    return values


def _meta(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        for key in ("property", "name", "itemprop", "http-equiv"):
            if element.get(key) and element.get("content"):
                found.setdefault(element.get(key).strip().lower(), element.get("content"))
    return found


def _headings(tree: Any) -> list[str]:
    headings, titles = ([" ".join(element.text_content().split()) for element in tree.iter(tag)] for tag in ("h1", "title"))
    return [*(headings if len(headings) == 1 else []), *titles]


def _linked(tree: Any) -> Iterator[dict[str, Any]]:
    """The descriptions of an article in the page's JSON-LD."""
    for script in tree.xpath("//script[@type='application/ld+json']"):
        try:
            found = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        items = found if isinstance(found, list) else [found]
        graphs = [item["@graph"] for item in items if isinstance(item, dict) and isinstance(item.get("@graph"), list)]
        for item in [*items, *(inner for graph in graphs for inner in graph)]:
            if isinstance(item, dict) and _ARTICLE.search(str(item.get("@type"))):
                yield item
