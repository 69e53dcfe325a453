"""What leaves the house: text of articles, models and metadata made harmless for Markdown, for a terminal and for a link.

Pure and idempotent. Ours is the structure; what others wrote may only ever be words in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from assistant.text import clean

__all__ = ["inline", "link", "linked", "plain"]

# -- Markdown ---------------------------------------------------------------------------------------------------------

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_PUNCTUATION = r"""!-%'-;=?@\[-`{-~"""  # what CommonMark lets a backslash escape, without the three that become entities
_SPECIAL = re.compile(
    rf"(?P<done>\\[{_PUNCTUATION}]|&(?:amp|lt|gt);)"  # escaped already: left alone, so that guarding twice changes nothing
    r"|(?P<entity>[&<>])"
    r"|[\\`*_\[\]~|$]|=(?==)"  # code, emphasis, links, images, strikethrough, tables, formulas, highlights
    r"|(?<=[^\W\d_]):(?=\S)|/(?=/)|@|(?<=[^\W_])\.(?=[^\W\d_])"  # addresses that a renderer would turn into links by itself
    r"|^(?P<number>\d{1,9})[.)]|^[#+=:-]"  # a list, a heading, an underline at the start of the line
)


def inline(text: str) -> str:
    """`text` as one line of Markdown that shows its words and does nothing: no HTML, image, link or structure.

    Letters, ZWNJ and punctuation stay as they are once rendered; line breaks become spaces. Backslash escapes and the
    three entities are taken as made here, so an article that shows such escapes loses their backslashes on screen.
    One renderer, GitHub's, makes an e-mail address a link whatever is escaped; nothing visible could prevent it.
    """
    return _SPECIAL.sub(_escaped, " ".join(plain(text).split()))


def _escaped(match: re.Match[str]) -> str:
    if match["done"]:
        return match[0]
    if match["entity"]:
        return _ENTITIES[match[0]]
    number = match["number"] or ""
    return f"{number}\\{match[0][len(number) :]}"


def linked(text: str, url: str | None, cited_urls: Collection[str]) -> str:
    """`text` as Markdown, a link when `url` is one that `link` allows."""
    address = link(url, cited_urls)
    return f"[{inline(text)}](<{address.replace('&', '&amp;')}>)" if address else inline(text)


# -- links ------------------------------------------------------------------------------------------------------------

# Characters that could end a link in Markdown or an attribute in HTML; letters of any script stay readable.
_ENCODED = {ord(character): f"%{ord(character):02X}" for character in "\"'()<>[]^`{|}"}


def link(url: str | None, cited_urls: Collection[str]) -> str | None:
    """`url` ready for a link if it is an http(s) address of a cited article, else None.

    An address with white space, a backslash or a user name in it misleads about where it goes and is refused.
    """
    if not url or url not in cited_urls or url != plain(url) or re.search(r"[\s\\]", url):
        return None
    try:
        parts = urlsplit(url)
        odd = parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or "[" in parts.netloc
    except ValueError:
        return None
    return None if odd else url.translate(_ENCODED)


# -- terminals and plain text -----------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """`text` without escape sequences' bytes, controls (newline and tab stay), bidi controls, tags and other unseen characters.

    ZWNJ and ZWJ stay; Windows and Unicode line ends become newlines.
    """
    return clean(text)
