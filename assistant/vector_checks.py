"""Vectors that come from elsewhere, checked before anything believes or stores them."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.errors import BadModelOutput, Notice
from assistant.protocols import Vectors
from assistant.verdicts import Server

__all__ = ["VectorChecks"]


class VectorChecks:
    """What vectors must be before they are believed: one for each text, all of one length for good, finite and not zero."""

    def __init__(self, server: Server, dimension: int | None = None) -> None:
        self._server = server
        self._asked_for = dimension
        self.dimension = dimension

    def known(self) -> int:
        """The length of a vector, once there was one."""
        assert self.dimension is not None
        return self.dimension

    def rows(self, body: bytes) -> list[Any]:
        """The vectors in a server's response as they are, in the order of the texts."""
        try:
            data = json.loads(body)["data"]
            numbered = any("index" in item for item in data)
            places = [int(item["index"]) if numbered else place for place, item in enumerate(data)]
            rows = [item["embedding"] for item in data]
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            raise BadModelOutput(
                "{place} answered with something that holds no embeddings; check {variable}, which usually ends in /v1.",
                place=self._server.host,
                variable=self._server.variable("base_url"),
            ) from exc
        if sorted(places) != list(range(len(rows))):
            raise self._bad(Notice("numbers them wrongly"))
        return [row for _, row in sorted(zip(places, rows, strict=True), key=lambda pair: pair[0])]

    def vectors(self, rows: Sequence[Any], count: int) -> Vectors:
        """`rows` at unit length. Raises `BadModelOutput` when anything is wrong with any of them."""
        if len(rows) != count:
            raise self._bad(Notice("gave {given} for {count} texts", given=len(rows), count=count))
        unit = self._at_unit_length([_decoded(row) for row in rows])
        self._check_length(unit.shape[1])
        return unit

    def _at_unit_length(self, rows: Sequence[Any]) -> Vectors:
        try:
            found = np.asarray(rows, dtype=np.float64)  # ragged rows and words are refused here
        except (ValueError, TypeError) as exc:
            raise self._bad(Notice("gave some that are not all numbers, or not all of one length")) from exc
        if found.ndim != 2 or not found.shape[1]:
            raise self._bad(Notice("gave some that are not all numbers, or not all of one length"))
        with np.errstate(over="ignore"):
            norms = np.linalg.norm(found, axis=1, keepdims=True)
        if not np.isfinite(norms).all():
            raise self._bad(Notice("gave some with numbers that are not finite"))
        if not norms.all():
            raise self._bad(Notice("gave some of length zero"))
        unit: Vectors = (found / norms).astype(np.float32)
        return unit

    def _check_length(self, length: int) -> None:
        if self.dimension is None:
            self.dimension = length
        if length != self.dimension:
            asked, variable = self._asked_for, self._server.variable("dimension")
            before = Notice("gave {length} numbers each where it gave {before} before", length=length, before=self.dimension)
            wanted = "gave {length} numbers each where {asked} were asked for; unset {variable}"
            raise self._bad(Notice(wanted, length=length, asked=asked, variable=variable) if asked else before)

    def _bad(self, what: Notice) -> BadModelOutput:
        return BadModelOutput(
            "The embeddings of {model} cannot be used: {place} {what}.",
            model=self._server.model,
            place=self._server.host or Notice("it"),
            what=what,
        )


def _decoded(row: Any) -> Any:
    """A vector that came as base64 all the same, as numbers."""
    if not isinstance(row, str):
        return row
    try:
        return np.frombuffer(base64.b64decode(row, validate=True), dtype="<f4")
    except ValueError:
        return None
