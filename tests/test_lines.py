"""Lines: JSON objects out of a stream, whatever stands around them."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.lines import LONGEST, objects

ONE, TWO = {"say": "یک", "from": [{"p": 1, "quote": "a } b"}]}, {"say": None}


def read(*pieces: str) -> list[object]:
    return list(objects(pieces))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps(ONE), [ONE]),
        (f"{json.dumps(ONE)}\n{json.dumps(TWO)}\n", [ONE, TWO]),
        (f"```json\n{json.dumps(ONE)}\n```", [ONE]),
        (f"[{json.dumps(ONE)},\n{json.dumps(TWO)}]", [ONE, TWO]),
        (json.dumps(ONE, indent=2, ensure_ascii=False), [ONE]),
        (f"Here is the answer:\n{json.dumps(TWO)}\nI hope it helps.", ["Here is the answer:", TWO, "I hope it helps."]),
        ('{"say": "broken', ['{"say": "broken']),
        ('{not json}\n{"say": null}', ["{not json}", TWO]),
        ('{"say": "cut", "from": [\n{"say": null}', ['{"say": "cut", "from": [', TWO]),
        ('{"say": "a\nb"}', [{"say": "a\nb"}]),
        ("prose without any object", ["prose without any object"]),
        ("", []),
        ("\n\n---\n", []),
    ],
)
def test_objects_are_found_among_chatter(text: str, expected: list[object]) -> None:
    """Fences, lists and commas are passed over; words and broken objects come as strings; reading goes on after them."""
    assert read(text) == expected


@given(st.lists(st.sampled_from([ONE, TWO, {"say": '"{'}]), max_size=4), st.lists(st.integers(0, 200), max_size=6))
def test_how_the_text_is_cut_into_pieces_does_not_matter(items: list[dict[str, object]], cuts: list[int]) -> None:
    """Objects are the same whether they come in one piece or in many."""
    text = "\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    pieces = [text[start:end] for start, end in itertools.pairwise(places)]
    assert read(*pieces) == read(text) == items


@given(st.lists(st.text(alphabet='{}"\\[]\n,: sayع1', max_size=30), max_size=8))
def test_no_text_breaks_reading(pieces: list[str]) -> None:
    """Whatever a model writes, reading ends and gives objects and strings."""
    assert all(isinstance(item, (dict, str)) for item in objects(pieces))


def test_an_object_comes_before_the_stream_ends() -> None:
    """The first line is there when its brace closes, not when the model has finished."""

    def pieces() -> object:
        yield json.dumps(TWO)
        raise AssertionError("asked for more before the first object was given")

    assert next(objects(pieces())) == TWO  # type: ignore[arg-type]


def test_a_brace_in_chatter_does_not_swallow_the_rest() -> None:
    """An object that grows beyond all measure is given up, and its line is lost alone."""
    pieces = ["{ never closed\n", *["x" * 1_000 + "\n"] * (LONGEST // 1_000 + 1), json.dumps(TWO)]
    assert read(*pieces)[-1] == TWO
