"""What other programs may have the page do through Gradio's protocol and through MCP: ask, search, read an article.

The server adds them to the page; the same can be had more simply from the page's own addresses (`routes.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio.events import api

from assistant.ui.asking import Desk, Question, Wanted, explained, read
from assistant.understanding import LONGEST_QUESTION, language_of

__all__ = ["add", "answer_in_json"]


def add(blocks: gr.Blocks, desk: Desk) -> None:
    """Makes `blocks` offer the three tools, answered at `desk`."""

    # The docstrings below are what a program, or its model, is told of each tool. The hints must be plain: Gradio reads them.
    async def ask(
        question: str,
        language: str | None = None,
        written_in: list[str] | None = None,
        publishers: list[str] | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> dict:  # type: ignore[type-arg]
        """Answer a question from the news articles of this library, and from nothing else. Every statement of the answer carries
        citations that were checked, character by character, against the articles they quote. When status is "not_found", the
        answer is not in the articles; the articles in "nearest" are not the answer.

        Args:
            question: The question, in any language; Persian, Arabic and English articles are searched with it.
            language: ISO 639 code of the language to answer in, such as fa, ar or en. Left out, it is the question's.
            written_in: ISO 639 codes; only articles in these languages are looked at.
            publishers: Names of outlets; only their articles are looked at.
            since: A day such as 2016-12-18; only articles published then or later are looked at.
            until: A day such as 2016-12-31; only articles published then or earlier are looked at.

        Returns:
            The answer: its status, language, whole text, statements with their citations, nearest articles, notes and trace.
        """
        filters = _filters(written_in, publishers, since, until)
        with _told(question):
            return await desk.answer(read(Question, {"question": question, "language": language, "filters": filters}))

    async def search(
        question: str,
        limit: int = 10,
        written_in: list[str] | None = None,
        publishers: list[str] | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> list:  # type: ignore[type-arg]
        """Find the passages of the articles that speak most of a question, best first. Nothing is answered or summed up.

        Args:
            question: What the passages should be about, in any language.
            limit: How many passages, 1 to 100.
            written_in: ISO 639 codes; only articles in these languages are looked at.
            publishers: Names of outlets; only their articles are looked at.
            since: A day such as 2016-12-18; only articles published then or later are looked at.
            until: A day such as 2016-12-31; only articles published then or earlier are looked at.

        Returns:
            The hits, each a passage (id, source, text, start, end) with its score and its ranks.
        """
        filters = _filters(written_in, publishers, since, until)
        with _told(question):
            return await desk.search(read(Wanted, {"question": question, "limit": limit, "filters": filters}))

    async def article(article_id: str) -> dict:  # type: ignore[type-arg]
        """Read one article whole, to see a quotation in its place.

        Args:
            article_id: The id from a citation's source, or an unambiguous beginning of it.

        Returns:
            The article: what is known of its source, and its text, of whose characters a citation's start and end tell.
        """
        with _told(article_id):
            return await desk.article(article_id)

    for event in blocks.fns.values():
        event.api_name = f"page-{event._id}"  # the page's own events leave their names to the tools
    with blocks:
        for tool in (ask, search, article):
            # Without Gradio's queue, MCP calls the function itself and not over the network; `desk` keeps the line.
            api(tool, api_name=tool.__name__, queue=False)


def _filters(written_in: list[str] | None, publishers: list[str] | None, since: str | None, until: str | None) -> dict[str, Any]:
    return {"languages": written_in or [], "publishers": publishers or [], "since": since or None, "until": until or None}


@contextmanager
def _told(asked: str) -> Iterator[None]:
    """Makes an error one that Gradio passes on, in the language of what was asked."""
    try:
        yield
    except Exception as exc:
        told = explained(exc, language_of(asked[:LONGEST_QUESTION]))
        raise _Told(f"{told['kind']}: {told['message']}", print_exception=False) from exc


class _Told(gr.Error):
    """What went wrong, in words; Gradio's own error would show them to an MCP client as Python writes a string."""

    def __str__(self) -> str:
        return str(self.message)


def answer_in_json(blocks: gr.Blocks) -> None:
    """Makes what the tools give reach MCP clients as the JSON every other face gives; Gradio would write it as Python does."""
    from mcp.types import TextContent

    def as_json(output: Sequence[object], root_url: str) -> list[TextContent]:
        return [TextContent(type="text", text=json.dumps(value, ensure_ascii=False)) for value in output]

    blocks.mcp_server_obj.postprocess_output_data = as_json  # type: ignore[union-attr, method-assign]
