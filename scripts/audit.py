"""Looks up what is known against the pinned packages, and holds it against the written exceptions in `audit.toml`.

    python scripts/audit.py

Ends with 0 when every advisory has its exception; with 1 on one that has none, on an exception past its day or no longer needed;
with 2 when `audit.toml` is wrong; and with 3 when nobody could be asked, which is neither good nor bad.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "constraints.txt"
EXCEPTIONS = Path(__file__).with_name("audit.toml")
SERVICE = "https://api.osv.dev/v1/query"
FOUND, WRONG, NOT_ASKED = 1, 2, 3


class AuditError(Exception):
    """Why there is no audit: `code` is how the program ends."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Known:
    """An advisory that does not reach us: why, and when that is looked at again."""

    id: str
    package: str
    reason: str
    review: date


@dataclass(frozen=True, slots=True)
class Advisory:
    """What is reported of a pinned package; `ids` are all names it goes by, `fixed` the releases that have the fix."""

    package: str
    version: str
    ids: frozenset[str]
    fixed: tuple[str, ...] = ()
    about: str = ""

    def __str__(self) -> str:
        cure = f"fixed in {', '.join(self.fixed)}" if self.fixed else "no release has the fix"
        return f"{self.package} {self.version}: {', '.join(sorted(self.ids))}; {cure}: {self.about[:200]}"


# -- the exceptions ---------------------------------------------------------------------------------------------------


def exceptions(file: Path) -> list[Known]:
    """The exceptions in `file`. Raises AuditError when one of them lacks something, or is there twice."""
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8")).get("exception", [])
        found = [Known(**row) for row in rows]
    except (OSError, ValueError, TypeError) as exc:
        raise AuditError(f"{file} cannot be read: {exc}", WRONG) from exc
    for known in found:
        if not all(isinstance(text, str) and text.strip() for text in (known.id, known.package, known.reason)):
            raise AuditError(f"{file}: {known.id} needs an id, a package and a reason", WRONG)
        if type(known.review) is not date:
            raise AuditError(f"{file}: {known.id} needs a day of review such as 2027-02-28", WRONG)
    if len({known.id for known in found}) < len(found):
        raise AuditError(f"{file} names an advisory twice", WRONG)
    return found


# -- what is reported -------------------------------------------------------------------------------------------------


def reported(pins: Path, service: str) -> Mapping[str, Any]:
    """What pip-audit reports of the pins. Raises AuditError when it could not ask."""
    options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-s", "osv", "--osv-url", service]
    command = [sys.executable, "-m", "pip_audit", "-r", str(pins), *options]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    try:
        report: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError as exc:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise AuditError(f"The advisories at {service} could not be looked up: {last}", NOT_ASKED) from exc
    return report


def advisories(report: Mapping[str, Any]) -> list[Advisory]:
    """The advisories of a report. Raises AuditError when it leaves a package out: nobody knows of that one."""
    try:
        left_out = [row["name"] for row in report["dependencies"] if "skip_reason" in row]
        found = [
            Advisory(
                row["name"],
                row["version"],
                frozenset({told["id"], *told.get("aliases", [])}),
                tuple(told["fix_versions"]),
                told.get("description", ""),
            )
            for row in report["dependencies"]
            for told in row.get("vulns", [])
        ]
    except (KeyError, TypeError) as exc:
        raise AuditError(f"pip-audit's report has another form than was expected ({exc!r})", NOT_ASKED) from exc
    if left_out or not report["dependencies"]:
        raise AuditError(f"Nothing could be learned of {', '.join(left_out) or 'any package'}", NOT_ASKED)
    return found


def verdict(found: Sequence[Advisory], known: Sequence[Known], today: date) -> list[str]:
    """What does not pass, a line each."""
    answered: set[str] = set()
    lines: list[str] = []
    for advisory in found:
        fitting = [one for one in known if one.id in advisory.ids and one.package == advisory.package]
        answered.update(one.id for one in fitting)
        if not fitting:
            lines.append(f"NEW {advisory}")
        lines += [f"FIXED {advisory}" for one in fitting if advisory.fixed]
    lines += [f"REVIEW {one.id} ({one.package}) was to be looked at by {one.review}" for one in known if one.review < today]
    unneeded = [one for one in known if one.id not in answered]
    lines += [f"GONE {one.id} ({one.package}) is not reported any more: take it out" for one in unneeded]
    return lines


def main(arguments: Sequence[str] | None = None, *, today: date | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pins", type=Path, default=PINS)
    parser.add_argument("--exceptions", type=Path, default=EXCEPTIONS)
    parser.add_argument("--service", default=SERVICE, help="an OSV service (default: %(default)s)")
    parser.add_argument("--report", type=Path, help="a report that pip-audit made elsewhere with -f json, instead of asking")
    chosen = parser.parse_args(arguments)
    try:
        known = exceptions(chosen.exceptions)
        report = json.loads(chosen.report.read_text(encoding="utf-8")) if chosen.report else reported(chosen.pins, chosen.service)
        found = advisories(report)
    except AuditError as exc:
        print(exc, file=sys.stderr)
        return exc.code
    lines = verdict(found, known, today or date.today())
    print("\n".join([*lines, f"{len(report['dependencies'])} packages, {len(found)} advisories, {len(known)} exceptions"]))
    return FOUND if lines else 0


if __name__ == "__main__":
    sys.exit(main())
