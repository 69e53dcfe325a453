"""Embeddings from endpoints: the real SDK over real HTTP, and everything a server can get wrong about vectors."""

from __future__ import annotations

import base64
import math
import struct
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_server import DIMENSION, Items, ModelServer, Reply, vector
from waiting import wait_for

from assistant.endpoint_embedding import EndpointEmbedder, LlamaIndexEmbedder
from assistant.errors import AssistantError, BadModelOutput, ConfigurationError, ModelRejected, ModelUnavailable
from assistant.pipeline import Assistant
from assistant.protocols import Vectors

KEY = "sk-canary-7f3a9b1c5d"
TEXTS = ["ایران و روسیه", "وزير الخارجية", "the envoy flew", "a", "b"]


def embedder_of(server: ModelServer, **more: Any) -> EndpointEmbedder:
    """An embedder at the server, which does not pause for long."""
    return EndpointEmbedder(**{"model": "tiny", "base_url": server.url, "pause": 0.001, **more})


def expected(texts: list[str], dimension: int = DIMENSION) -> Vectors:
    """What the server embeds texts as, at unit length."""
    rows = np.array([vector(text, dimension) for text in texts])
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def same(found: Vectors, wanted: Vectors) -> bool:
    """Whether vectors are the same, type and shape included."""
    return found.dtype == np.float32 and found.shape == wanted.shape and np.allclose(found, wanted, atol=1e-6)


# -- what goes well ----------------------------------------------------------------------------------------------------


def test_one_request(model_server: ModelServer) -> None:
    """Texts are sent together and come back as vectors of unit length in their order."""
    found = embedder_of(model_server, api_key=KEY).embed(TEXTS)
    assert same(found, expected(TEXTS))
    [request] = model_server.requests
    assert request.body == {"model": "tiny", "input": TEXTS, "encoding_format": "float"}
    assert (request.path, request.headers["authorization"]) == ("/v1/embeddings", f"Bearer {KEY}")


def test_a_question(model_server: ModelServer) -> None:
    """The vector of a question has one axis."""
    assert same(embedder_of(model_server).embed_query("ایران"), expected(["ایران"])[0])


def test_no_texts(model_server: ModelServer) -> None:
    """Nothing to embed gives no vectors, of the right length."""
    assert embedder_of(model_server, dimension=8).embed([]).shape == (0, 8)
    assert model_server.requests == []


def test_the_dimension_is_learned(model_server: ModelServer) -> None:
    """The model is asked for its dimension once, and not at all after it has embedded something."""
    asked, used = embedder_of(model_server), embedder_of(model_server)
    used.embed(["a"])
    assert [asked.dimension, asked.dimension, used.dimension, len(model_server.requests)] == [DIMENSION, DIMENSION, DIMENSION, 2]


def test_shortened_vectors(model_server: ModelServer) -> None:
    """A dimension that is set is asked for, and needs no request to be known."""
    embedder = embedder_of(model_server, dimension=8)
    assert (embedder.dimension, model_server.requests) == (8, [])
    assert same(embedder.embed(TEXTS), expected(TEXTS, 8))
    assert model_server.requests[0].body["dimensions"] == 8


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "tiny"),
        ({"dimension": 8}, "tiny@8"),
        ({"passage_prefix": "passage: "}, "tiny after 'passage:'"),
        ({"passage_prefix": "passage:", "dimension": 8}, "tiny@8 after 'passage:'"),
        ({"query_prefix": "query: "}, "tiny"),
    ],
)
def test_the_name(settings: dict[str, Any], name: str) -> None:
    """Whatever changes the vectors of passages is part of the name; what changes those of questions is not."""
    embedder = EndpointEmbedder(model="tiny", api_key=KEY, **settings)
    assert (embedder.name, repr(embedder)) == (name, f"EndpointEmbedder(name={name!r}, host='api.openai.com')")


@pytest.mark.parametrize("blank", ["", " "])
def test_prefixes(model_server: ModelServer, blank: str) -> None:
    """Questions and passages get their prefixes, with one blank between, whether or not the setting kept its own."""
    embedder = embedder_of(model_server, query_prefix=f"query:{blank}", passage_prefix=f"passage:{blank}")
    embedder.embed(["a", "b"])
    embedder.embed_query("c")
    assert [request.body["input"] for request in model_server.requests] == [["passage: a", "passage: b"], ["query: c"]]


def test_a_very_long_text(model_server: ModelServer) -> None:
    """Of a text longer than models read, the beginning is embedded."""
    embedder_of(model_server).embed(["ab " * 5_000])
    assert len(model_server.requests[0].body["input"][0]) == 8_000


@pytest.mark.parametrize(
    ("texts", "settings", "sizes"),
    [
        (["a"] * 7, {"batch": 3}, [1, 3, 3]),
        (["a"] * 6, {"batch": 3}, [3, 3]),
        (["a" * 10] * 5, {"batch_length": 25}, [1, 2, 2]),
        (["a" * 30, "b", "c" * 30], {"batch_length": 25}, [1, 1, 1]),
        (["a"] * 32, {}, [32]),
        (["a"] * 33, {}, [1, 32]),
    ],
)
def test_batches(model_server: ModelServer, texts: list[str], settings: dict[str, int], sizes: list[int]) -> None:
    """Requests hold as many texts, and as many characters, as set; a longer text goes alone."""
    embedder_of(model_server, **settings).embed(texts)
    assert sorted(len(request.body["input"]) for request in model_server.requests) == sizes


@pytest.mark.parametrize("concurrency", [1, 3])
def test_requests_at_once(model_server: ModelServer, concurrency: int) -> None:
    """As many requests are under way as set, and the vectors come in the order of the texts all the same."""
    texts = [f"text{number}" for number in range(24)]
    together, never = threading.Barrier(concurrency, timeout=60), threading.Event()

    def late(items: Items, seconds: float) -> Items:
        together.wait()
        never.wait(seconds)
        return items

    # The earlier a request, the later its answer, once as many as may be are under way.
    model_server.script(*[Reply(change=partial(late, seconds=0.3 - 0.05 * number)) for number in range(6)])
    found = embedder_of(model_server, batch=4, concurrency=concurrency).embed(texts)
    assert (same(found, expected(texts)), model_server.most_at_once) == (True, concurrency)


def test_connections_are_kept(model_server: ModelServer) -> None:
    """Requests in a row go over one connection; a closed embedder makes a new one when it is asked again."""
    embedder = embedder_of(model_server)
    first = [embedder.embed_query("a") for _ in range(20)]
    assert model_server.connections == 1
    embedder.close()
    assert same(embedder.embed_query("a"), first[0])
    assert model_server.connections == 2


def test_connections_are_kept_in_parallel(model_server: ModelServer) -> None:
    """Many requests, some at once, need no more connections than are at once."""
    texts = [f"text{number}" for number in range(200)]
    found = embedder_of(model_server, batch=2, concurrency=4).embed(texts)
    assert (same(found, expected(texts)), len(model_server.requests)) == (True, 100)
    assert model_server.connections <= 4


# -- what a server can do wrong ----------------------------------------------------------------------------------------


def changed(change: Callable[[list[Any]], list[Any]]) -> Reply:
    """The vectors changed, their numbers left as they are."""

    def rows(items: Items) -> Items:
        vectors = change([item["embedding"] for item in items])
        return [{**item, "embedding": row} for item, row in zip(items, vectors, strict=True)]

    return Reply(change=rows)


def numbered(*numbers: object) -> Reply:
    """The vectors left as they are, with other numbers."""
    return Reply(change=lambda items: [{**item, "index": number} for item, number in zip(items, numbers, strict=True)])


def as_base64(row: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(row)}f", *row)).decode()


GOOD = {
    "shuffled": Reply(change=lambda items: [items[place] for place in (2, 0, 1)]),
    "reversed": Reply(change=lambda items: items[::-1]),
    "without numbers": Reply(change=lambda items: [{"embedding": item["embedding"]} for item in items]),
    "base64": changed(lambda rows: [as_base64(row) for row in rows]),
    "numbers as text": numbered("0", "1", "2"),
}
WRONG = "The embeddings of tiny cannot be used: {host} "
NO_EMBEDDINGS = (
    "{host} answered with something that holds no embeddings; check SANAD_EMBEDDING__BASE_URL, which usually ends in /v1."
)
NOT_FINITE = WRONG + "gave some with numbers that are not finite."
NO_ROWS = WRONG + "gave some that are not all numbers, or not all of one length."
BAD = {
    "fewer": (Reply(change=lambda items: items[:1]), WRONG + "gave 1 for 3 texts."),
    "none": (Reply(change=lambda items: []), WRONG + "gave 0 for 3 texts."),
    "more": (Reply(change=lambda items: [*items, {**items[0], "index": 3}]), WRONG + "gave 4 for 3 texts."),
    "one twice": (numbered(0, 1, 1), WRONG + "numbers them wrongly."),
    "from one": (numbered(1, 2, 3), WRONG + "numbers them wrongly."),
    "nan": (changed(lambda rows: [*rows[:2], [math.nan, *rows[2][1:]]]), NOT_FINITE),
    "null": (changed(lambda rows: [[None, *rows[0][1:]], *rows[1:]]), NOT_FINITE),
    "infinite": (
        changed(lambda rows: [[math.inf, *rows[0][1:]], *rows[1:]]),
        NOT_FINITE,
    ),
    "huge": (changed(lambda rows: [[1e200] * 16, *rows[1:]]), NOT_FINITE),
    "ragged": (
        changed(lambda rows: [rows[0][:5], *rows[1:]]),
        NO_ROWS,
    ),
    "empty": (changed(lambda rows: [[]] * 3), NO_ROWS),
    "words": (changed(lambda rows: [["x"] * 16] * 3), NO_ROWS),
    "numbers": (changed(lambda rows: [1.0, 2.0, 3.0]), NO_ROWS),
    "no base64": (changed(lambda rows: ["x"] * 3), NO_ROWS),
    "zero": (changed(lambda rows: [rows[0], [0.0] * 16, rows[2]]), WRONG + "gave some of length zero."),
    "html": (Reply(body=b"<html>", kind="text/html"), NO_EMBEDDINGS),
    "no data": (Reply(body=b'{"object": "list"}'), NO_EMBEDDINGS),
    "a list": (Reply(body=b"[]"), NO_EMBEDDINGS),
    "null data": (Reply(body=b'{"data": null}'), NO_EMBEDDINGS),
    "no vectors": (Reply(body=b'{"data": [{"index": 0}]}'), NO_EMBEDDINGS),
    "no items": (Reply(body=b'{"data": [1]}'), NO_EMBEDDINGS),
    "no numbers": (Reply(body=b'{"data": [{"index": null, "embedding": [1]}]}'), NO_EMBEDDINGS),
}


@pytest.mark.parametrize("reply", GOOD.values(), ids=GOOD)
def test_what_is_put_right(model_server: ModelServer, reply: Reply) -> None:
    """Vectors in another order are put into that of the texts; other spellings of the same are understood."""
    model_server.script(reply)
    assert same(embedder_of(model_server).embed(TEXTS[:3]), expected(TEXTS[:3]))


@pytest.mark.parametrize(("reply", "message"), BAD.values(), ids=BAD)
def test_what_cannot_be_used(model_server: ModelServer, reply: Reply, message: str) -> None:
    """Vectors that anything is wrong with are refused, all of them, in one line; they are not asked for again."""
    model_server.always(reply)
    with pytest.raises(BadModelOutput) as caught:
        embedder_of(model_server).embed(TEXTS[:3])
    assert (str(caught.value), len(model_server.requests)) == (message.format(host=model_server.host), 1)


@pytest.mark.parametrize("reply", [BAD["fewer"][0], BAD["nan"][0], BAD["zero"][0]])
def test_one_bad_batch_spoils_all(model_server: ModelServer, reply: Reply) -> None:
    """When one of many requests brings something wrong, no vector is given at all."""
    model_server.script(Reply(), Reply(), reply, Reply())
    with pytest.raises(BadModelOutput):
        embedder_of(model_server, batch=3, concurrency=1).embed(["a"] * 12)


def test_another_dimension_than_before(model_server: ModelServer) -> None:
    """A model whose vectors change their length is another model."""
    embedder = embedder_of(model_server)
    embedder.embed(["a"])
    model_server.always(changed(lambda rows: [row[:5] for row in rows]))
    message = f"The embeddings of tiny cannot be used: {model_server.host} gave 5 numbers each where it gave 16 before."
    with pytest.raises(BadModelOutput) as caught:
        embedder.embed_query("a")
    assert str(caught.value) == message


def test_a_server_that_does_not_shorten(model_server: ModelServer) -> None:
    """A server that passes the wanted dimension over is found out, and the setting is named."""
    model_server.always(changed(lambda rows: [[*row, 1.0] for row in rows]))
    message = (
        f"The embeddings of tiny cannot be used: {model_server.host} gave 9 numbers each where 8 were asked for;"
        " unset SANAD_EMBEDDING__DIMENSION."
    )
    with pytest.raises(BadModelOutput) as caught:
        embedder_of(model_server, dimension=8).embed(["a"])
    assert str(caught.value) == message


REFUSALS = [
    (
        Reply(status=400, error={"message": "model does not support Matryoshka representation, set dimensions to null"}),
        ModelRejected,
        1,
        "; unset SANAD_EMBEDDING__DIMENSION.",
    ),
    (
        Reply(status=422, error={"message": "batch size 64 > maximum allowed batch size 32"}),
        ModelRejected,
        1,
        "; set SANAD_EMBEDDING__BATCH to fewer.",
    ),
    (Reply(status=413, body=b""), ModelRejected, 1, " refuses the request (status 413); set SANAD_EMBEDDING__BATCH to fewer."),
    (Reply(status=400, error={"message": "No."}), ModelRejected, 1, " refuses the request (status 400): No."),
    (
        Reply(status=401, error={"message": KEY}),
        ModelRejected,
        1,
        "set the right one (SANAD_EMBEDDING__API_KEY or OPENAI_API_KEY).",
    ),
    (
        Reply(status=429, error={"message": "Over.", "code": "insufficient_quota"}),
        ModelRejected,
        1,
        "or set another key (SANAD_EMBEDDING__API_KEY or OPENAI_API_KEY).",
    ),
    (Reply(status=429, error={"message": "Slow down."}), ModelUnavailable, 3, "(status 429): Slow down."),
    (Reply(status=500, body=b"boom"), ModelUnavailable, 3, "(status 500): boom."),
]


@pytest.mark.parametrize(("reply", "kind", "requests", "end"), REFUSALS)
def test_a_refusal(model_server: ModelServer, reply: Reply, kind: type[AssistantError], requests: int, end: str) -> None:
    """Refusals are told with the setting to change; only what may pass is asked for again, three times in all."""
    model_server.always(reply)
    with pytest.raises(kind) as caught:
        embedder_of(model_server, api_key=KEY, dimension=8).embed(["a"])
    assert (str(caught.value)[-len(end) :], len(model_server.requests)) == (end, requests)
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_an_unknown_model(model_server: ModelServer) -> None:
    """The error names the variable of the embedding model and the models there are."""
    model_server.models = ["tiny-2", "huge"]
    with pytest.raises(ModelRejected) as caught:
        embedder_of(model_server).embed_query("a")
    message = f"{model_server.host} has no model called tiny; set SANAD_EMBEDDING__MODEL. It has tiny-2."
    assert str(caught.value) == message


def test_a_server_that_recovers(model_server: ModelServer) -> None:
    """What passes is not seen."""
    model_server.script(Reply(status=503, body=b""), Reply(status=429, body=b"", headers={"Retry-After": "0"}))
    assert same(embedder_of(model_server).embed(["a"]), expected(["a"]))
    assert len(model_server.requests) == 3


def test_a_silent_server(model_server: ModelServer) -> None:
    """A server that sends nothing is given up after the limit, and not asked again."""
    embedder = embedder_of(model_server, timeout=1)
    embedder.embed(["a"])  # loads the client library, which takes a busy machine longer than that
    model_server.always(Reply(hang=-1))
    with pytest.raises(ModelUnavailable) as caught:
        embedder.embed(["b"])
    assert str(caught.value) == f"{model_server.host} sent nothing for 1 s (SANAD_EMBEDDING__TIMEOUT)."
    wait_for(lambda: len(model_server.requests) > 1)
    assert len(model_server.requests) == 2


def test_a_failure_calls_the_others_off(model_server: ModelServer) -> None:
    """The first failure ends requests under way and keeps the rest from being made."""
    model_server.script(Reply(status=401, error={"message": "No."}))
    model_server.always(Reply(hang=-1))
    with pytest.raises(ModelRejected):
        embedder_of(model_server, batch=1, concurrency=2).embed(["a"] * 50)
    assert len(model_server.requests) <= 3
    assert {thread.name for thread in threading.enumerate() if thread.name.startswith("sanad-embedding")} == set()


def test_settings_that_cannot_be_right() -> None:
    """Wrong URLs and keys are named by the variables of the embedding endpoint."""
    with pytest.raises(ConfigurationError, match=r"^SANAD_EMBEDDING__BASE_URL is no URL"):
        EndpointEmbedder(model="tiny", base_url="localhost:1")
    with pytest.raises(ConfigurationError, match=r"^The key in SANAD_EMBEDDING__API_KEY holds a blank"):
        EndpointEmbedder(model="tiny", api_key="a b")


# -- in a library ------------------------------------------------------------------------------------------------------


SPOILT = {
    "fewer": Reply(change=lambda items: items[:-1]),
    "nan": changed(lambda rows: [[math.nan, *row] for row in rows]),
    "empty": changed(lambda rows: [[] for _ in rows]),
    "longer": changed(lambda rows: [[*row, 1.0] for row in rows]),
    "zero": changed(lambda rows: [[0.0 for _ in row] for row in rows]),
    "no embeddings": Reply(body=b"<html>", kind="text/html"),
}


@pytest.mark.parametrize("reply", SPOILT.values(), ids=SPOILT)
def test_nothing_wrong_is_stored(model_server: ModelServer, tmp_path: Path, reply: Reply) -> None:
    """An article whose vectors cannot be used does not get into the library, and what is there stays as it is."""
    for number in (1, 2):
        (tmp_path / f"{number}.txt").write_text(f"Delegation number {number} arrived in Baku by train.\n" * 3, encoding="utf-8")
    with Assistant(tmp_path / "library", embedder=embedder_of(model_server)) as assistant:
        assistant.ingest([tmp_path / "1.txt"])
        model_server.always(reply)
        with pytest.raises(BadModelOutput):
            assistant.ingest([tmp_path / "2.txt"])
        status = assistant.status()
        assert (status.articles, status.embedding, status.dimension, assistant.problems()) == (1, "tiny", DIMENSION, [])


def test_nothing_is_embedded_twice(model_server: ModelServer, tmp_path: Path) -> None:
    """Taking the same article in again, from another place too, sends none of its text again."""
    for name in ("1.txt", "2.txt"):
        (tmp_path / name).write_text("The delegation arrived in Baku by train.\n", encoding="utf-8")
    with Assistant(tmp_path / "library", embedder=embedder_of(model_server)) as assistant:
        for name in ("1.txt", "1.txt", "2.txt"):
            assistant.ingest([tmp_path / name])
    sent = [text for request in model_server.requests for text in request.body["input"]]
    assert sum("Baku" in text for text in sent) == 1


# -- embeddings of LlamaIndex ------------------------------------------------------------------------------------------


@pytest.fixture
def llama_openai(model_server: ModelServer) -> Iterator[Any]:
    """LlamaIndex's own OpenAI embedding at the server; it retries ten times when it is let."""
    import httpx
    from llama_index.embeddings.openai import OpenAIEmbedding  # type: ignore[import-untyped]

    with httpx.Client(trust_env=False) as client:
        yield OpenAIEmbedding(
            model_name="tiny", api_base=model_server.url, api_key=KEY, max_retries=10, embed_batch_size=2, http_client=client
        )


def test_a_llama_index_embedding(model_server: ModelServer, llama_openai: Any) -> None:
    """Any LlamaIndex embedding embeds for us, at unit length; its name and host are its own unless named."""
    embedder = LlamaIndexEmbedder(llama_openai)
    assert same(embedder.embed(TEXTS), expected(TEXTS))
    assert same(embedder.embed_query("ایران"), expected(["ایران"])[0])
    assert (embedder.name, embedder.dimension, embedder.host) == ("tiny", DIMENSION, model_server.host)
    assert LlamaIndexEmbedder(llama_openai, name="ours").name == "ours"


@pytest.mark.parametrize(
    ("reply", "kind", "requests"),
    [
        (Reply(status=500, body=b"boom"), ModelUnavailable, 3),
        (Reply(status=401, error={"message": f"Wrong: {KEY}"}), ModelRejected, 1),
        (changed(lambda rows: [[math.nan] * 16 for _ in rows]), BadModelOutput, 1),
        (changed(lambda rows: [[0.0] * 16 for _ in rows]), BadModelOutput, 1),
    ],
)
def test_a_llama_index_embedding_goes_wrong(
    model_server: ModelServer, llama_openai: Any, reply: Reply, kind: type[AssistantError], requests: int
) -> None:
    """The rules are the same: one layer of retries, typed errors, no key in them."""
    model_server.always(reply)
    with pytest.raises(kind) as caught:
        LlamaIndexEmbedder(llama_openai, pause=0.001).embed(["a", "b"])
    assert len(model_server.requests) == requests
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_an_embedding_of_ones_own() -> None:
    """An embedding that is no endpoint has no host; its dimension is learned from a first vector."""
    from llama_index.core.embeddings import MockEmbedding

    embedder = LlamaIndexEmbedder(MockEmbedding(embed_dim=4))
    assert (embedder.dimension, embedder.embed([]).shape, embedder.host) == (4, (0, 4), None)
    assert repr(embedder) == "LlamaIndexEmbedder(name='unknown', host=None)"
    assert np.allclose(embedder.embed(["a", "b"]), 0.5)
