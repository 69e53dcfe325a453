"""How costs grow with the library, as a picture: small charts of one system beside another, on paper that any page can show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evals.speed.ratios import Row

__all__ = ["CHARTS", "lines", "plot"]

# Where a chart's figures are: the row, its heading, and what of the rows' neighbours is drawn beside ours.
CHARTS = (
    ("search", "A question, CPU ms", ("stock", "its parts")),
    ("cold ask", "A question in a fresh process, CPU s", ("stock",)),
    ("ingest, in all", "Taking in, CPU ms a passage", ("stock",)),
    ("disk", "Disk, kB a passage", ("stock",)),
    ("memory of a reader", "Memory of a reader, MB", ("stock",)),
    ("memory of a writer", "Memory of a writer, MB", ("stock",)),
)
NAMES = {"": "Sanad", "stock": "stock LlamaIndex", "its parts": "bare Chroma + tantivy + SQLite"}
COLOURS = {"": "#0f766e", "stock": "#b45309", "its parts": "#6b7280"}
MARKS = {"": "o", "stock": "s", "its parts": "^"}
PAPER, INK, GRID = "#fdfdfb", "#1f2937", "#d6d8dc"

Line = list[tuple[int, float]]


def lines(rows: Sequence[Row], what: str, beside: Sequence[str]) -> dict[str, Line]:
    """The points of each line of a chart, by what it is of; ours under no name."""
    found: dict[str, Line] = {"": []}
    for row in rows:
        if row.what == what and row.beside in beside and row.theirs is not None:
            if row.beside == beside[0]:
                found[""].append((row.passages, row.ours))
            found.setdefault(row.beside, []).append((row.passages, row.theirs))
    return found


def plot(rows: Sequence[Row], file: Path) -> None:
    """Draw the charts of `rows` to `file`, a PNG. Needs matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    inked = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color")
    style: Any = {**dict.fromkeys(inked, INK), "font.size": 9, "axes.edgecolor": GRID}
    with pyplot.rc_context(style):
        figure, panels = pyplot.subplots(2, 3, figsize=(10, 5.6), facecolor=PAPER)
        for (what, heading, beside), panel in zip(CHARTS, panels.flat, strict=True):
            _draw(panel, heading, lines(rows, what, beside))
        handles, labels = panels.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=3, frameon=False)
        figure.supxlabel("passages in the library", y=0.075, fontsize=9)
        figure.tight_layout(rect=(0, 0.09, 1, 1))
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, dpi=150, metadata={"Software": None})
        pyplot.close(figure)


def _draw(panel: Any, heading: str, drawn: dict[str, Line]) -> None:
    for name, points in drawn.items():
        if points:
            across, up = zip(*sorted(points), strict=True)
            panel.plot(across, up, color=COLOURS[name], marker=MARKS[name], markersize=4.5, linewidth=1.8, label=NAMES[name])
    panel.set_title(heading, fontsize=9, loc="left", color=INK)
    panel.set_facecolor(PAPER)
    panel.set_xscale("log")
    panel.set_ylim(bottom=0)
    ticks = sorted({across for points in drawn.values() for across, _ in points})
    panel.set_xticks(ticks, [f"{tick / 1000:g}k" for tick in ticks])
    panel.minorticks_off()
    panel.grid(axis="y", color=GRID, linewidth=0.6)
    panel.spines[["top", "right"]].set_visible(False)
