"""Small bar charts as SVG that stands in a page by itself: a bar a kind, with its 95 % interval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from evals.statistics import Estimate
from evals.summary import Line

__all__ = ["by_kind"]

LABEL, WIDTH, ROW, NUMBER = 110, 200, 20, 90  # pixels


def by_kind(language: str, lines: Iterable[Line], metric: str = "right") -> str:
    """A chart of one language: how right the answers were, kind by kind."""
    bars = [
        (line.kind, line.figures[metric]) for line in lines if line.language == language and line.kind and metric in line.figures
    ]
    if not bars:
        return ""
    told = f"{language}: {metric} by kind, per cent"
    size = f'viewBox="0 0 {LABEL + WIDTH + NUMBER} {ROW * len(bars) + 4}" width="{LABEL + WIDTH + NUMBER}"'
    return f'<svg role="img" aria-label="{escape(told)}" {size}><title>{escape(told)}</title>{"".join(_rows(bars))}</svg>'


def _rows(bars: Sequence[tuple[str, Estimate]]) -> Iterator[str]:
    for place, (kind, found) in enumerate(bars):
        top = place * ROW + 4
        middle = top + ROW / 2 - 3
        yield f'<text x="{LABEL - 8}" y="{middle + 4}" text-anchor="end">{escape(kind)}</text>'
        yield f'<rect class="whole" x="{LABEL}" y="{top}" width="{WIDTH}" height="{ROW - 6}"/>'
        yield f'<rect class="bar" x="{LABEL}" y="{top}" width="{WIDTH * found.mean:.1f}" height="{ROW - 6}"/>'
        low, high = LABEL + WIDTH * found.low, LABEL + WIDTH * found.high
        yield f'<path class="interval" d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 3}v6M{high:.1f} {middle - 3}v6"/>'
        yield f'<text x="{LABEL + WIDTH + 6}" y="{middle + 4}">{100 * found.mean:.0f} % of {found.n}</text>'
