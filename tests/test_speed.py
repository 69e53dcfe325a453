"""The speed measurements: their arithmetic, what they end with, and that every part of them works."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.articles import read
from assistant.embedding import EmbeddedEmbedder
from assistant.lexicon import LANGUAGES, Lexicon
from assistant.library import CANARIES
from assistant.splitting import split
from assistant.types import Article
from evals.__main__ import evals
from evals.commands import speed as command
from evals.speed import bench, news, report
from evals.speed.libraries import LARGE
from evals.speed.plot import lines, plot
from evals.speed.ratios import Row, Wanted, ratio
from evals.speed.sums import WordSums
from evals.speed.worker import Broken, Took, apart, fresh, here
from evals.statistics import Estimate

SECONDS = st.floats(0.001, 1_000)
PAGE = "before\n<!-- speed -->\n<!-- /speed -->\nafter\n"


def run(*words: object) -> Result:
    return CliRunner().invoke(evals, ["speed", *map(str, words)])


# -- arithmetic ---------------------------------------------------------------------------------------------------------


def test_a_ratio() -> None:
    """Sum to sum; where every pair has the same ratio, there is nothing to doubt."""
    assert ratio([1.0, 2.0], [2.0, 4.0]) == Estimate(0.5, 0.5, 0.5, 2)
    found = ratio([1.0, 3.0], [1.0, 1.0])
    assert (found.mean, found.low, found.high, found.n) == (2.0, 1.0, 3.0, 2)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=6), st.floats(0.1, 10))
def test_a_ratio_within_its_interval(pairs: list[tuple[float, float]], factor: float) -> None:
    """The interval holds the ratio, lies within the ratios of the pairs, and grows with ours."""
    mine, theirs = zip(*pairs, strict=True)
    found = ratio(mine, theirs)
    each = [one / other for one, other in pairs]
    assert min(each) * 0.999 <= found.low <= found.mean * 1.001
    assert found.mean * 0.999 <= found.high <= max(each) * 1.001
    assert ratio([factor * one for one in mine], theirs).mean == pytest.approx(factor * found.mean)


@pytest.mark.parametrize(("mine", "theirs"), [([], []), ([1.0], [1.0, 2.0]), ([1.0], [0.0])])
def test_no_ratio(mine: list[float], theirs: list[float]) -> None:
    """Without pairs, and beside nothing, there is none."""
    with pytest.raises(ValueError, match="give no ratio"):
        ratio(mine, theirs)


@pytest.mark.parametrize(
    ("wanted", "figure", "kept", "told"),
    [
        (Wanted("at most", 0.5), 0.5, True, "≤ 0.5"),
        (Wanted("at most", 0.5), 0.51, False, "≤ 0.5"),
        (Wanted("at least", 50), 50, True, "≥ 50"),
        (Wanted("at least", 50), 49.9, False, "≥ 50"),
    ],
)
def test_what_is_wanted(wanted: Wanted, figure: float, kept: bool, told: str) -> None:
    """At most and at least, the bound included; said of the ratio, or of the figure that has none."""
    assert (wanted.kept(figure), str(wanted)) == (kept, told)
    beside = Row("x", 10, "s", 1_000.0, "stock", 1.0, Estimate(figure, 0.0, 9.0, 3), wanted=wanted)
    alone = Row("x", 10, "s", figure, wanted=wanted)
    assert (beside.missed, alone.missed) == (not kept, not kept)
    assert not Row("x", 10, "s", figure).missed


# -- what is measured with ----------------------------------------------------------------------------------------------


def test_news(tmp_path: Path) -> None:
    """The same articles every time, five passages each, in three languages; every question is another one."""
    records = list(islice(news.articles(), 12))
    assert records == list(islice(news.articles(), 12))
    feed = news.feed(tmp_path / "feed.jsonl", iter(records))
    assert news.read(feed) == records
    articles = [found for found in read(feed) if isinstance(found, Article)]
    assert [len(split(article)) for article in articles] == [news.PASSAGES] * 12
    assert {record["language"] for record in records} == {article.source.language for article in articles} == {"fa", "ar", "en"}
    questions = news.questions(records, 30)
    assert len(set(questions)) == 30
    assert questions[13].rstrip("?") in records[1]["text"]


def test_sums_of_words(tmp_path: Path) -> None:
    """A long text's vector is near the embedder's own, a short one's is that itself, so that a library knows its model."""
    records = list(islice(news.articles(), 3))
    embedder = EmbeddedEmbedder(Lexicon([], {language: {} for language in LANGUAGES}))
    WordSums.make(tmp_path / "words.npz", news.vocabulary(records), embedder)
    sums = WordSums(tmp_path / "words.npz", embedder)
    texts = [record["text"] for record in records]
    assert ((sums.embed(texts) * embedder.embed(texts)).sum(axis=1) > 0.75).all()
    assert (sums.embed(CANARIES) == embedder.embed(CANARIES)).all()
    assert (sums.name, sums.dimension) == (embedder.name, embedder.dimension)


def test_a_process_that_ends(tmp_path: Path) -> None:
    """What it said is told."""
    missing = str(tmp_path / "nothing.json")
    with pytest.raises(Broken, match=r"nothing\.json"):
        apart("stock", folder=str(tmp_path / "stock"), vectors=missing)
    with pytest.raises(Broken, match=r"nothing\.json"):
        fresh("json.tool", [missing], tmp_path)


@pytest.mark.parametrize("way", [fresh, here])
def test_a_whole_process(way: Callable[..., Took], tmp_path: Path) -> None:
    """Its processor time and its code, which has to be a fine one."""
    file = tmp_path / "file.json"
    file.write_text("{}")
    took = way("json.tool", [str(file)], tmp_path)
    assert (took.gave, took.cpu > 0, took.wall > 0) == (0, True, True)
    assert way("json.tool", ["--no-such"], tmp_path, fine=(0, 2)).gave == 2
    with pytest.raises(Broken, match=r"no-such|ended with 2"):
        way("json.tool", ["--no-such"], tmp_path)


# -- a run --------------------------------------------------------------------------------------------------------------

EVERY = [
    ("cold ask", "stock"),
    *(("search", name) for name in ("stock", "stock, 10 candidates", "its parts", "chroma alone", "tantivy alone", "sqlite alone")),
    ("search, once understood", "its parts"),
    ("whole answer", "stock's search"),
    ("memory of a reader", "stock"),
    *(("ingest", name) for name in ("stock", "chroma alone", "tantivy alone", "sqlite alone")),
    ("unchanged again", "stock"),
    ("unchanged again", "stock, document store"),
    ("ingest, in all", "stock"),
    ("memory of a writer", "stock"),
    ("disk", "stock"),
    ("rebuild, by the clock", ""),
    ("rebuild", ""),
    ("memory of rebuild", ""),
]


def test_quick(tmp_path: Path) -> None:
    """Every part over the five bundled articles: each row is there with its figures, and nothing is wanted of them."""
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    done = run("--quick", "--json", tmp_path / "figures.json", "--into", page)
    assert (done.exit_code, done.exception) == (0, None), done.output
    found = report.load(tmp_path / "figures.json")
    assert [(row.what, row.beside) for row in found.rows] == EVERY
    assert {row.passages for row in found.rows} == {found.rows[0].passages}
    assert all(row.ours > 0 and (row.theirs is None) == (not row.beside) for row in found.rows)
    assert not [row for row in found.rows if row.wanted or (row.theirs is not None and row.theirs <= 0)]
    assert done.stdout in page.read_text(encoding="utf-8")
    assert not list(Path(report.FOLDER).glob("*.new"))


def rows(*, ours: float = 1.0, size: int = LARGE) -> tuple[Row, ...]:
    spread = Estimate(ours / 2, 0.4, 0.6, 5)
    return (
        Row("cold ask", size, "CPU s", ours, "stock", 2.0, spread, spread, Wanted("at most", 0.5)),
        Row("disk", size, "kB a passage", 14.0, "stock", 50.0),
        Row("rebuild, by the clock", size, "s", 130.0 * ours, wanted=Wanted("at most", 130.0)),
    )


def measuring(found: Sequence[Row]) -> object:
    def measured(ground: object, names: Sequence[str]) -> Iterator[Row]:
        yield from found

    return measured


@pytest.mark.parametrize(("ours", "code"), [(1.0, 0), (1.1, 1)])
def test_what_a_run_ends_with(ours: float, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """1 where something else was wanted, and it is said where; kept figures say the same again."""
    monkeypatch.setattr(command, "Ground", lambda *args: None)
    monkeypatch.setattr(bench, "measured", measuring(rows(ours=ours)))
    monkeypatch.setattr(report, "FOLDER", tmp_path / "results")
    monkeypatch.setattr(report, "commit", lambda: "0123456789abcdef+")
    done = run("--keep")
    kept = tmp_path / "results" / "0123456+.json"
    missed = ["MISSED: cold ask at 50,000 passages, beside stock", "MISSED: rebuild, by the clock at 50,000 passages"]
    assert (done.exit_code, [line for line in done.stdout.splitlines() if line.startswith("MISSED")]) == (code, missed * code)
    assert report.load(kept).rows == rows(ours=ours)
    again = run("--from", kept)
    assert (again.exit_code, again.stdout) == (code, done.stdout)


def test_a_table() -> None:
    """Each row says what it is of, unless the one before did; figures have three digits that matter."""
    spread = Estimate(12.345, 9.8, 1234.5, 3)
    told = report.cells([*rows(), Row("disk", LARGE, "kB a passage", 14.0, "its parts", 0.123, spread, spread)])
    assert told == [
        ("cold ask", "50,000", "CPU s", "1.00", "stock", "2.00", "0.50 [0.40, 0.60]", "0.50", "≤ 0.5", "kept"),
        ("disk", "50,000", "kB a passage", "14.0", "stock", "50.0", "", "", "", ""),
        ("rebuild, by the clock", "50,000", "s", "130", "", "", "", "", "≤ 130", "kept"),
        ("disk", "50,000", "kB a passage", "14.0", "its parts", "0.12", "12.3 [9.80, 1,234]", "12.3", "", ""),
    ]


def test_a_run_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that did not do its work is no measurement: 3. So is one that is not installed."""

    def broken(ground: object, names: Sequence[str]) -> Iterator[Row]:
        raise Broken("search by stock gave 0, not something")

    monkeypatch.setattr(command, "Ground", lambda *args: None)
    monkeypatch.setattr(bench, "measured", broken)
    done = run()
    assert (done.exit_code, done.stderr) == (3, "could not run: search by stock gave 0, not something\n")
    monkeypatch.setattr(command, "STOCK", ("chromadb", "llama_index.vector_stores.elsewhere"))
    done = run()
    assert (done.exit_code, "elsewhere is not installed; `pip install" in done.stderr) == (3, True)


def test_nothing_done_is_no_measurement() -> None:
    """To find nothing, or to take in something else, is quick."""
    assert bench._did("it", bench.Took(1.0, 1.0, 5), 5).gave == 5
    for gave, wanted, told in ((0, None, "it gave 0, not something"), (4, 5, "it gave 4, not 5")):
        with pytest.raises(Broken, match=told):
            bench._did("it", bench.Took(1.0, 1.0, gave), wanted)


@pytest.mark.parametrize(
    "words",
    [("--sizes", "many"), ("--sizes", "5"), ("--sizes", "1000", "--quick"), ("--only", "luck"), ("--from", "{file}", "--quick")],
)
def test_asked_wrongly(words: Sequence[str], tmp_path: Path) -> None:
    """2, before anything is measured."""
    file = tmp_path / "run.json"
    file.write_text("{}")
    assert run(*(word.format(file=file) for word in words)).exit_code == 2


def test_no_run_of_ours(tmp_path: Path) -> None:
    """3, and the file is named."""
    file = tmp_path / "run.json"
    file.write_text(json.dumps({"format": 0}))
    done = run("--from", file)
    assert (done.exit_code, str(file) in done.stderr) == (3, True)


def test_the_lines_of_a_chart() -> None:
    """Ours once, and a line for each of what stands beside it; what has no size is left out."""
    found = [*rows(), *rows(ours=0.5, size=1_000)]
    assert lines(found, "cold ask", ("stock",)) == {"": [(50_000, 1.0), (1_000, 0.5)], "stock": [(50_000, 2.0), (1_000, 2.0)]}
    assert lines(found, "search", ("stock", "its parts")) == {"": []}


def test_a_picture(tmp_path: Path) -> None:
    """A PNG."""
    pytest.importorskip("matplotlib")
    plot([*rows(), *rows(size=1_000)], tmp_path / "images" / "growth.png")
    assert (tmp_path / "images" / "growth.png").read_bytes().startswith(b"\x89PNG")
