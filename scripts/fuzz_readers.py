"""Looks for files that break their reader: mutated ones of every format, for as long as it is told.

`python scripts/fuzz_readers.py --minutes 10 --into docs/security.md`. A fault is anything but an article or a reason; a hang is a
file that takes more than five seconds. Each leaves its file in `--keep FOLDER`. Ends with 1 when there was any.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from hostile import pdf, stream, word  # noqa: E402

from assistant import articles, readers  # noqa: E402
from assistant.errors import ArticleError  # noqa: E402
from assistant.types import Article, Skipped  # noqa: E402

SUFFIXES = (".txt", ".md", ".jsonl", ".html", ".pdf", ".docx")
HANG = 5.0  # seconds
PDFS = ("as_seen_fa", "browser_ar", "office_fa", "encrypted", "latin", "forms_as_read_ar")
PROSE = (
    "وزارت نفت اعلام کرد که تولید روزانه به ۳٫۴ میلیون بشکه رسیده است. او می‌گوید نمی‌داند.",
    "أعلنت وزارة النفط أن الإنتاج اليومي بلغ 3.4 مليون برميل يوم الثلاثاء 20 ديسمبر.",
    "The ministry announced on 18 December 2016 that daily output had reached 3.4 million barrels.",
)
LETTERS = [
    "ـ",
    "ـ.",
    "\u200c",
    "\u202e",
    "\ud800",
    "\0",
    "\x1b[31m",
    "\r",
    "\u2028",
    "<!--",
    "-->",
    "---\n",
    "&#0;",
    "1e400",
    "null",
]
MARKUP = b'%PDF-1.4 << >> [ { " ( \xff\xfe \xef\xbb\xbf \xc0\xaf endobj endstream </article> <table> /Filter/LZWDecode'.split(b" ")
PIECES = [
    *(piece.encode("utf-8", "surrogatepass") for piece in LETTERS),
    *MARKUP,
    *(b"1 0 R", b"/Length 1", b"<p hidden>", b"<style>.a{display:none}", b"<script>", b"<meta charset=cp1256>"),
    *(b"9" * 20, b" " * 500, b"<div>" * 100, b"[" * 500),
]


@dataclass(slots=True)
class Found:
    """What became of the files, and those that did harm with what was wrong."""

    read: int = 0
    skipped: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    faults: list[tuple[str, str]] = field(default_factory=list)
    hangs: list[tuple[str, float]] = field(default_factory=list)
    formats: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Files a second."""
        return (self.read + self.skipped) / self.seconds if self.seconds else 0.0


# -- files ------------------------------------------------------------------------------------------------------------


@cache
def bases(suffix: str) -> tuple[bytes, ...]:
    """Good files of a format, from which bad ones are made."""
    text = "\n".join(PROSE * 3)
    if suffix == ".pdf":
        return (pdf(), *((ROOT / "tests" / "fixtures" / f"{name}.pdf").read_bytes() for name in PDFS))
    if suffix == ".docx":
        return (word(), word("".join(f"<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>{line}</w:t></w:r></w:p>" for line in PROSE)))
    front = "title: A title\ndate: 1395-09-28\nsource: https://news.example/a\ntags: [a, {b: c}]\n"
    paragraphs = "".join(f"<p>{line}</p>" for line in PROSE)
    meta = '<meta property="og:title" content="A title"><script type="application/ld+json">{"@type": "NewsArticle"}</script>'
    records = "\n".join(json.dumps({"id": str(n), "text": line, "date": "2016-12-18"}) for n, line in enumerate(PROSE))
    page = f"<!DOCTYPE html><html lang=fa><head><title>A</title>{meta}<style>.x{{display:none}}</style></head><body><nav>x</nav>"
    return {
        ".txt": (text.encode(), text.encode("utf-16")),
        ".md": (f"---\n{front}---\n# A heading\n\n{text}\n<!-- a note -->".encode(), text.encode()),
        ".jsonl": (records.encode(),),
        ".html": (f"{page}<article><h1>A</h1>{paragraphs}<p class=x>z</p></article></body></html>".encode(),),
    }[suffix]


def mutated(suffix: str, seed: int) -> bytes:
    """A file of that format with some pieces changed; the same for the same seed."""
    chance = random.Random(f"{suffix} {seed}")
    base = chance.choice(bases(suffix))
    if suffix == ".docx" and chance.random() < 0.8:  # else hardly anything but the archive would be broken
        return _repacked(base, chance)
    if suffix == ".pdf" and chance.random() < 0.3:
        return pdf(stream(_changed(b"BT /F1 12 Tf 72 700 Td (The words of it.) Tj ET q 1 0 0 1 5 5 cm /X Do Q\n", chance)))
    made = _changed(base, chance)
    # Bytes that are no text are refused before anything else is looked at.
    whole = suffix not in (".pdf", ".docx") and chance.random() < 0.8
    return made.decode("utf-8", "ignore").replace("\0", "").encode() if whole else made


def _changed(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.choice((1, 2, 4, 8, 16))):
        at, end = sorted(chance.randrange(len(made) + 1) for _ in range(2))
        end = min(end, at + chance.choice((1, 8, 64, 512)))
        match chance.randrange(6):
            case 0:
                made[at:end] = chance.randbytes(end - at)
            case 1:
                del made[at:end]
            case 2:
                made[at:at] = made[at:end] * chance.choice((1, 2, 50))
            case 3:
                made[at:at] = chance.choice(PIECES)
            case 4:
                made[at:end] = chance.choice(PIECES)
            case _:
                if made:
                    made[min(at, len(made) - 1)] ^= 1 << chance.randrange(8)
    return bytes(made[: 2**20])


def _repacked(data: bytes, chance: random.Random) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as before, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            content = before.read(entry)
            after.writestr(entry.filename, _changed(content, chance) if chance.random() < 0.5 else content)
    return packed.getvalue()


# -- what becomes of them ---------------------------------------------------------------------------------------------


class _Here:
    """Reads files in this process, where a fault is seen as what it is."""

    records = staticmethod(readers.records)


def looked_at(path: Path) -> str:
    """What becomes of a file: "read", "skipped", or what was wrong with its reader."""
    try:
        found = list(articles._articles(path, None, _Here()))  # type: ignore[arg-type]
    except ArticleError as error:
        return f"ArticleError that nobody took: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    for item in found:
        if isinstance(item, Skipped) and (not item.reason or "\n" in item.reason):
            return f"a reason that is none: {item.reason!r}"
        if isinstance(item, Article) and (not item.text.strip() or any(s.end > len(item.text) for s in item.boilerplate)):
            return "an article that is none"
    return "read" if any(isinstance(item, Article) for item in found) else "skipped"


def fuzz(seconds: float, *, start: int = 0, keep: Path | None = None, suffixes: Sequence[str] = SUFFIXES) -> Found:
    """What became of as many files as could be looked at in so many seconds of the processor."""
    found, seed, began = Found(), start, time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        while found.seconds < seconds:
            for suffix in suffixes:
                data, path = mutated(suffix, seed), Path(folder) / f"{seed}{suffix}"
                path.write_bytes(data)
                before = time.process_time()
                outcome = looked_at(path)
                took = time.process_time() - before
                path.unlink()
                found.formats[suffix] += 1
                found.slowest = max(found.slowest, took)
                if outcome == "read":
                    found.read += 1
                elif outcome == "skipped":
                    found.skipped += 1
                else:
                    found.faults.append((f"{seed}{suffix}", outcome))
                if took > HANG:
                    found.hangs.append((f"{seed}{suffix}", took))
                if keep and (took > HANG or outcome not in ("read", "skipped")):
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{seed}{suffix}").write_bytes(data)
            seed += 1
            found.seconds = time.process_time() - began
    return found


def table(found: Found) -> str:
    """The figures as a table."""
    files = ", ".join(f"{count:,} {suffix}" for suffix, count in found.formats.items())
    rows = [
        ("files", f"{sum(found.formats.values()):,} ({files})"),
        ("processor time", f"{found.seconds / 60:.1f} minutes"),
        ("read / skipped with a reason", f"{found.read:,} / {found.skipped:,}"),
        ("faults", str(len(found.faults))),
        (f"longer than {HANG:g} s", f"{len(found.hangs)} (the slowest took {found.slowest:.1f} s)"),
    ]
    return "\n".join(["| mutated files | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 1 when anything broke or hung."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="of the processor")
    parser.add_argument("--start", type=int, default=0, help="the first seed; another one makes other files")
    parser.add_argument("--keep", type=Path, help="a folder for files that did harm")
    parser.add_argument("--into", type=Path, help="put the table between the marks `fuzz` of this file")
    parser.add_argument("--json", type=Path, help="write the figures there")
    chosen = parser.parse_args(arguments)
    found = fuzz(chosen.minutes * 60, start=chosen.start, keep=chosen.keep)
    print(table(found))
    for name, wrong in [*found.faults, *((name, f"{took:.1f} s") for name, took in found.hangs)]:
        print(f"{name}: {wrong}")
    if chosen.json:
        figures = {name: getattr(found, name) for name in ("read", "skipped", "seconds", "slowest", "faults", "hangs", "formats")}
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if chosen.into:
        from evals.console import insert

        insert(chosen.into, "fuzz", table(found))
    return 1 if found.faults or found.hangs else 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
