"""A fresh process looks at a library after a crash: everything acknowledged is there, whole, once, and found; nothing else is."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from crash.ledger import Live, Step
from crash.news import Piece
from crash.world import World

from assistant import Answer, Article, Assistant
from assistant.articles import read
from assistant.errors import ConfigurationError, EmptyLibrary, NoLibrary
from assistant.library import FEW as LARGE
from assistant.library import SHARE, Library, exists
from assistant.splitting import split
from assistant.types import Filters
from assistant.vectors import ServerIndex

__all__ = ["Finding", "answers", "check", "heal", "imported", "left_over", "seen", "whole"]

FEW, FOUND, FOUND_OF_MANY = 200, 0.95, 0.8  # share of the passages to be found by their own vectors: sound Chroma indexes miss some


@dataclass
class Finding:
    """What a check found: `faults`, one line each, what was there of the step that was cut off, and what healing took."""

    first: str = ""
    faults: list[str] = field(default_factory=list)
    acknowledged: int = 0
    articles: int = 0
    step: str = ""
    outcome: str = ""
    before: list[str] = field(default_factory=list)
    seconds: float = 0.0


def check(root: Path, *, first: str = "ask", every: bool = True, server: str | None = None) -> Finding:
    """What is to be said about the world in `root` after a crash. `first` is what its user does first: ask, or the same again.

    Some of the articles that the step was about are asked for, and two others; with `every`, all there are.
    """
    world = World(root, server)
    model, acknowledged, pending = world.ledger.read()
    finding = Finding(first=first, acknowledged=acknowledged, articles=len(model.live), step=str(pending and pending["do"]))
    try:
        _look(world, finding, first=first, every=every)
    finally:
        world.close()
    return finding


def _look(world: World, finding: Finding, *, first: str, every: bool) -> None:
    model, _, pending = world.ledger.read()
    faults = finding.faults
    if exists(world.library):
        finding.before = world.opened.problems()
    if first == "ask" or pending is None:
        start = time.process_time()
        heal(world, model.live)
        finding.seconds = time.process_time() - start
        there = seen(world, faults)
        finding.outcome = _outcome(there, model.live, pending, model.after(pending).live if pending else model.live)
        faults += _unlike(there, model.during(pending))
        faults += whole(world.opened, world, there, _asked(there, pending, every=False)[:2])
        if pending is not None and pending["do"] == "import":
            faults += imported(world, pending["name"], model.exports[pending["name"]])
    if pending is not None:
        start = time.process_time()
        _again(world, pending, faults)
        finding.seconds = finding.seconds or time.process_time() - start
        model, _, _ = world.ledger.read()
        there = seen(world, faults)
        if there != dict(model.live):
            faults.append(f"after doing it again there is {_shown(there)} and not {_shown(model.live)}")
        faults += whole(world.opened, world, model.live, _asked(model.live, pending, every=every))
        if pending["do"] == "export":
            faults += _exported(world, pending["name"], model.live)
        if pending["do"] == "import":
            faults += imported(world, pending["name"], model.imports[pending["name"]], required=True)
    faults += left_over(world, model.live)


def heal(world: World, live: Live) -> None:
    """Ask one question: nothing else is needed."""
    question = Piece(*next(iter(live.items()))).question if live else Piece(1).question
    try:
        world.opened.ask(question)
    except (NoLibrary, EmptyLibrary):
        if live:
            raise


def _again(world: World, step: Step, faults: list[str]) -> None:
    """Do what was cut off again; a file or a library that is there already is what was to be made."""
    try:
        world.do(step)
    except ConfigurationError as exc:
        if step["do"] not in ("import", "export") or "already" not in str(exc):
            raise
    world.ledger.settle()


def _asked(live: Live, step: Step | None, *, every: bool) -> list[int]:
    """The articles to ask for: all, or some that the step was about and some others."""
    touched = [number for number, _ in (step or {}).get("pieces", ()) if number in live]
    others = [number for number in sorted(live) if number not in touched]
    return touched + others if every else touched[::3] + others[:: max(1, len(others) - 1)]


# -- what is seen -----------------------------------------------------------------------------------------------------


@cache
def _article(piece: Piece, news: Path) -> Article:
    """The article as the product reads it."""
    (article,) = read([piece.publish(news)])
    assert isinstance(article, Article)
    assert article.text.strip() == piece.text.strip()
    return article


def _articles(world: World, live: Live) -> dict[int, Article]:
    """What was published of each, read from a folder of its own and told to be where it was published."""
    there = world.root / "expected"
    there.mkdir(exist_ok=True)
    return {number: _article(Piece(number, version), there) for number, version in live.items()}


def seen(world: World, faults: list[str]) -> dict[int, int]:
    """The versions readers see, by article; an article of which two are seen, or one that nobody wrote, is a fault."""
    written = {}
    for number, version in world.ledger.written():
        article = _articles(world, {number: version})[number]
        written[article.source.article_id, article.source.title] = (number, version)
    try:
        sources = world.opened.articles()
    except NoLibrary:
        return {}
    found: dict[int, int] = {}
    for source in sources:
        key = (source.article_id, source.title)
        if key not in written:
            faults.append(f"there is an article nobody wrote: {key}")
            continue
        number, version = written[key]
        if number in found:
            faults.append(f"article {number} is there as version {found[number]} and as version {version}")
        found[number] = version
    if len({source.article_id for source in sources}) != len(sources):
        faults.append("an article is there twice")
    return found


def _unlike(seen: Live, allowed: Mapping[int, set[int | None]]) -> Iterator[str]:
    """Where what is seen differs from what may be."""
    for number in sorted(seen.keys() | allowed.keys()):
        may = allowed.get(number, {None})
        if seen.get(number) not in may:
            yield f"article {number} is there as {seen.get(number)} and may be one of {sorted(map(str, may))}"


def _outcome(seen: Live, before: Live, step: Step | None, after: Live) -> str:
    if step is None:
        return "nothing was under way"
    if dict(before) == dict(after):
        return "as before"
    return "not done" if dict(seen) == dict(before) else "done" if dict(seen) == dict(after) else "done in part"


def _shown(live: Live) -> str:
    return " ".join(f"{number}:{version}" for number, version in sorted(live.items()))


# -- whether it is whole ----------------------------------------------------------------------------------------------


def whole(assistant: Assistant, world: World, live: Live, asked: Collection[int]) -> list[str]:
    """What is wrong with a library that should hold exactly `live`: in the truth, in both indexes, and to who asks.

    Those of the articles that are `asked` are looked for by their word, and have to answer their own question.
    """
    try:
        articles = _articles(world, live)
        if not live:
            return _nothing(assistant)
        with assistant._reading() as library:
            found = [*_truth(library, articles), *_indexes(library)]
        return [*found, *answers(assistant, world, live, asked), *assistant.problems()]
    except Exception as exc:
        return [f"{type(exc).__name__} where nothing should go wrong: {exc}"]


def _nothing(assistant: Assistant) -> list[str]:
    if not exists(assistant.folder):
        return []
    with assistant._lock.shared():
        library = assistant._opened()
        left = {index: library.indexes.count(index) for index in ("lexical", "chroma")} if library.in_step() else {}
    return [f"an empty library holds {left}"] if any(left.values()) else assistant.problems()


def _truth(library: Library, articles: Mapping[int, Article]) -> Iterator[str]:
    """Every article as it was given, with all its passages and their vectors, each once, and where it came from."""
    catalogue = library.catalogue
    stored = [passage for batch in catalogue.every_passage() for passage in batch]
    wanted = {passage.id: passage.text for article in articles.values() for passage in split(article)}
    if Counter(passage.id for passage in stored) != Counter(list(wanted)):
        yield f"the truth holds {len(stored)} passages and should hold {len(wanted)}, each once"
    for passage in stored:
        if wanted.get(passage.id, passage.text) != passage.text:
            yield f"the text of passage {passage.id} is another one"
    for article in articles.values():
        kept = catalogue.article(article.source.article_id)
        if (kept.text, kept.source.title, kept.source.published) != (article.text, article.source.title, article.source.published):
            yield f"the text, title or day of {article.source.article_id} is another one"
    if any(catalogue.unfinished()):
        yield f"unfinished: {catalogue.unfinished()}"
    if list(library.indexes.faults()) or library.indexes.cut_off:
        yield f"the indexes are not in order: {library.indexes.faults()}"


def _indexes(library: Library) -> Iterator[str]:
    """Both indexes hold the passages of the truth, each once, with its vector, and the vectors find themselves."""
    truth = {}
    for passages, vectors in library.catalogue.passage_vectors(library.catalogue.manifest.embedding):
        truth.update({passage.id: (passage, vector) for passage, vector in zip(passages, vectors, strict=True)})
    index = library.indexes.lexical
    searcher = index._searcher
    documents = searcher.search(tantivy.Query.all_query(), limit=max(1, 2 * len(truth) + 100)).hits
    if Counter(str(searcher.doc(address).get_first("passage")) for _, address in documents) != Counter(list(truth)):
        yield f"the full text holds {len(documents)} passages, the truth {len(truth)}, or they are others"
    held = library.indexes.vectors._collection.get(include=["embeddings", "metadatas"])
    if Counter(held["ids"]) != Counter(list(truth)):
        yield f"the vector index holds {len(held['ids'])} passages, the truth {len(truth)}, or they are others"
        return
    for name, vector, facts in zip(held["ids"], held["embeddings"], held["metadatas"], strict=True):
        passage, kept = truth[name]
        if float(np.dot(vector, kept)) < 0.999 or facts["article"] != passage.source.article_id:
            yield f"the vector index holds another vector or another article for {name}"
    yield from _finds_itself(library, {name: vector for name, (_, vector) in truth.items()})


def _finds_itself(library: Library, vectors: Mapping[str, Any]) -> Iterator[str]:
    known = Counter(vector.tobytes() for vector in vectors.values())
    alone = {name: vector for name, vector in vectors.items() if known[vector.tobytes()] == 1}
    nearest = {name: library.indexes.vectors.search(vector, filters=Filters(), limit=1) for name, vector in alone.items()}
    right = sum(bool(found) and found[0][0] == name for name, found in nearest.items())
    if right < _least(len(alone)):
        yield f"{right} of {len(alone)} passages are found by their own vectors"


def _least(passages: int) -> float:
    """How many of so many a sound index finds."""
    return (FOUND if passages <= FEW else FOUND_OF_MANY) * passages


def answers(assistant: Assistant, world: World, live: Live, asked: Collection[int]) -> Iterator[str]:
    """Each article asked for is what its word finds, and it answers its own question; what is quoted is live."""
    articles = _articles(world, live)
    ids = {article.source.article_id: article for article in articles.values()}
    for number in asked:
        piece, own = Piece(number, live[number]), articles[number].source.article_id
        hits = assistant.search(piece.word, limit=3)
        if not hits or hits[0].passage.source.article_id != own:
            yield f"article {number} is not the first that {piece.word} finds"
        for hit in hits:
            if hit.passage.source.article_id not in ids:
                yield f"searching for {piece.word} finds {hit.passage.source.article_id}, which is gone"
        answer = assistant.ask(piece.question)
        if own not in {citation.source.article_id for citation in answer.citations}:
            yield f"article {number} does not answer {piece.question!r}"
        yield from misquoted(answer, ids)


def misquoted(answer: Answer, articles: Mapping[str, Article]) -> Iterator[str]:
    """Citations of an answer that are not slices of an article that is there."""
    for citation in answer.citations:
        article = articles.get(citation.source.article_id)
        if article is None:
            yield f"an answer cites {citation.source.article_id}, which is gone"
        elif article.text[citation.start : citation.end] != citation.quote:
            yield f"an answer quotes {citation.quote!r}, which is not what {citation.source.article_id} says there"


def alone(root: Path) -> str:
    """What Chroma by itself makes of a copy of a library's vector files."""
    import chromadb

    copy = root / "alone"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root / "library" / "chroma", copy)
    try:
        collection = chromadb.PersistentClient(path=str(copy)).get_collection("passages", embedding_function=None)
        held = collection.get(include=["embeddings"])
        nearest = [collection.query(query_embeddings=[vector], n_results=1, include=[])["ids"][0] for vector in held["embeddings"]]
    except Exception as exc:
        return f"unreadable ({type(exc).__name__})"
    right = sum(found == [name] for found, name in zip(nearest, held["ids"], strict=True))
    return "readable" if right >= _least(len(nearest)) else f"{right} of {len(nearest)} found"


# -- other files ------------------------------------------------------------------------------------------------------


def _exported(world: World, name: str, live: Live) -> list[str]:
    """What is wrong with an export: somebody who imports it should have exactly this."""
    folder = world.root / f"tried-{name}"
    with world.assistant(folder) as tried:
        tried.restore(world.export_of(name))
        return [f"imported: {fault}" for fault in whole(tried, world, live, _asked(live, None, every=False))]


def imported(world: World, name: str, live: Live, *, required: bool = False) -> list[str]:
    """What is wrong with the library made of that export: it is there whole or not at all."""
    with world.assistant(world.import_of(name)) as elsewhere:
        if not exists(elsewhere.folder):
            return ["the import is not there"] if required else []
        return [f"imported: {fault}" for fault in whole(elsewhere, world, live, _asked(live, None, every=False))]


def _collections(library: Library) -> Iterator[str]:
    """What there is on the server of this library besides its vectors."""
    indexes = library.indexes
    if isinstance(indexes.vectors, ServerIndex):
        owner, kept = indexes._owner(), indexes.vectors.name
        others = [model.name for model in indexes._server.api.list_collections() if (model.metadata or {}).get("owner") == owner]
        if others != [kept]:
            yield f"on the server there are {others} of this library, and only {kept} is used"


def left_over(world: World, live: Live) -> Iterator[str]:
    """Files of work that was cut off, and words of articles that are gone for good, wherever they are."""
    if exists(world.library) and live:
        with world.opened._reading() as library:
            waste, held = library.indexes.lexical.waste(), library.indexes.lexical.count()
            if waste > (SHARE * held if held >= LARGE else 0):  # a larger library is allowed some until they are enough
                yield f"the full text has words of {waste} passages that are gone"
            yield from _collections(library)
    places = [world.library, *world.root.glob("imports/*"), world.root / "exports"]
    for place in places:
        for path in place.glob("*"):
            if path.name.startswith((".sanad", "draft-")) or path.name.endswith((".new", "-journal")):
                yield f"left over: {path.relative_to(world.root)}"
    words = {Piece(*pair).word for pair in world.ledger.written()} - {Piece(*pair).word for pair in live.items()}
    for path in world.library.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        found = [word for word in words if word.encode() in content]
        if found:
            yield f"{path.relative_to(world.root)} still has {found[0]}, and {len(found) - 1} more words of what is gone"
