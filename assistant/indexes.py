"""The two indexes derived from the catalogue: opened when needed, checked before use, made anew where they are damaged."""

from __future__ import annotations

import hashlib
import math
import os
import platform
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assistant.catalogue import Catalogue
from assistant.errors import LibraryError, LibraryNotWritable, Notice, VectorsUnavailable
from assistant.protocols import Vectors
from assistant.seal import Seal, Stamp, explained
from assistant.types import Filters, Passage

if TYPE_CHECKING:
    from assistant.lexical import LexicalIndex
    from assistant.vector_server import VectorServer
    from assistant.vectors import Server, ServerIndex, VectorIndex

__all__ = ["ALL", "LEXICAL", "VECTORS", "Draft", "Indexes", "Nearest", "Progress", "unseen"]

LEXICAL, VECTORS = "lexical", "chroma"  # their folders
_NAMES = {LEXICAL: Notice("full-text"), VECTORS: Notice("vector")}
ALL = frozenset(_NAMES)

SAMPLE = 20  # passages whose vectors are compared with the catalogue's when the vector index is opened
# How many of them are looked for, one of which has to be found: of texts that are much alike (bulletins that differ in a number), a
# sound index of Chroma's misses up to half (measured).
LOOKED_FOR = 8
SAME = 0.99  # cosine of a vector with itself, as Chroma reckons it
# While Chroma adds, it holds Python's lock, and every thread that asks stands still: so many passages take some 20 ms. A thread
# that computes is let go on for 5 ms by itself. Adding so costs half as much again, as Chroma writes its files more often.
AT_ONCE = 40
PAUSE = 0.01  # seconds
_DRAFT = "draft-"  # how folders begin in which indexes are made that are to take the place of others

Progress = Callable[[str, int, int], None]  # what is being done, how much is done, of how much


def unseen(doing: str, done: int, total: int) -> None:
    """A `Progress` for nobody."""


class Draft(NamedTuple):
    """Indexes made beside those in use, of the catalogue at `generation`: in the folder `place`, the vectors maybe on a server."""

    place: Path
    generation: int
    passages: int
    vectors: ServerIndex | None


class Nearest:
    """Search by vector that always has an answer: from the index, else by comparing with the catalogue's vectors one by one.

    `notes` says so when that had to be done. Passages that are `hidden` are not found, and take the place of no other.
    """

    def __init__(self, index: VectorIndex | None, catalogue: Catalogue, why: str, hidden: Collection[str] = ()) -> None:
        self._index = index
        self._hidden = hidden
        self._catalogue = catalogue
        self._why = why
        self.notes: tuple[str, ...] = ()

    def search(self, vector: Vectors, *, filters: Filters, limit: int) -> list[tuple[str, float]]:
        """The ids and cosine similarities (-1 to 1) of the `limit` nearest passages, best first."""
        if self._index is not None:
            try:
                while True:
                    hidden = len(self._hidden)
                    found = self._index.search(vector, filters=filters, limit=limit + hidden)
                    seen = [hit for hit in found if hit[0] not in self._hidden][:limit]
                    if len(seen) == limit or len(self._hidden) == hidden:  # else more came in meanwhile, and may be in the way
                        return seen
            except LibraryError:
                self._index = None
        from assistant.exact import ExactSearch

        self.notes = (f"{self._why}; the library's vectors were compared one by one",)
        return ExactSearch(self._catalogue, self._catalogue.manifest.embedding).search(vector, filters=filters, limit=limit)


class Indexes:
    """The full-text and the vector index of the library in `folder`, for any number of threads under the library's lock.

    With a `server`, the vector index is there and not in the folder.
    """

    def __init__(self, folder: Path, catalogue: Catalogue, server: VectorServer | None = None) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._place = server
        self._opening = threading.RLock()
        self._lexical: LexicalIndex | None = None
        self._vectors: VectorIndex | None = None
        self._opened_server: Server | None = None
        self._links: tempfile.TemporaryDirectory[str] | None = None  # where the full-text index is read from a closed folder
        self._changing = False
        self.watched = False  # whether others may read beside the change that is under way
        self._hidden: set[str] = set()  # passages it has put in, which nobody is to find yet
        self._lacking: dict[str, str] = {}  # the indexes that are not to be trusted when the change is over
        self._replaced = False  # whether this change put another collection on the server in the place of one
        self._generation = catalogue.generation
        self._sealed = self._found = Seal.read(folder)  # what holds, and what is on the disk
        self._tried: dict[str, str] | None = None  # what trying the indexes showed to be wrong, once they were

    @property
    def lexical(self) -> LexicalIndex:
        """The full-text index, opened on first use."""
        from assistant.lexical import LexicalIndex

        with self._opening:
            if self._lexical is None:
                try:
                    self._lexical = LexicalIndex(self._folder / LEXICAL)
                except LibraryNotWritable:  # tantivy wants a lock file even to read
                    self._links = _linked(self._folder / LEXICAL)
                    self._lexical = LexicalIndex(Path(self._links.name))
            return self._lexical

    @property
    def _writable_lexical(self) -> LexicalIndex:
        index = self.lexical
        if self._links is not None:
            raise LibraryNotWritable.of(self._folder / LEXICAL)
        return index

    @property
    def vectors(self) -> VectorIndex:
        """The vector index, opened on first use."""
        from assistant.vectors import ServerIndex, VectorIndex

        with self._opening:
            if self._vectors is None:
                if self._place:
                    self._vectors = ServerIndex(self._server, self._sealed.collection if self._sealed else "")
                else:
                    self._vectors = VectorIndex(self._folder / VECTORS)
            return self._vectors

    @property
    def _server(self) -> Server:
        from assistant.vectors import Server

        with self._opening:
            if self._opened_server is None:
                assert self._place is not None
                self._opened_server = Server(self._place)
            return self._opened_server

    def nearest(self, faults: Collection[str] | None = None) -> Nearest:
        """A search by vector for one question, whatever has become of the vector index: a damaged one can end the process.

        `faults` are those that were seen under the same lock; else they are looked for.
        """
        why = "the vector server cannot be used" if self._place else "the vector index cannot be read"
        sound = VECTORS not in (self.faults() if faults is None else faults)
        return Nearest(self.vectors if sound else None, self._catalogue, why, self._hidden)

    def refresh(self) -> None:
        """See what another process changed since they were last looked at."""
        if self.watched:  # by us alone
            return
        generation, found = self._catalogue.generation, Seal.read(self._folder)
        with self._opening:
            if (generation, found) != (self._generation, self._found):
                self._let_go()
                self._generation, self._sealed, self._found = generation, found, found

    def close(self) -> None:
        """Let go of their files and of the server; they open again when they are used."""
        with self._opening:
            self._let_go()
            if self._opened_server is not None:
                self._opened_server.close()
                self._opened_server = None

    def _let_go(self) -> None:
        with self._opening:
            if self._vectors is not None:
                self._vectors.close()
            if self._lexical is not None:
                self._lexical.discard()
            self._lexical = self._vectors = self._tried = None
            if self._links is not None:
                self._links.cleanup()
                self._links = None

    # -- health ------------------------------------------------------------------------------------------------------

    @property
    def cut_off(self) -> bool:
        """Whether a change began and did not end."""
        return self._sealed is None or not self._sealed.whole

    def faults(self, *, every_byte: bool = False) -> dict[str, str]:
        """What is wrong with each index, by its folder; a change that was cut off is no fault as far as it can be finished.

        Costs less than a millisecond once the indexes were tried, which is done when they are opened. While a change is
        watched, only its beginning tells: the files are no longer those that were sealed.
        """
        if self.watched:
            return dict(self._lacking)
        found = self._broken(every_byte=every_byte)
        with self._opening:
            if self._tried is None or every_byte:
                tried = {index: said for index in sorted(ALL - found.keys()) if (said := self._try(index))}
                if VECTORS in tried and self.out_of_reach():
                    return tried | found  # it may be back at the next question
                self._tried = tried
                if self._sealed and not found:
                    with suppress(OSError):  # of files that were copied the bytes are compared once, not at every question
                        self._sealed = replace(self._sealed, files=self._stamps(self._sealed))
            return self._tried | found

    def out_of_reach(self) -> VectorsUnavailable | None:
        """Why the vector server, if there is one, cannot be asked now."""
        if self._place is None:
            return None
        try:
            self._server.check()
        except VectorsUnavailable as exc:
            return exc
        return None

    def mendable(self, faults: Collection[str] | None = None) -> set[str]:
        """The indexes at fault that could be made anew now, of those `faults` that were seen under the same lock, if any were."""
        faults = set(self.faults() if faults is None else faults)
        return faults - {VECTORS} if VECTORS in faults and self.out_of_reach() else faults

    def _broken(self, *, every_byte: bool = False) -> dict[str, str]:
        """The indexes whose files are not those that were left behind: they are not even opened."""
        seal = self._sealed
        if seal is None or (seal.whole and seal.generation != self._generation):
            return {
                index: Notice("the {name} index was not made from this catalogue; run `sanad rebuild`", name=name)
                for index, name in _NAMES.items()
            }
        found = dict(seal.distrusted)
        if bool(seal.collection) != bool(self._place):
            found[VECTORS] = (
                Notice("the vectors are not on the server yet; run `sanad rebuild`")
                if self._place
                else Notice("the vectors are on a server: set SANAD_VECTORS__URL again, or run `sanad rebuild`")
            )
        for index, name in _NAMES.items():
            # tantivy replaces its files as a whole: what it wrote before it was cut off is sound.
            excused = index in found or (index == LEXICAL and not seal.whole)
            if not excused and seal.broken(self._folder, index, self._files(index), every_byte=every_byte):
                found[index] = Notice("files of the {name} index are missing or changed; run `sanad rebuild`", name=name)
        return found

    def _try(self, index: str) -> str | None:
        """What shows to be wrong with an index when it is opened and used."""
        try:
            if index == VECTORS and self._place and not self.cut_off and not self._is_marked():
                return Notice("the vectors on the server were changed by another copy of this library; run `sanad rebuild`")
            held, passages = self.count(index), self._catalogue.count().passages
            if held != passages and not self.cut_off:
                return Notice(
                    "the {name} index holds {held} passages and the catalogue {passages}; run `sanad rebuild`",
                    name=_NAMES[index],
                    held=held,
                    passages=passages,
                )
            if index == VECTORS and not (self._agrees() and (self.cut_off or self._has_the_same())):
                return Notice("the vector index holds other passages than the catalogue; run `sanad rebuild`")
        except LibraryError as exc:
            return exc.notice
        return None

    def _has_the_same(self) -> bool:
        """Whether the vector index holds the catalogue's passages, as far as sealed files do not vouch for it already."""
        if self._place or self._files(VECTORS):
            return True
        return self.vectors.ids() == {passage.id for passages in self._catalogue.every_passage() for passage in passages}

    def _is_marked(self) -> bool:
        """Whether the server holds what was there when our last change was over."""
        from assistant.vectors import ServerIndex

        index = self.vectors
        return isinstance(index, ServerIndex) and self._sealed is not None and index.mark == self._sealed.mark

    def _agrees(self) -> bool:
        """Whether the vector index has the catalogue's vectors, as far as some tell, and finds passages by them at all."""
        sample = self._catalogue.some_vectors(self._catalogue.manifest.embedding, SAMPLE)
        kept = self.vectors.kept(list(sample)) if sample else {}
        if any(name not in kept or not _same(vector, kept[name]) for name, vector in sample.items()):
            return False
        looked_for = list(sample.values())[:LOOKED_FOR]
        found = (self.vectors.search(vector, filters=Filters(), limit=1) for vector in looked_for)
        return not looked_for or any(hits and hits[0][1] >= SAME for hits in found)

    def count(self, index: str) -> int:
        """How many passages an index holds."""
        return self.lexical.count() if index == LEXICAL else self.vectors.count()

    def _files(self, index: str) -> list[Path]:
        from assistant.lexical import LexicalIndex
        from assistant.vectors import VectorIndex

        if index == VECTORS and self._place:
            return []
        return (LexicalIndex if index == LEXICAL else VectorIndex).files(self._folder / index)

    # -- changing ----------------------------------------------------------------------------------------------------

    @contextmanager
    def changing(self, *, mending: bool = False) -> Iterator[None]:
        """Everything that writes happens within one of these: until it ends, the seal says that a change is under way.

        Raises `VectorsUnavailable` or `LibraryNotWritable` before anything was changed, unless it is for `mending` what can be.
        """
        if self._changing:
            yield
            return
        distrusted = self.faults()
        if not mending:
            if away := self.out_of_reach():
                raise away
            if LEXICAL not in distrusted:
                _ = self._writable_lexical
        self._seal(whole=False, distrusted=distrusted)
        self._changing, self._lacking, self._replaced = True, dict(distrusted), False
        try:
            if VECTORS not in distrusted:
                self._mark("")
            yield
            mark = "" if VECTORS in self._lacking else self._mark(uuid.uuid4().hex)
        except BaseException as exc:
            self._let_go()
            if not distrusted and not isinstance(exc, LibraryError):
                with suppress(LibraryError):
                    self._seal(whole=False, anew=True)  # Chroma did not fail: its files are as it wants them
            raise
        else:
            self._seal(whole=True, anew=True, distrusted=self._lacking, mark=mark)
            self._drop_drafts()  # of a rebuild that was killed: they hold what is removed here
            self._sweep()
        finally:
            self._hidden = set()
            self._changing = False

    @contextmanager
    def watching(self, come_in: Callable[[], AbstractContextManager[bool]]) -> Iterator[bool]:
        """Within a `changing`: for a block, let others read, who `come_in` and see what was there before."""
        self.watched = True
        try:
            with come_in() as others:
                yield others
        finally:
            self.watched = False

    def distrust(self) -> None:
        """Believe nothing in the indexes until they are made anew, within a `changing`."""
        self._lacking = {
            index: Notice("the {name} index is out of date; run `sanad rebuild`", name=name) for index, name in _NAMES.items()
        }
        self._seal(whole=False, distrusted=self._lacking)

    def _mark(self, mark: str) -> str:
        """Have the server remember `mark` with the vectors; the mark."""
        from assistant.vectors import ServerIndex

        if self._place and isinstance(self.vectors, ServerIndex):
            self.vectors.seal(mark, self._owner())
        return mark

    def _seal(
        self, *, whole: bool, anew: bool = False, distrusted: Mapping[str, str] | None = None, mark: str | None = None
    ) -> None:
        from assistant.vectors import ServerIndex

        before = self._sealed or Seal()
        collection = before.collection
        if whole and VECTORS not in self._lacking:
            collection = self._vectors.name if isinstance(self._vectors, ServerIndex) else ""
        with explained(self._folder):
            files = self._stamps(before) if anew else before.files
            seal = Seal(
                self._catalogue.generation, whole, files, distrusted or {}, collection, before.mark if mark is None else mark
            )
            seal.write(self._folder)
        self._generation, self._sealed, self._found = seal.generation, seal, seal

    def _sweep(self) -> None:
        """Remove from the server what this change replaced there; the next one does what cannot be done now."""
        if self._replaced and self._sealed:
            with suppress(LibraryError):
                self._server.sweep(self._owner(), self._sealed.collection)

    def _stamps(self, seal: Seal) -> dict[str, Stamp]:
        return seal.stamps(self._folder, [file for index in ALL for file in self._files(index)])

    def add(
        self, article_ids: Sequence[str], *, known: Sequence[str] = (), into: Collection[str] = ALL, gently: bool = False
    ) -> None:
        """Put articles of the catalogue, seen or not, into the indexes; those `known` there are replaced. See `show`.

        It is done `gently` where other threads compute meanwhile.
        """
        self._delete(known, into)
        for passages, vectors in self._catalogue.passage_vectors(self._catalogue.manifest.embedding, articles=article_ids):
            if LEXICAL in into:
                self._writable_lexical.add(passages)
            if VECTORS in into:
                self._hidden.update(passage.id for passage in passages)
                self._add_vectors(passages, vectors, gently=gently)
        self._commit(into, show=False)

    def _add_vectors(self, passages: Sequence[Passage], vectors: Vectors, *, gently: bool) -> None:
        if not gently or self._place:  # a server computes by itself
            self.vectors.add(passages, vectors)
            return
        for start in range(0, len(passages), AT_ONCE):
            self.vectors.add(passages[start : start + AT_ONCE], vectors[start : start + AT_ONCE])
            time.sleep(PAUSE)

    def show(self) -> None:
        """Let everybody find what was added."""
        self._hidden = set()
        if self._lexical is not None:
            self._lexical.reload()

    def delete(self, article_ids: Sequence[str], *, out_of: Collection[str] = ALL) -> None:
        """Take articles out of the indexes."""
        if article_ids:
            self._delete(article_ids, out_of)
            self._commit(out_of)

    def _delete(self, article_ids: Sequence[str], indexes: Collection[str]) -> None:
        if article_ids and LEXICAL in indexes:
            self._writable_lexical.delete(article_ids)
        if article_ids and VECTORS in indexes:
            self.vectors.delete(article_ids)

    def _commit(self, indexes: Collection[str], *, show: bool = True) -> None:
        if LEXICAL in indexes:
            self.lexical.commit(show=show)

    def make(self, indexes: Collection[str] = ALL, progress: Progress = unseen) -> int:
        """Make these indexes anew with the passages readers may see; how many these are."""
        self._create(indexes)
        lexical = self.lexical if LEXICAL in indexes else None
        vectors = self.vectors if VECTORS in indexes else None
        done = self._fill(lexical, vectors, progress)
        for index in indexes:
            self._lacking.pop(index, None)
        return done

    def _fill(self, lexical: LexicalIndex | None, vectors: VectorIndex | None, progress: Progress) -> int:
        """Put every passage that readers may see into indexes that are empty; how many these are."""
        total, done = self._catalogue.count().passages, 0
        for passages, rows in self._catalogue.passage_vectors(self._catalogue.manifest.embedding):
            if lexical is not None:
                lexical.add(passages)
            if vectors is not None:
                vectors.add(passages, rows)
            done += len(passages)
            progress("rebuilding", done, total)
        if lexical is not None:
            lexical.commit()
        return done

    def _create(self, indexes: Collection[str]) -> None:
        from assistant.lexical import LexicalIndex
        from assistant.vectors import VectorIndex

        self._let_go()
        on_server = self._server.create(self._owner()) if VECTORS in indexes and self._place else None
        for index in indexes:
            _empty(self._folder / index)
        self._drop_drafts()
        if LEXICAL in indexes:
            self._lexical = LexicalIndex(self._folder / LEXICAL, create=True)
        if on_server is not None:
            self._vectors, self._replaced = on_server, True
        elif VECTORS in indexes:
            self._vectors = VectorIndex(self._folder / VECTORS, create=True)

    # -- making anew beside what is in use -----------------------------------------------------------------------------

    def draft(self, progress: Progress = unseen) -> Draft | None:
        """Both indexes made anew beside those in use, for a later `take`; None where they had better be made in their place.

        Needs the shared lock only, so that others can ask meanwhile.
        """
        if self.cut_off or self.faults() or not self._has_room_for_two():
            return None
        from assistant.lexical import LexicalIndex
        from assistant.vectors import VectorIndex

        generation = self._catalogue.generation
        with explained(self._folder):
            place = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=self._folder))
        try:
            on_server = self._server.create(self._owner()) if self._place else None
            vectors = on_server or VectorIndex(place / VECTORS, create=True)
            lexical = LexicalIndex(place / LEXICAL, create=True)
            try:
                done = self._fill(lexical, vectors, progress)
            finally:
                lexical.discard()
                vectors.close()
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        return Draft(place, generation, done, on_server)

    def _has_room_for_two(self) -> bool:
        folders = [self._folder / index for index in ALL]
        if any(folder.is_symlink() for folder in folders):
            return False
        with explained(self._folder):
            needed = sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
            return shutil.disk_usage(self._folder).free > 2 * needed

    def take(self, draft: Draft) -> bool:
        """Put a draft in the place of the indexes, within a `changing`; False when the catalogue is another one by now."""
        try:
            if draft.generation != self._catalogue.generation or not draft.place.exists():
                return False
            self._let_go()
            with explained(self._folder):
                for index in sorted(path.name for path in draft.place.iterdir()):
                    os.rename(self._folder / index, draft.place / f"{index}-old")
                    os.rename(draft.place / index, self._folder / index)
            if draft.vectors is not None:
                self._vectors, self._replaced = draft.vectors, True
            self._lacking.clear()
            return True
        finally:
            self._drop_drafts()

    def _drop_drafts(self) -> None:
        """Remove drafts, on a server with the next `_sweep`; nobody works on one while somebody has the library to himself."""
        for place in self._folder.glob(f"{_DRAFT}*"):
            self._replaced = self._replaced or self._place is not None
            shutil.rmtree(place, ignore_errors=True)

    def _owner(self) -> str:
        """A name for this library in this place, which no other library and no copy of it has."""
        database = self._catalogue.path
        known = (platform.node(), database.resolve(), database.stat().st_ino, self._catalogue.manifest.created)
        return hashlib.sha256(repr(known).encode()).hexdigest()[:12]


def _same(one: Vectors, other: Vectors) -> bool:
    """Whether two vectors point the same way."""
    lengths = float((one @ one) * (other @ other))
    return one.shape == other.shape and float(one @ other) >= SAME * math.sqrt(lengths) > 0


def _linked(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder of our own with links to the files of `folder`: it can hold lock files, and nothing was copied."""
    made = tempfile.TemporaryDirectory(prefix="sanad-")
    with explained(folder):
        for path in folder.iterdir():
            if path.is_file() and not path.name.startswith("."):
                target = Path(made.name) / path.name
                try:
                    target.symlink_to(path.absolute())
                except OSError:  # Windows lets not everybody make links
                    shutil.copyfile(path, target)
    return made


def _empty(folder: Path) -> None:
    """Take away whatever is in the place of `folder`; where it is a link to another folder, what that holds."""
    with explained(folder):
        if folder.is_dir():
            for path in folder.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
        else:
            folder.unlink(missing_ok=True)
