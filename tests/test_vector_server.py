"""A Chroma server of the library's own: out of reach it is done without, and no two libraries mix on it."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import chroma_server
import httpx
import numpy as np
import pytest
from chroma_server import ChromaServer
from chromadb.errors import AuthorizationError, InternalError, RateLimitError
from test_library import KEPT, MORE, NEW, OLD, Letters, staged
from test_pipeline import ASK, ended, running, write

from assistant import vectors
from assistant.embedding import EmbeddedEmbedder
from assistant.errors import ConfigurationError, LibraryDamaged, LibraryError, LibraryMismatch, VectorsUnavailable
from assistant.indexes import LEXICAL, VECTORS
from assistant.lexicon import Lexicon
from assistant.library import Library
from assistant.pipeline import Assistant
from assistant.settings import Settings, load
from assistant.types import Filters, Status
from assistant.vector_server import VectorServer, server_from
from assistant.vectors import Server, ServerIndex

AWAY = "the vector server cannot be used; the library's vectors were compared one by one"
ASKED = "Which ferry reached Basra?"
EVERYTHING = Filters()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """A server that tests may freeze and kill; each leaves it running."""
    with chroma_server.running(tmp_path_factory.mktemp("own")) as server:
        yield server


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    return Lexicon.open(tmp_path_factory.mktemp("lexicon") / "lexicon.json")


@pytest.fixture
def make(lexicon: Lexicon, tmp_path: Path) -> Iterator[Callable[..., Assistant]]:
    """Assistants over the library `library` whose vectors are on a server, closed in the end."""
    with ExitStack() as stack:

        def one(place: VectorServer | None, name: str = "library") -> Assistant:
            made = Assistant(tmp_path / name, lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon), server=place)
            return stack.enter_context(made)

        yield one


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Library]]:
    """Libraries on a server, made where there is none, closed in the end."""
    with ExitStack() as stack:

        def one(place: VectorServer | None, name: str = "library") -> Library:
            folder = tmp_path / name
            library = (Library.open if (folder / "library.db").exists() else Library.create)(folder, Letters(), place)
            stack.callback(library.close)
            return library

        yield one


def place(server: ChromaServer, **other: object) -> VectorServer:
    return VectorServer(server.url, **{"timeout": 30, **other})  # type: ignore[arg-type]


def collections(server: ChromaServer) -> dict[str, int]:
    """The names of the collections on a server, and how much each holds."""
    client = Server(place(server))
    try:
        names = [model.name for model in client.api.list_collections()]
        return {name: client.collection(name).count() for name in names}
    finally:
        client.close()


# -- settings ---------------------------------------------------------------------------------------------------------


def settings(monkeypatch: pytest.MonkeyPatch, offline: bool = False, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"SANAD_VECTORS__{name.upper()}", value)
    return load(offline=offline or None)


def test_without_a_url_there_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other settings of the group alone change nothing."""
    assert server_from(settings(monkeypatch, token="secret", url=" ")) is None


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        (None, {"Authorization": "Bearer s3cret"}),
        ("authorization", {"authorization": "Bearer s3cret"}),
        ("x-chroma-token", {"x-chroma-token": "s3cret"}),
    ],
)
def test_the_token_goes_into_its_header(monkeypatch: pytest.MonkeyPatch, header: str | None, sent: dict[str, str]) -> None:
    """As a bearer's where it authorises, as it is elsewhere; it is in no description of the server."""
    if header:
        monkeypatch.setenv("SANAD_VECTORS__HEADER", header)
    url, token = "https://vectors.example.org/", " s3cret\n"
    server = server_from(settings(monkeypatch, url=url, token=token, tenant="t", database="d", collection="news"))
    assert server == VectorServer("https://vectors.example.org", sent, "t", "d", "news", timeout=8.0)
    assert "s3cret" not in repr(server)


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://127.0.0.1:8000", "http://127.3.2.1", "http://[::1]:8000"])
def test_this_machine_needs_no_encryption(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Nor is it forbidden offline."""
    assert server_from(settings(monkeypatch, offline=True, url=url)) == VectorServer(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://vectors.example.org", "SANAD_VECTORS__PLAIN"),
        ("http://127.0.0.1.example.org", "SANAD_VECTORS__PLAIN"),
        ("http://10.0.0.7:8000", "SANAD_VECTORS__PLAIN"),
        ("ftp://localhost", "http://localhost:8000"),
        ("localhost:8000", "http://localhost:8000"),
        ("https://", "http://localhost:8000"),
        ("https://vectors.example.org/?key=1", "http://localhost:8000"),
        ("https://me:word@vectors.example.org", "SANAD_VECTORS__TOKEN"),
    ],
)
def test_another_url_is_refused(monkeypatch: pytest.MonkeyPatch, url: str, said: str) -> None:
    """What is no address, holds a password, or would go unencrypted over a network."""
    with pytest.raises(ConfigurationError, match=said) as caught:
        settings(monkeypatch, url=url)
    assert "\n" not in str(caught.value)


def test_plain_traffic_can_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever trusts the network says so."""
    assert server_from(settings(monkeypatch, url="http://10.0.0.7:8000", plain="true")) == VectorServer("http://10.0.0.7:8000")


def test_offline_nothing_is_sent_elsewhere(monkeypatch: pytest.MonkeyPatch, make: Callable[..., Assistant], tmp_path: Path) -> None:
    """A library whose vectors are elsewhere is asked without them, and not changed."""
    make(None).ingest([write(tmp_path / "news", 3)])
    server = server_from(settings(monkeypatch, offline=True, url="https://vectors.example.org"))
    assistant = make(server)
    answer = assistant.ask(ASKED)
    assert (answer.status, answer.trace.notes) == (Status.ANSWERED, (AWAY,))
    with pytest.raises(VectorsUnavailable, match="SANAD_OFFLINE"):
        assistant.ingest([write(tmp_path / "more", 1, first=9)])


# -- out of reach -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_a_server_out_of_reach_is_done_without(
    own: ChromaServer, make: Callable[..., Assistant], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Answers are the same, with a note; changes say what to do and change nothing; when it is back, so is everything."""
    monkeypatch.setattr(vectors, "RETRY", 0.0)
    assistant = make(place(own))
    assert assistant.ingest([write(tmp_path / "news", 3)]).added == 3
    expected = assistant.ask(ASKED)
    assert AWAY not in expected.trace.notes
    own.kill() if how == "killed" else own.freeze()
    assert assistant._library is not None
    patience = assistant._library.indexes._server.api._session
    patience.timeout = 0.3  # it took its time as long as it answered
    try:
        for one in (assistant, make(place(own, timeout=0.3))):
            answer = one.ask(ASKED)
            assert (answer.text, answer.citations, answer.trace.notes) == (expected.text, expected.citations, (AWAY,))
            with pytest.raises(VectorsUnavailable, match=r"chroma run.*SANAD_VECTORS__URL") as caught:
                one.ingest([write(tmp_path / "more", 1, first=9)])
            assert (caught.value.exit_code, "\n" in str(caught.value)) == (9, False)
            with pytest.raises(VectorsUnavailable):
                one.rebuild()
            with pytest.raises(VectorsUnavailable):
                one.remove([one.articles()[0].article_id])
            assert len(one.articles()) == 3
            assert len(one.problems()) == 1
    finally:
        own.start() if how == "killed" else own.thaw()
    patience.timeout = 30
    for one in (assistant, make(place(own))):
        answer = one.ask(ASKED)
        assert (answer.text, AWAY in answer.trace.notes) == (expected.text, False)
    assert assistant.ingest([tmp_path / "more"]).added == 1
    assert assistant.problems() == []


def test_a_silent_server_is_waited_for_once(own: ChromaServer) -> None:
    """Afterwards it is left alone for a while: a question with three wordings waits once, not three times."""
    server = Server(place(own, timeout=0.2))
    own.freeze()
    try:
        with pytest.raises(VectorsUnavailable, match="is silent"):
            server.check()
        own.thaw()
        with pytest.raises(VectorsUnavailable, match="is silent"):
            server.check()
    finally:
        own.thaw()
        server.close()


def test_a_new_library_is_not_begun_without_its_server(make: Callable[..., Assistant], tmp_path: Path) -> None:
    """Where nobody listens, nothing is left behind."""
    with pytest.raises(VectorsUnavailable, match="cannot be reached"):
        make(VectorServer("http://127.0.0.1:9")).ingest([write(tmp_path / "news", 1)])
    assert not (tmp_path / "library" / "library.db").exists()


def test_a_change_cut_off_is_finished_without_the_server(
    own: ChromaServer, opened: Callable[..., Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The full text and the catalogue are put in order at once, the vectors when it is back."""
    monkeypatch.setattr(vectors, "RETRY", 0.0)
    library = opened(place(own))
    library.store(staged(OLD))
    with monkeypatch.context() as patch:
        patch.setattr("assistant.catalogue.Catalogue.publish", _stop)
        with pytest.raises(KeyboardInterrupt):
            library.store(staged(KEPT))
    library.close()
    own.kill()
    try:
        again = opened(place(own))
        assert not again.in_step()
        again.mend()
        assert again.in_step()
        assert (again.indexes.lexical.count(), again.catalogue.count().articles) == (2, 2)
        assert list(again.indexes.faults()) == [VECTORS]
    finally:
        own.start()
    assert not again.in_step()
    again.mend()
    assert (again.in_step(), again.indexes.vectors.count(), again.out_of_step()) == (True, 2, [])


def _stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (httpx.ReadError("reset"), VectorsUnavailable, r"cannot be reached \(reset\)"),
        (httpx.ConnectTimeout(""), VectorsUnavailable, "is silent"),
        (AuthorizationError("no"), VectorsUnavailable, "check SANAD_VECTORS__TOKEN"),
        (RateLimitError("slow down\nplease"), VectorsUnavailable, r"takes no more of us \(slow down please\)"),
        (InternalError("broken"), LibraryDamaged, r"cannot be used \(broken\); run `sanad rebuild`"),
        (ValueError("<html>"), VectorsUnavailable, r"not Chroma's \(<html>\); check SANAD_VECTORS__URL"),
        (KeyError(), VectorsUnavailable, r"not Chroma's \(KeyError\)"),
    ],
)
def test_whatever_a_server_does_is_an_error_of_ours(fault: Exception, kind: type[LibraryError], said: str) -> None:
    """In one line, with the way out."""
    server = Server(VectorServer("http://127.0.0.1:9"))
    with pytest.raises(kind, match=said) as caught, server.explained():
        raise fault
    assert "\n" not in str(caught.value)


def test_what_a_server_cannot_write_is_no_damage() -> None:
    """A full disk there is for those who run it; making the index anew would not help."""
    server = Server(VectorServer("http://127.0.0.1:9"))
    with pytest.raises(VectorsUnavailable, match=r"could not do it \(disk full\); look at its log"), server.explained(writing=True):
        raise InternalError("disk full")


# -- whose vectors they are -------------------------------------------------------------------------------------------


def test_libraries_do_not_mix(own: ChromaServer, opened: Callable[..., Library]) -> None:
    """Each has its own collection, one only, whatever was made anew before."""
    before = set(collections(own))
    one, two = opened(place(own, prefix="mine"), "one"), opened(place(own, prefix="mine"), "two")
    one.store(staged(OLD, KEPT))
    two.store(staged(NEW))
    one.rebuild()
    two.rebuild()
    found = {name: held for name, held in collections(own).items() if name not in before}
    assert sorted(found.values()) == [1, 2]
    assert all(name.startswith("mine-") for name in found)
    assert one.indexes.vectors.ids() == {"old-0", "kept-0"}
    assert two.indexes.vectors.ids() == {"new-0"}


def test_a_copy_gets_a_collection_of_its_own(own: ChromaServer, opened: Callable[..., Library], tmp_path: Path) -> None:
    """What a copied folder changes is noticed by the other one, which leaves it alone and makes its own."""
    library = opened(place(own), "one")
    library.store(staged(OLD))
    library.close()
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    copy = opened(place(own), "two")
    assert copy.in_step()
    copy.store(staged(MORE))
    first = opened(place(own), "one")
    assert list(first.indexes.faults().values()) == [
        "the vectors on the server were changed by another copy of this library; run `sanad rebuild`"
    ]
    first.mend()
    first.store(staged(KEPT))
    copy.refresh()
    assert (first.in_step(), copy.in_step()) == (True, True)
    assert (first.indexes.vectors.ids(), copy.indexes.vectors.ids()) == ({"old-0", "kept-0"}, {"old-0", "more-0"})


@pytest.mark.parametrize("then", ["folder", "server"])
def test_vectors_move_with_the_setting(own: ChromaServer, opened: Callable[..., Library], then: str) -> None:
    """A library goes from its folder to a server and back; what was left at the other place is not believed."""
    places = (None, place(own)) if then == "server" else (place(own), None)
    library = opened(places[0])
    library.store(staged(OLD))
    library.close()
    other = opened(places[1])
    (said,) = other.indexes.faults().values()
    assert ("not on the server yet" in said) == (then == "server")
    other.mend()
    assert (other.in_step(), other.indexes.vectors.ids()) == (True, {"old-0"})
    assert isinstance(other.indexes.vectors, ServerIndex) == (then == "server")
    assert other.indexes.faults() == {}


@pytest.mark.parametrize("fault", ["gone", "fewer", "others"])
def test_damage_on_the_server_is_noticed_and_mended(own: ChromaServer, opened: Callable[..., Library], fault: str) -> None:
    """A lost collection, one that lacks passages, and one with other vectors; nothing is embedded again."""
    library = opened(place(own))
    library.store(staged(OLD, KEPT, MORE))
    index = library.indexes.vectors
    assert isinstance(index, ServerIndex)
    if fault == "gone":
        library.indexes._server.sweep(library.indexes._owner(), keep="")
    elif fault == "fewer":
        index.delete(["old"])
    else:
        passages = [passage for batch in library.catalogue.every_passage() for passage in batch]
        index.add(passages, np.random.default_rng(1).standard_normal((3, 16)).astype(np.float32))
    library.close()
    again = opened(place(own))
    again.embedder = Letters("must not be asked")
    assert list(again.indexes.faults()) == [VECTORS]
    again.mend()
    assert (again.in_step(), again.indexes.vectors.ids()) == (True, {"old-0", "kept-0", "more-0"})


def test_a_hostile_collection_runs_nothing(own: ChromaServer, opened: Callable[..., Library], tmp_path: Path,
                                           monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A collection that names code to embed with is neither opened nor built, beside ours or in the place of ours."""
    sentinel = tmp_path / "imported"
    (tmp_path / "sentence_transformers.py").write_text(f"open({str(sentinel)!r}, 'w')\n")
    monkeypatch.syspath_prepend(tmp_path)
    library = opened(place(own))
    library.store(staged(OLD))
    name = library.indexes.vectors.name  # type: ignore[attr-defined]
    base = f"{own.url}/api/v2/tenants/default_tenant/databases/default_database/collections"
    client = httpx.Client(timeout=60)
    metadata = client.get(f"{base}/{name}").json()["metadata"]
    client.delete(f"{base}/{name}").raise_for_status()
    options = {"model_name": "x", "device": "cpu", "normalize_embeddings": False, "kwargs": {"trust_remote_code": True}}
    function = {"type": "known", "name": "sentence_transformer", "config": options}
    for hostile in (name, f"{name}-2"):
        made = client.post(base, json={"name": hostile, "metadata": metadata, "configuration": {"embedding_function": function}})
        assert "sentence_transformer" in json.dumps(made.raise_for_status().json()["configuration_json"])
    library.close()
    again = opened(place(own))
    assert VECTORS in again.indexes.faults()
    again.mend()
    vector = Letters().embed_query(OLD.text)
    assert again.indexes.vectors.search(vector, filters=EVERYTHING, limit=1)[0][0] == "old-0"
    assert not sentinel.exists()
    client.delete(f"{base}/{name}")
    client.delete(f"{base}/{name}-2")
    client.close()


def test_several_processes_ask_while_one_writes(
    own: ChromaServer, make: Callable[..., Assistant], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers of other processes, opened before and during the writing, all answer."""
    monkeypatch.setenv("SANAD_VECTORS__URL", own.url)
    writer = make(place(own))
    writer.ingest([write(tmp_path / "news", 3)])
    with ExitStack() as stack:
        readers = [stack.enter_context(running(ASK, tmp_path / "library", ASKED)) for _ in range(3)]
        writing = threading.Thread(target=lambda: writer.ingest([write(tmp_path / "more", 40, first=10)]))
        for reader in readers:
            assert reader.stdout
            assert reader.stdout.readline() == "ready\n"
        writing.start()
        for reader in readers:
            assert reader.stdin
            reader.stdin.write("go\n")
            reader.stdin.flush()
        for reader in readers:
            status, citations = ended(reader).split()
            assert (status, int(citations) > 0) == ("answered", True)
        writing.join()
    assert len(writer.articles()) == 43
    assert writer.problems() == []


def test_another_model_is_refused_before_anything_is_searched(own: ChromaServer, opened: Callable[..., Library]) -> None:
    """The canaries are in the catalogue, wherever the vectors are."""
    library = opened(place(own))
    library.embedder = Letters(salt="other")
    with pytest.raises(LibraryMismatch):
        library.check_model()
    assert LEXICAL not in library.indexes.faults()
