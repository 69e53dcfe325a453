"""The judge: a model's verdicts on claims, measured against hand labels; and the breakages that scorers must notice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from model_server import Chat, ModelServer, Reply

from assistant.budget import Budget
from assistant.text import words
from assistant.types import Message
from evals import mutations, results
from evals.__main__ import evals
from evals.gold import GoldError
from evals.judge import agreement, answers
from evals.judge.grading import Grader, Prompt, Verdict
from evals.results import Row, Run
from evals.shelf import Shelf

SUPPORTED, PARTIAL, NOT, FAILED = Verdict
LABELS = agreement.load()


class Judge:
    """A chat model that gives the verdicts it is told, a request each, and keeps what it was asked."""

    name, window, host = "judge", 32_000, None

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.asked: list[Sequence[Message]] = []

    def stream(self, messages: Sequence[Message], *, budget: Budget) -> Iterator[str]:
        self.asked.append(messages)
        yield self.texts.pop(0)


def verdicts(*given: str) -> str:
    return "\n".join(json.dumps({"n": number, "verdict": verdict}) for number, verdict in enumerate(given, start=1))


def literal(chat: Chat) -> str:
    """What a judge says who only looks whether the words of a claim stand in the text."""
    prompt = chat[-1]["content"]
    text, _, claims = prompt.partition("\n\n1. ")
    shown = set(words(text))
    lines = [line.partition(". ")[2] or line for line in f"1. {claims}".splitlines()]
    shares = [sum(word in shown for word in words(line)) / len(words(line)) for line in lines]
    return verdicts(*("supported" if share > 0.7 else "partial" if share > 0.4 else "not" for share in shares))


# -- grading ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "says"),
    [("fa", "تو داوری می‌کنی"), ("ar", "أنت تحكم"), ("en", "You judge"), ("ru", "You judge")],
)
def test_the_prompt_is_in_the_language_of_the_answer(language: str, says: str) -> None:
    """Persian, Arabic and English have their own, others the English one; the text is fenced, line by line."""
    chat = Judge(verdicts("supported"))
    Grader(chat, Prompt.load()).grade("one\ntwo", ["a claim\nof two lines"], language=language, about="«who?»")
    system, user = chat.asked[0]
    mark = user.content.split(" one")[0].split("\n")[-1]
    assert system.content.startswith(says)
    assert (mark in system.content, f"{mark} one\n{mark} two" in user.content, "1. a claim of two lines" in user.content) == (
        True,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (verdicts("supported", "not", "partial"), [SUPPORTED, NOT, PARTIAL]),
        ('{"n": "2", "verdict": "SUPPORTED "}\n{"n": 1, "verdict": "not"}', [NOT, SUPPORTED, FAILED]),
        ('{"n": 1, "verdict": "not"}\n{"n": 1, "verdict": "supported"}', [NOT, FAILED, FAILED]),
        ('{"n": 1, "verdict": "maybe"} {"n": true, "verdict": "not"}', [FAILED, FAILED, FAILED]),
        ("I think all of it is fine.", [FAILED, FAILED, FAILED]),
    ],
)
def test_verdicts_are_read(text: str, found: list[Verdict]) -> None:
    """By their number; what is missing or no verdict has failed, which is neither for nor against."""
    assert Grader(Judge(text), Prompt.load()).grade("text", ["a", "b", "c"], language="en") == found


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("# system fa\n$mark\n# user fa\n$text $claims $about\n", "no sections in English"),
        ("# system en\n$mark $text $claims $about\n", "needs `# system en` and `# user en`"),
        ("# system en\n$mark\n# user en\n$text $claims\n", "the placeholders should be about, claims, mark, text"),
    ],
)
def test_a_prompt_that_does_not_fit(tmp_path: Path, text: str, complaint: str) -> None:
    """It is named before anybody is asked."""
    (tmp_path / "grade.md").write_text(text, encoding="utf-8")
    with pytest.raises(GoldError, match=complaint.replace("`", "`")):
        Prompt.load(tmp_path / "grade.md")
    with pytest.raises(GoldError, match="cannot be read"):
        Prompt.load(tmp_path / "none.md")


# -- answers ------------------------------------------------------------------------------------------------------------


def statement(text: str, *quotes: str) -> dict[str, Any]:
    return {"text": text, "frame": "", "citations": [{"quote": quote} for quote in quotes]}


def row(*statements: dict[str, Any], gold: Sequence[str] = ("شمخانی",)) -> Row:
    answer = {"language": "en", "text": "x", "statements": list(statements)}
    about = {"kind": "fact", "language": "en", "split": "dev", "crosses": False, "group": "a", "question": "Who?"}
    return Row(id="en-fact-01", digest="d", **about, gold=tuple(gold), scores={"right": 1.0}, answer=answer)


def judged(given: Row, *texts: str) -> answers.Judged:
    judge = Judge(*texts)
    found = answers.judge(given, Grader(judge, Prompt.load()))
    assert judge.texts == [], "it was to be asked more"
    return found


def test_facts_and_statements_are_judged() -> None:
    """Vital facts alone, strictly and with half for a part; one quote that proves its statement is needed."""
    given = row(statement("They met.", "دیدار کردند"), gold=("a", "b", "(okay) c"))
    found = judged(given, verdicts("supported", "partial"), verdicts("supported"))
    assert (found.vital_strict, found.vital, found.recall, found.precision, found.failed) == (0.5, 0.75, 1.0, 1.0, 0)


@pytest.mark.parametrize(
    ("texts", "recall", "precision"),
    [
        # both are needed: neither proves it alone, and without it the other does not
        (["supported", "not", "not", "not", "not"], 1.0, 1.0),
        # the first proves it alone, the second proves nothing and is not missed
        (["supported", "supported", "not", "supported"], 1.0, 0.5),
        # together they do not prove it
        (["partial"], 0.0, 0.0),
    ],
)
def test_each_quote_is_needed_or_not(texts: list[str], recall: float, precision: float) -> None:
    """A quote counts when it proves the statement alone, or the others do not without it."""
    found = judged(row(statement("They met twice.", "one", "two"), gold=()), *map(verdicts, texts))
    assert (found.recall, found.precision) == (recall, precision)


def test_what_needs_no_judge() -> None:
    """A statement that is its own quote holds, one without a quote does not, and a refusal says no fact."""
    assert judged(row(statement("«They met.»", '"They met."'), gold=())).recall == 1.0
    assert judged(row(statement("They met."), gold=())).recall == 0.0
    assert judged(row()).vital_strict == 0.0
    assert judged(row(gold=())) == answers.Judged("en-fact-01", "en", None, None, None, None, 0, ())


def test_a_judge_that_says_nothing() -> None:
    """It has failed: nothing is counted for or against the answer."""
    found = judged(row(statement("They met.", "دیدار کردند")), "no idea", "no idea")
    assert (found.vital, found.recall, found.precision, found.failed) == (None, None, None, 2)


# -- labels -------------------------------------------------------------------------------------------------------------


def test_the_hand_labels() -> None:
    """At least sixty, twenty a language, all three verdicts in each; every quote stands in its article."""
    assert len(LABELS) >= 60
    assert len({label.id for label in LABELS}) == len(LABELS)
    assert agreement.misplaced(LABELS, Shelf.open().by_name) == []
    counted = Counter((label.language, label.label) for label in LABELS)
    assert all(counted[(language, verdict)] >= 4 for language in ("fa", "ar", "en") for verdict in agreement.LABELS), counted


def test_agreement() -> None:
    """Raw and beyond chance; what the judge failed to say is left out and counted."""
    labels = LABELS[:4]
    told = [labels[0].label, labels[1].label, FAILED, labels[3].label]
    found = agreement.agreement("j", labels, told)
    assert (found.n, found.failed, found.raw, found.kappa) == (3, 1, 1.0, 1.0)
    assert agreement.agreement("j", labels, [FAILED] * 4).raw is None


@pytest.mark.parametrize("text", ["nonsense", '{"id": "x"}', '{"label": "maybe"}'])
def test_labels_that_cannot_be_used(tmp_path: Path, text: str) -> None:
    """They are named."""
    (tmp_path / "l.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(GoldError, match=r"l\.jsonl"):
        agreement.load(tmp_path / "l.jsonl")


# -- the command line ---------------------------------------------------------------------------------------------------


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(evals, [str(argument) for argument in arguments])


@pytest.fixture
def model(model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    """The server as the model the settings name, judging by words."""
    model_server.answer = literal
    monkeypatch.setenv("SANAD_LLM__BASE_URL", model_server.url)
    return model_server


def test_a_judge_is_measured(model: ModelServer, tmp_path: Path) -> None:
    """Beside the rules that need no model; its verdicts are kept, and played back without asking anybody."""
    kept = tmp_path / "v.jsonl"
    first = run("judge", "--labels", "--model", "small", "--record", kept, "--json", tmp_path / "a.json")
    asked = len(model.asked())
    again = run("judge", "--labels", "--replay", kept, "--json", tmp_path / "b.json")
    figures = [json.loads((tmp_path / name).read_text())["agreement"] for name in ("a.json", "b.json")]
    assert (first.exit_code, again.exit_code, asked, len(model.asked())) == (0, 0, len(LABELS), asked)
    assert figures[0] == figures[1]
    names = [row["name"] for row in figures[0]]
    assert names == [f"{who}{lang}" for who in ("rules, no model", "small") for lang in ("", ", fa", ", ar", ", en")]
    assert {row["failed"] for row in figures[0]} == {0}
    assert all(0 < row["raw"] <= 1 for row in figures[0])


def test_without_a_model_the_rules_are_measured() -> None:
    """And nothing is asked."""
    done = run("judge", "--labels")
    assert (done.exit_code, "rules, no model" in done.stdout) == (0, True)


@pytest.fixture
def kept_run(tmp_path: Path) -> Path:
    rows = (row(statement("شمخانی دیدار کرد", "علی شمخانی در تهران دیدار کرد")), row())
    results.save_run(Run("generative", "m", "now", "c", {}, {}, "g", rows), tmp_path / "run.json")
    return tmp_path / "run.json"


def test_a_run_is_judged(model: ModelServer, kept_run: Path, tmp_path: Path) -> None:
    """Each answer has its figures, and LlamaIndex's opinion stands beside them when asked for."""

    def answer(chat: Chat) -> str:
        return "YES" if "YES or NO" in chat[-1]["content"] else literal(chat)

    model.answer = answer
    done = run("judge", kept_run, "--model", "small", "--llamaindex", "--json", tmp_path / "j.json")
    assert done.exit_code == 0, done.output
    assert [one["recall"] for one in json.loads((tmp_path / "j.json").read_text())["answers"]] == [1.0, None]
    assert "LlamaIndex faithfulness: 1.000" in done.stdout


def test_a_judge_that_fails_could_not_run(model: ModelServer, kept_run: Path) -> None:
    """It is no verdict on the answers."""
    model.always(Reply(status=401, error={"message": "no"}))
    assert run("judge", kept_run, "--model", "small").exit_code == 3


@pytest.mark.parametrize("arguments", [(), ("--labels", "--model", "m"), ("--labels", "--replay", "none.jsonl")])
def test_a_judge_that_is_not_there(arguments: tuple[str, ...]) -> None:
    """Nothing to judge, no place of a model, no recording: neither passed nor failed."""
    assert run("judge", *arguments).exit_code in (2, 3)


# -- breakages ----------------------------------------------------------------------------------------------------------


@pytest.mark.no_cover
def test_every_breakage_is_noticed(tmp_path: Path) -> None:
    """Ten ways to break the product, each caught by a scorer that looks at what was broken."""
    done = run("mutations", "--json", tmp_path / "m.json")
    caught = {row["name"]: set(row["caught"]) for row in json.loads((tmp_path / "m.json").read_text())}
    assert (done.exit_code, list(caught)) == (0, list(mutations.MUTATIONS))
    expected = {
        "offset off by one": "valid",
        "folding without digits": "vital",
        "wrong language": "language",
        "dropped refusal": "refusal",
        "citation to another article": "valid",
        "quote fuzzily accepted": "premise",
        "one gold article removed": "vital",
        "filter ignored": "filtered",
        "follow-up not rewritten": "followup",
        "number check off": "supported",
    }
    assert {name: scorer for name, scorer in expected.items() if scorer not in caught[name]} == {}


def test_a_breakage_that_nobody_notices_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every scorer's eyes shut."""
    monkeypatch.setattr(mutations, "_fallen", lambda whole, broken: ())
    done = run("mutations", "--only", "wrong language")
    assert (done.exit_code, "NOBODY" in done.stdout) == (1, True)


def test_a_breakage_that_is_none() -> None:
    """Its name is refused with the right ones."""
    done = run("mutations", "--only", "everything")
    assert (done.exit_code, "offset off by one" in done.stderr) == (2, True)
