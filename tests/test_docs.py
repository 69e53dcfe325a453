"""The pages in `docs/`: what they show runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

DOCS = Path(__file__).resolve().parent.parent / "docs"


def examples(page: Path) -> list[tuple[int, str]]:
    """The ```python blocks of a page, each with the number of the line before its code."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    return [(token.map[0] + 1, token.content) for token in tokens if token.map and token.info.strip() == "python"]


PAGES = [page for page in sorted(DOCS.glob("**/*.md")) if examples(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_of_a_page_run(page: Path) -> None:
    """From top to bottom, in an empty folder, with no key and no network; what they assert holds."""
    names: dict[str, object] = {"__name__": page.stem}
    for line, code in examples(page):
        # As many empty lines as stand above it, so that a failure names the page's own line.
        exec(compile("\n" * line + code, page, "exec", dont_inherit=True), names)


def test_the_page_about_llama_index_has_examples() -> None:
    """The test above runs something."""
    assert DOCS / "llama_index.md" in PAGES
