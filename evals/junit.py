"""A run as JUnit XML, which build servers show: a question is a test, wrong a failure, unscored an error."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from evals.results import Row, Run

__all__ = ["save"]


def save(run: Run, file: Path) -> None:
    """Write `run` to `file`: a suite a language and kind."""
    root = ElementTree.Element("testsuites", name=f"sanad evals, {run.name}")
    for language, kind in dict.fromkeys((row.language, row.kind) for row in run.rows):
        rows = [row for row in run.rows if (row.language, row.kind) == (language, kind)]
        suite = ElementTree.SubElement(root, "testsuite", name=f"{language}.{kind}", tests=str(len(rows)))
        suite.set("failures", str(sum(_failed(row) for row in rows)))
        suite.set("errors", str(sum(bool(row.unscored) for row in rows)))
        for row in rows:
            _case(suite, row)
    file.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _failed(row: Row) -> bool:
    return not row.unscored and (row.scores.get("right") or 0.0) < 1.0


def _case(suite: ElementTree.Element, row: Row) -> None:
    seconds = row.scores.get("seconds") or 0.0
    name = f"{row.id} ({row.repeat + 1})" if row.repeat else row.id
    case = ElementTree.SubElement(suite, "testcase", classname=suite.get("name", ""), name=name, time=f"{seconds:.3f}")
    if row.unscored:
        ElementTree.SubElement(case, "error", message=_printable(row.unscored))
    elif _failed(row):
        ElementTree.SubElement(case, "failure", message=_printable(f"{row.outcome}. {'; '.join(row.remarks)}")).text = _printable(
            f"{row.question}\n\n{row.answer.get('text', '')}"
        )


def _printable(text: str) -> str:
    """`text` without what XML cannot hold."""
    return "".join(character for character in text if character in "\t\n" or ord(character) >= 0x20)
