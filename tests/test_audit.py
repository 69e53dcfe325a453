"""The audit of the pins: what is new, overdue or gone fails it, and what could not be looked up is said to be so."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from scripts import audit

TODAY = date(2026, 12, 1)
IDS = ["GHSA-f4j7-r4q5-qw2c", "GHSA-36p7-vc44-83pf", "GHSA-2wm9-hf6c-p5cr", "GHSA-xph7-9rjv-w5fr"]


def told(name: str, *aliases: str, fixed: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"id": name, "fix_versions": list(fixed), "aliases": list(aliases), "description": "What it is about."}


def report(*vulns: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A report as pip-audit makes it."""
    return {
        "dependencies": [
            {"name": "click", "version": "8.5.1", "vulns": []},
            {"name": "chromadb", "version": "1.5.9", "vulns": list(vulns)},
        ],
        "fixes": [],
        **more,
    }


KNOWN = [told(f"PYSEC-2026-{number}", name) for number, name in enumerate(IDS)]


def audited(tmp_path: Path, told: object, *options: str, today: date = TODAY) -> int:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    return audit.main(["--report", str(file), *options], today=today)


def exceptions(tmp_path: Path, text: str) -> tuple[str, str]:
    file = tmp_path / "audit.toml"
    file.write_text(text, encoding="utf-8")
    return "--exceptions", str(file)


def test_what_is_known_of_chroma_has_its_reason() -> None:
    """Each of Chroma's advisories stands in the file, with the promise that keeps it from us and a day of review."""
    known = audit.exceptions(audit.EXCEPTIONS)
    assert [(one.package, one.id) for one in known] == [("chromadb", name) for name in IDS]
    assert all("S10" in one.reason for one in known)
    assert (audit.ROOT / "constraints.txt").read_text(encoding="utf-8").count("\nchromadb==1.5.9\n") == 1


def test_what_is_known_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Advisories with an exception, by whatever of their names, do not fail the audit."""
    assert audited(tmp_path, report(*KNOWN)) == 0
    assert capsys.readouterr().out == "2 packages, 4 advisories, 4 exceptions\n"


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (
            report(*KNOWN, told("GHSA-new", "CVE-2026-1")),
            "NEW chromadb 1.5.9: CVE-2026-1, GHSA-new; no release has the fix",
        ),
        (report(*KNOWN[:-1], told(IDS[-1], fixed=("1.6.0",))), f"FIXED chromadb 1.5.9: {IDS[-1]}; fixed in 1.6.0: What it is"),
        (report(*KNOWN[1:]), f"GONE {IDS[0]} (chromadb) is not reported any more: take it out"),
        (report(), f"GONE {IDS[0]} (chromadb) is not reported any more: take it out"),
        (
            {"dependencies": [{"name": "click", "version": "8", "vulns": KNOWN[:1]}, *report(*KNOWN)["dependencies"]]},
            f"NEW click 8: {IDS[0]}, PYSEC-2026-0; no release has the fix",
        ),
    ],
    ids=["new", "fixed", "gone", "nothing known", "another package"],
)
def test_what_does_not_pass(tmp_path: Path, told: object, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A new advisory, one that has got its fix, an exception that nothing asks for any more: each fails and is named."""
    assert audited(tmp_path, told) == audit.FOUND
    assert line in capsys.readouterr().out


def test_an_exception_is_looked_at_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On its day an exception still holds; the day after it fails."""
    day = audit.exceptions(audit.EXCEPTIONS)[0].review
    assert audited(tmp_path, report(*KNOWN), today=day) == 0
    assert audited(tmp_path, report(*KNOWN), today=date(day.year, day.month + 1, 1)) == audit.FOUND
    assert f"REVIEW {IDS[0]} (chromadb) was to be looked at by {day}" in capsys.readouterr().out


GOOD = f'[[exception]]\nid = "{IDS[0]}"\npackage = "chromadb"\nreason = "x"\nreview = 2027-02-28\n'


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace('reason = "x"', 'reason = " "'),
        GOOD.replace('reason = "x"\n', ""),
        GOOD.replace("2027-02-28", '"soon"'),
        GOOD.replace("review = 2027-02-28", ""),
        GOOD + "more = 1\n",
        GOOD + GOOD,
        "[[exception",
    ],
    ids=["empty reason", "no reason", "no day", "nothing to review", "more", "twice", "no TOML"],
)
def test_an_exception_needs_all_of_it(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An exception without a reason or a day is none, and nothing is audited."""
    assert audited(tmp_path, report(*KNOWN), *exceptions(tmp_path, text)) == audit.WRONG
    assert "audit.toml" in capsys.readouterr().err


@pytest.mark.parametrize(
    "told",
    [
        report(dependencies=[{"name": "chromadb", "skip_reason": "Dependency not found on PyPI and could not be audited"}]),
        report(dependencies=[]),
        {"vulnerabilities": []},
        {"dependencies": [{"name": "chromadb", "vulns": [{}]}]},
    ],
    ids=["skipped", "nothing", "another form", "half"],
)
def test_what_could_not_be_looked_up_has_not_passed(tmp_path: Path, told: object) -> None:
    """A report that leaves packages out, as pip-audit makes one where its index knows nothing, is neither good nor bad."""
    assert audited(tmp_path, told) == audit.NOT_ASKED


class _Osv(BaseHTTPRequestHandler):
    """An advisory service: it knows those of Chroma, in OSV's form."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name = asked["package"]["name"]
        vulns = [
            {"id": id, "summary": "x", "affected": [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": []}]} for id in IDS
        ]
        body = json.dumps({"vulns": vulns} if name == "chromadb" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def service() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Osv) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        server.shutdown()
        thread.join()


def test_the_pins_are_looked_up_one_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Over HTTP, with pip-audit itself: the pins go in, the advisories come out."""
    pytest.importorskip("pip_audit")
    pins = tmp_path / "pins.txt"
    pins.write_text("# as in constraints.txt\nchromadb==1.5.9\nclick==8.5.1\n", encoding="utf-8")
    with service() as url:
        assert audit.main(["--pins", str(pins), "--service", url], today=TODAY) == 0
    assert capsys.readouterr().out == "2 packages, 4 advisories, 4 exceptions\n"


def test_a_service_out_of_reach_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody answers, one line says so, and the exit code is neither that of a pass nor that of a fault."""
    pytest.importorskip("pip_audit")
    pins = tmp_path / "pins.txt"
    pins.write_text("chromadb==1.5.9\n", encoding="utf-8")
    assert audit.main(["--pins", str(pins), "--service", "http://127.0.0.1:9/v1/query"], today=TODAY) == audit.NOT_ASKED
    error = capsys.readouterr().err
    assert re.fullmatch(r"The advisories at http://127\.0\.0\.1:9/v1/query could not be looked up: .+\n", error)


def test_every_pin_can_be_looked_up() -> None:
    """Each line of constraints.txt is one exact version, which pip-audit takes as it stands."""
    lines = [line for line in audit.PINS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    assert len(lines) > 150
