"""The two indexes derived from the catalogue: opened when needed, checked before use, made anew where they are damaged."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.catalogue import Catalogue
from assistant.errors import LibraryError
from assistant.seal import Seal, Stamp, explained
from assistant.types import Filters

if TYPE_CHECKING:
    from assistant.lexical import LexicalIndex
    from assistant.vectors import VectorIndex

__all__ = ["ALL", "LEXICAL", "VECTORS", "Indexes", "Progress", "unseen"]

LEXICAL, VECTORS = "lexical", "chroma"  # their folders
_NAMES = {LEXICAL: "full-text", VECTORS: "vector"}
ALL = frozenset(_NAMES)

SAMPLE = 5  # passages looked for by their own vectors when the vector index is opened
SAME = 0.99  # cosine of a vector with itself, as Chroma reckons it
FOUND = 0.6  # share of the sample to be found: even a sound index misses single ones (measured)

Progress = Callable[[str, int, int], None]  # what is being done, how much is done, of how much


def unseen(doing: str, done: int, total: int) -> None:
    """A `Progress` for nobody."""


class Indexes:
    """The full-text and the vector index of the library in `folder`, for any number of threads under the library's lock."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._opening = threading.RLock()
        self._lexical: LexicalIndex | None = None
        self._vectors: VectorIndex | None = None
        self._changing = False
        self._generation = catalogue.generation
        self._sealed = self._found = Seal.read(folder)  # what holds, and what is on the disk
        self._tried: dict[str, str] | None = None  # what trying the indexes showed to be wrong, once they were

    @property
    def lexical(self) -> LexicalIndex:
        """The full-text index, opened on first use."""
        from assistant.lexical import LexicalIndex

        with self._opening:
            if self._lexical is None:
                self._lexical = LexicalIndex(self._folder / LEXICAL)
            return self._lexical

    @property
    def vectors(self) -> VectorIndex:
        """The vector index, opened on first use."""
        from assistant.vectors import VectorIndex

        with self._opening:
            if self._vectors is None:
                self._vectors = VectorIndex(self._folder / VECTORS)
            return self._vectors

    @property
    def sound_vectors(self) -> VectorIndex | None:
        """The vector index, or None where it must not be searched: damage can end the process."""
        return None if VECTORS in self.faults() else self.vectors

    def refresh(self) -> None:
        """See what another process changed since they were last looked at."""
        generation, found = self._catalogue.generation, Seal.read(self._folder)
        with self._opening:
            if (generation, found) != (self._generation, self._found):
                self.close()
                self._generation, self._sealed, self._found = generation, found, found

    def close(self) -> None:
        """Let go of their files; they open again when they are used."""
        with self._opening:
            if self._vectors is not None:
                self._vectors.close()
            if self._lexical is not None:
                self._lexical.discard()
            self._lexical = self._vectors = self._tried = None

    # -- health ------------------------------------------------------------------------------------------------------

    @property
    def cut_off(self) -> bool:
        """Whether a change began and did not end."""
        return self._sealed is None or not self._sealed.whole

    def faults(self, *, every_byte: bool = False) -> dict[str, str]:
        """What is wrong with each index, by its folder; a change that was cut off is no fault as far as it can be finished.

        Costs less than a millisecond once the indexes were tried, which is done when they are opened.
        """
        found = self._broken(every_byte=every_byte)
        with self._opening:
            if self._tried is None or every_byte:
                self._tried = {index: said for index in sorted(ALL - found.keys()) if (said := self._try(index))}
                if self._sealed and not found:
                    with suppress(OSError):  # of files that were copied the bytes are compared once, not at every question
                        self._sealed = replace(self._sealed, files=self._stamps(self._sealed))
            return self._tried | found

    def _broken(self, *, every_byte: bool = False) -> dict[str, str]:
        """The indexes whose files are not those that were left behind: they are not even opened."""
        seal = self._sealed
        if seal is None or (seal.whole and seal.generation != self._generation):
            return {
                index: f"the {name} index was not made from this catalogue; run `sanad rebuild`" for index, name in _NAMES.items()
            }
        found = dict(seal.distrusted)
        for index, name in _NAMES.items():
            # tantivy replaces its files as a whole: what it wrote before it was cut off is sound.
            excused = index in found or (index == LEXICAL and not seal.whole)
            if not excused and seal.broken(self._folder, index, self._files(index), every_byte=every_byte):
                found[index] = f"files of the {name} index are missing or changed; run `sanad rebuild`"
        return found

    def _try(self, index: str) -> str | None:
        """What shows to be wrong with an index when it is opened and used."""
        try:
            held, passages = self.count(index), self._catalogue.count().passages
            if held != passages and not self.cut_off:
                return f"the {_NAMES[index]} index holds {held} passages and the catalogue {passages}; run `sanad rebuild`"
            if index == VECTORS and not (self._finds_itself() and (self.cut_off or self._has_the_same())):
                return "the vector index holds other passages than the catalogue; run `sanad rebuild`"
        except LibraryError as exc:
            return str(exc)
        return None

    def _has_the_same(self) -> bool:
        """Whether the vector index holds the catalogue's passages, as far as sealed files do not vouch for it already."""
        if self._files(VECTORS):
            return True
        return self.vectors.ids() == {passage.id for passages in self._catalogue.every_passage() for passage in passages}

    def _finds_itself(self) -> bool:
        """Whether the vector index finds most of a few passages by their own vectors."""
        for passages, vectors in self._catalogue.passage_vectors(self._catalogue.manifest.embedding, batch=SAMPLE):
            nearest = [self.vectors.search(vector, filters=Filters(), limit=1) for vector in vectors]
            return sum(bool(found) and found[0][1] >= SAME for found in nearest) >= FOUND * len(passages)
        return True

    def count(self, index: str) -> int:
        """How many passages an index holds."""
        return self.lexical.count() if index == LEXICAL else self.vectors.count()

    def _files(self, index: str) -> list[Path]:
        from assistant.lexical import LexicalIndex
        from assistant.vectors import VectorIndex

        return (LexicalIndex if index == LEXICAL else VectorIndex).files(self._folder / index)

    # -- changing ----------------------------------------------------------------------------------------------------

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Everything that writes happens within one of these: until it ends, the seal says that a change is under way."""
        if self._changing:
            yield
            return
        distrusted = self.faults()
        self._seal(whole=False, distrusted=distrusted)
        self._changing = True
        try:
            yield
        except BaseException as exc:
            self.close()
            if not distrusted and not isinstance(exc, LibraryError):
                with suppress(LibraryError):
                    self._seal(whole=False, anew=True)  # Chroma did not fail: its files are as it wants them
            raise
        else:
            self._seal(whole=True, anew=True)
        finally:
            self._changing = False

    def _seal(self, *, whole: bool, anew: bool = False, distrusted: Mapping[str, str] | None = None) -> None:
        before = self._sealed or Seal()
        with explained(self._folder):
            files = self._stamps(before) if anew else before.files
            seal = Seal(self._catalogue.generation, whole, files, distrusted or {})
            seal.write(self._folder)
        self._generation, self._sealed, self._found = seal.generation, seal, seal

    def _stamps(self, seal: Seal) -> dict[str, Stamp]:
        return seal.stamps(self._folder, [file for index in ALL for file in self._files(index)])

    def add(self, article_ids: Sequence[str], *, known: Sequence[str] = (), into: Collection[str] = ALL) -> None:
        """Put articles of the catalogue, seen or not, into the indexes; those `known` there are replaced."""
        self._delete(known, into)
        for passages, vectors in self._catalogue.passage_vectors(self._catalogue.manifest.embedding, articles=article_ids):
            if LEXICAL in into:
                self.lexical.add(passages)
            if VECTORS in into:
                self.vectors.add(passages, vectors)
        self._commit(into)

    def delete(self, article_ids: Sequence[str], *, out_of: Collection[str] = ALL) -> None:
        """Take articles out of the indexes."""
        if article_ids:
            self._delete(article_ids, out_of)
            self._commit(out_of)

    def _delete(self, article_ids: Sequence[str], indexes: Collection[str]) -> None:
        if article_ids and LEXICAL in indexes:
            self.lexical.delete(article_ids)
        if article_ids and VECTORS in indexes:
            self.vectors.delete(article_ids)

    def _commit(self, indexes: Collection[str]) -> None:
        if LEXICAL in indexes:
            self.lexical.commit()

    def make(self, indexes: Collection[str] = ALL, progress: Progress = unseen) -> int:
        """Make these indexes anew with the passages readers may see; how many these are."""
        self._create(indexes)
        total, done = self._catalogue.count().passages, 0
        for passages, vectors in self._catalogue.passage_vectors(self._catalogue.manifest.embedding):
            if LEXICAL in indexes:
                self.lexical.add(passages)
            if VECTORS in indexes:
                self.vectors.add(passages, vectors)
            done += len(passages)
            progress("rebuilding", done, total)
        self._commit(indexes)
        return done

    def _create(self, indexes: Collection[str]) -> None:
        from assistant.lexical import LexicalIndex
        from assistant.vectors import VectorIndex

        self.close()
        for index in indexes:
            _empty(self._folder / index)
        if LEXICAL in indexes:
            self._lexical = LexicalIndex(self._folder / LEXICAL, create=True)
        if VECTORS in indexes:
            self._vectors = VectorIndex(self._folder / VECTORS, create=True)


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
