"""The kills of one run as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from crash.kills import Kill
from crash.points import POINTS

__all__ = ["KINDS", "tables"]

KINDS: Mapping[str, str] = {
    "random": "at a random moment of mixed work",
    "random, large": "the same, more articles, Chroma as the product sets it",
    "vector file": "at the instant a vector file is written",
    "vector file, large": "the same, more articles, Chroma as the product sets it",
    "point": "at a named fault point",
    "with a server": "at a fault point, vectors on a Chroma server",
    "server": "the Chroma server itself",
}
_CUT_OFF = "a change was cut off"
_BROKEN = "missing or changed"


def tables(kills: Sequence[Kill], machine: str = "") -> str:
    """Markdown: the kinds of kills with their figures, what the random ones hit, and every fault point."""
    return "\n\n".join([_kinds(kills), *([machine] if machine else []), _work(kills), _points(kills)])


def _kinds(kills: Sequence[Kill]) -> str:
    rows = []
    for kind, words in KINDS.items():
        of_kind = [kill for kill in kills if kill.kind == kind]
        if of_kind:
            findings = [kill.finding for kill in of_kind]
            rows.append(
                (
                    words,
                    len(of_kind),
                    sum(finding.get("acknowledged", 0) for finding in findings),
                    sum(finding.get("articles", 0) for finding in findings),
                    _count(findings, _CUT_OFF),
                    _count(findings, _BROKEN),
                    f"{max(finding.get('seconds', 0.0) for finding in findings):.2f} s",
                    sum(bool(kill.faults) for kill in of_kind),
                )
            )
    head = (
        "killed",
        "kills",
        "steps acknowledged before",
        "articles checked",
        "a change was cut off",
        "vector files not as sealed",
        "longest healing, CPU",
        "**faults**",
    )
    return _table(head, rows)


def _count(findings: Sequence[Mapping[str, object]], words: str) -> int:
    return sum(any(words in str(line) for line in finding.get("before", ())) for finding in findings)  # type: ignore[attr-defined]


def _work(kills: Sequence[Kill]) -> str:
    """What the processes were doing when they were killed at a moment, and what was there of it."""
    moments = [kill for kill in kills if kill.kind.startswith(("random", "vector"))]
    hit = Counter(str(kill.finding.get("step")).replace("None", "between two steps") for kill in moments)
    found = Counter(
        (str(kill.finding.get("step")), str(kill.finding.get("outcome"))) for kill in kills if kill.finding.get("outcome")
    )
    alone = Counter(str(kill.finding["alone"]) for kill in kills if "alone" in kill.finding)
    lines = [_table(("work cut off at a moment", "times"), sorted(hit.items(), key=lambda pair: (-pair[1], pair[0])))]
    parts = sum(number for (_, outcome), number in found.items() if outcome == "done in part")
    asked = sum(found.values())
    lines.append(
        f"After {asked} kills the next process was first asked a question; {parts} times it showed some articles of the step that"
        " was cut off and not others, else all of them or none."
    )
    if alone:
        said = ", ".join(f"{what} {number}" for what, number in sorted(alone.items()))
        lines.append(f"What Chroma by itself makes of a copy of the vector files at which a process was killed: {said}.")
    return "\n\n".join(lines)


def _points(kills: Sequence[Kill]) -> str:
    """Every fault point, in the order of the work, with what was there of it when a question was asked first."""
    rows = []
    for point in POINTS:
        here = [kill for kill in kills if kill.kind == "point" and kill.name == point.name]
        found = [str(kill.finding["outcome"]) for kill in here if kill.finding.get("outcome")]
        if here:
            rows.append(
                (point.name, point.doing, ", ".join(found), "; ".join(fault for kill in here for fault in kill.faults) or "none")
            )
    return _table(("killed when", "doing", "what was there of it", "faults"), rows) if rows else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    def line(cells: Sequence[object]) -> str:
        return f"| {' | '.join(str(cell).replace('|', ' ') for cell in cells)} |"

    return "\n".join([line(head), line(["---"] * len(head)), *map(line, rows)])


def faults(kills: Sequence[Kill]) -> Iterator[str]:
    """Everything that went wrong, one line each."""
    for kill in kills:
        for fault in kill.faults:
            yield f"{kill.kind}, {kill.name}{kill.note and f' ({kill.note})'}: {fault}"
