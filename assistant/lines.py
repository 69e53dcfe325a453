"""JSON objects out of a model's text as it comes, whatever chatter stands around them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

__all__ = ["objects"]

LONGEST = 20_000  # characters of one object; a brace in chatter must not swallow the rest of the text


def objects(pieces: Iterable[str]) -> Iterator[dict[str, object] | str]:
    """Each JSON object in the text made of `pieces`, as soon as it is complete; other lines with a letter in them as strings.

    Code fences, list brackets and commas between objects are passed over. An object that is never closed, or is no JSON,
    comes as the string it is.
    """
    waiting = ""
    for piece in pieces:
        waiting += piece
        found, waiting = _complete(waiting, last=False)
        yield from found
    found, _ = _complete(waiting, last=True)
    yield from found


def _complete(text: str, *, last: bool) -> tuple[list[dict[str, object] | str], str]:
    """What is complete in `text`, and the rest that waits for more."""
    found: list[dict[str, object] | str] = []
    at = 0
    while at < len(text):
        start = text.find("{", at)
        if start < 0:
            break
        found += _strays(text[at:start])
        end = _closing(text, start)
        if end is None and not last and len(text) - start <= LONGEST and not _starts_again(text, start):
            return found, text[start:]
        if end is None:
            # Never closed: that line is lost, and reading goes on with the next.
            stop = text.find("\n", start)
            end = len(text) if stop < 0 else stop + 1
        found.append(_parsed(text[start:end]))
        at = end
    rest = text[at:]
    if last:
        return [*found, *_strays(rest)], ""
    line_end = rest.rfind("\n") + 1
    return [*found, *_strays(rest[:line_end])], rest[line_end:]


def _closing(text: str, start: int) -> int | None:
    """Just after the brace that closes the one at `start`; None when it is not there yet."""
    depth, in_string, escaped = 0, False, False
    for index in range(start, len(text)):
        character = text[index]
        if escaped:
            escaped = False
        elif in_string:
            escaped = character == "\\"
            in_string = character != '"'
        elif character == '"':
            in_string = True
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return index + 1
    return None


def _starts_again(text: str, start: int) -> bool:
    """Whether a new line begins another object of ours although the one at `start` is still open."""
    return '\n{"say"' in text[start + 1 :]


def _parsed(text: str) -> dict[str, object] | str:
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return text.strip()
    return value if isinstance(value, dict) else text.strip()


def _strays(text: str) -> list[dict[str, object] | str]:
    lines = (line.strip() for line in text.split("\n"))
    return [line for line in lines if any(map(str.isalpha, line)) and not line.startswith("```")]
