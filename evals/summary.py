"""A run in figures: per language and kind, with intervals, and beside the goals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from evals.gold import KINDS
from evals.results import Row, Run
from evals.statistics import Estimate, estimate

__all__ = ["COLUMNS", "LANGUAGES", "Goal", "Line", "flaky", "goals", "lines", "measured", "ordered", "overall"]

LANGUAGES = ("fa", "ar", "en", "ru", "tr", "fr")
COLUMNS = ("right", "vital", "recall", "retrieved", "refusal", "stable", "language")
CORE = ("fact", "date", "number", "quote")


@dataclass(frozen=True, slots=True)
class Line:
    """One language and kind ("" for all of them): how many questions, how many of them unscored, the figures by metric."""

    language: str
    kind: str
    n: int
    unscored: int
    figures: dict[str, Estimate]


def lines(rows: Sequence[Row]) -> list[Line]:
    """Per language a line for each kind and one for all, and one line for everything."""
    found = []
    for language in ordered({row.language for row in rows}):
        own = [row for row in rows if row.language == language]
        found += [_line(language, kind, [row for row in own if row.kind == kind]) for kind in KINDS]
        found.append(_line(language, "", own))
    return [line for line in [*found, _line("", "", rows)] if line.n]


def ordered(languages: Iterable[str]) -> list[str]:
    """Language codes, ours first."""
    return sorted(languages, key=lambda code: (LANGUAGES.index(code) if code in LANGUAGES else len(LANGUAGES), code))


def _line(language: str, kind: str, rows: Sequence[Row]) -> Line:
    figures = {name: found for name in COLUMNS if (found := measured(rows, name)) is not None}
    return Line(language, kind, len({row.id for row in rows}), sum(bool(row.unscored) for row in rows), figures)


def measured(rows: Iterable[Row], metric: str) -> Estimate | None:
    """The mean of one metric over questions, each the mean of its repetitions; None where it applies to none of them."""
    values: dict[str, list[float]] = defaultdict(list)
    groups: dict[str, str] = {}
    for row in rows:
        value = row.scores.get(metric) if not row.unscored else None
        if value is not None:
            values[row.id].append(value)
            groups[row.id] = row.group
    if not values:
        return None
    return estimate([mean(found) for found in values.values()], [groups[name] for name in values], within=True)


def flaky(rows: Iterable[Row]) -> list[str]:
    """The questions that were right in one repetition and not in another."""
    found: dict[str, set[float | None]] = defaultdict(set)
    for row in rows:
        if not row.unscored:
            found[row.id].add(row.scores.get("right"))
    return [name for name, values in found.items() if len(values) > 1]


def overall(run: Run) -> list[tuple[str, str]]:
    """What is told of the whole run, name and value."""
    rows = run.scored
    told: list[tuple[str, str]] = []
    for name, metric in (
        ("citations that hold", "valid"),
        ("statements with a citation", "cited"),
        ("statements whose values and names hold", "supported"),
        ("own words in the language asked", "language"),
        ("citations that touch the evidence", "precision"),
    ):
        found = measured(rows, metric)
        told.append((name, str(found) if found else "-"))
    given = [row for row in rows if row.outcome in ("answered", "answered wrongly")]
    sure = measured(given, "right")
    told.append(("right among those answered", str(sure) if sure else "-"))
    seconds = sorted(row.scores.get("seconds") or 0.0 for row in rows)
    if seconds:
        told.append(
            ("seconds, median and 95th percentile", f"{median(seconds):.3f}, {seconds[int(0.95 * (len(seconds) - 1))]:.3f}")
        )
    told += _used(rows)
    told.append(("unscored: a model or an endpoint failed", str(len(run.rows) - len(rows))))
    return told


def _used(rows: Sequence[Row]) -> list[tuple[str, str]]:
    sums = {name: sum(row.scores.get(name) or 0.0 for row in rows) for name in ("requests", "tokens_in", "tokens_out", "cost")}
    if not sums["requests"]:
        return []
    tokens = f"{sums['tokens_in']:,.0f} in, {sums['tokens_out']:,.0f} out"
    cost = [("cost", f"{sums['cost']:.4f}")] if sums["cost"] else []
    return [("requests to the model", f"{sums['requests']:,.0f}"), ("tokens", tokens), *cost]


# -- goals ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that is to be reached: at least `wanted`, or at most it."""

    name: str
    wanted: float
    found: Estimate | None
    at_most: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether it is; None where nothing was measured."""
        if self.found is None:
            return None
        return self.found.mean <= self.wanted if self.at_most else self.found.mean >= self.wanted


def goals(run: Run) -> list[Goal]:
    """The goals that are published, and how far they are reached. The first three are those of answers that only quote."""
    rows = run.rows

    def core(of: Callable[[Row], bool]) -> Estimate | None:
        return measured([row for row in rows if row.kind in CORE and of(row)], "shown")

    answerable = [row for row in rows if row.outcome in ("answered", "refused wrongly")]
    ours = [row for row in rows if row.language in LANGUAGES[:3]]
    return [
        Goal("fa: vital facts said or quoted (fact, date, number, quote)", 0.92, core(lambda row: row.language == "fa")),
        Goal("ar: the same", 0.92, core(lambda row: row.language == "ar")),
        Goal("en over Persian and Arabic: the same", 0.80, core(lambda row: row.language == "en")),
        Goal("off the topic: refused", 0.90, measured([row for row in rows if row.kind == "off"], "refusal")),
        Goal("answerable, and refused", 0.05, _refused(answerable), at_most=True),
        Goal("the same in fa, ar, en", 0.05, _refused([row for row in answerable if row in ours]), at_most=True),
        Goal("citations that hold", 1.0, measured(rows, "valid")),
        Goal("own words in the language asked (fa, ar, en)", 1.0, measured(ours, "language")),
    ]


def _refused(rows: Sequence[Row]) -> Estimate | None:
    if not rows:
        return None
    return estimate([float(row.outcome == "refused wrongly") for row in rows], [row.group for row in rows], within=True)
