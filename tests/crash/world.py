"""A library at work as its users see it, in a folder with the files it is fed from: the steps that a crash cuts off."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

from crash.ledger import Ledger, Live, Step
from crash.news import Piece

from assistant import Article, Assistant
from assistant.articles import read
from assistant.embedding import EmbeddedEmbedder
from assistant.errors import UnknownArticle
from assistant.lexicon import Lexicon
from assistant.vector_server import VectorServer

__all__ = ["World", "script"]

_LATE = (  # what the product, and Chroma, load only when they need it
    "assistant.backup",
    "assistant.exact",
    "assistant.lexical",
    "assistant.vectors",
    "chromadb.api.rust",
    "chromadb.telemetry.product.posthog",
    "persiantools.jdatetime",
)
_lexicon: list[Lexicon] = []


def warm() -> None:
    """Load what is slow to load; nothing is opened that outlives this."""
    for module in _LATE:
        import_module(module)
    if not _lexicon:
        _lexicon.append(Lexicon.open())
        EmbeddedEmbedder(_lexicon[0]).embed(["Bread in Ghent", "نان در گنت"])


class World:
    """The folder `root` with a library, the files its articles came from, exports, libraries made from these, and the ledger."""

    def __init__(self, root: Path, server: str | None = None) -> None:
        warm()
        self.root = root
        self.news = root / "news"
        self.library = root / "library"
        self.ledger = Ledger(root / "ledger")
        self._server = VectorServer(server, timeout=20) if server else None
        self._open: Assistant | None = None
        for folder in (self.news, root / "exports", root / "imports"):
            folder.mkdir(parents=True, exist_ok=True)

    def assistant(self, library: Path | None = None) -> Assistant:
        """An assistant over the library, or over another one."""
        lexicon = _lexicon[0]
        server = self._server if library is None else None
        return Assistant(library or self.library, lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon), server=server)

    @property
    def opened(self) -> Assistant:
        """The one that stays open."""
        if self._open is None:
            self._open = self.assistant()
        return self._open

    def close(self) -> None:
        """Let go of the library."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def export_of(self, name: str) -> Path:
        """The file an export goes to."""
        return self.root / "exports" / f"{name}.sanad"

    def import_of(self, name: str) -> Path:
        """The folder that export is imported into."""
        return self.root / "imports" / name

    def attempt(self, step: Step) -> None:
        """Do `step`, with an entry in the ledger before and after."""
        number = self.ledger.attempt(step)
        self.do(step)
        self.ledger.acknowledge(number)

    def do(self, step: Step) -> None:
        """Do what `step` says; doing it twice is the same as doing it once."""
        getattr(self, f"_{step['do']}")(step)

    def _ingest(self, step: Step) -> None:
        self.opened.ingest([Piece(*numbers).publish(self.news) for numbers in step["pieces"]])

    def _again(self, step: Step) -> None:
        """The same texts come from a second file too."""
        copies = self.root / "copies"
        copies.mkdir(exist_ok=True)
        self.opened.ingest([Piece(*numbers).publish(copies) for numbers in step["pieces"]])

    def _remove(self, step: Step) -> None:
        """Done again after it was done, this says that there are no such articles; their files are kept until then."""
        files = [path for number in step["numbers"] if (path := Piece(number).place(self.news)).exists()]
        ids = [article.source.article_id for article in read(files) if isinstance(article, Article)] if files else []
        if ids:
            with suppress(UnknownArticle):
                self.opened.remove(ids)
        for path in files:
            path.unlink()

    def _prune(self, step: Step) -> None:
        for number in step["numbers"]:
            Piece(number).place(self.news).unlink(missing_ok=True)
        self.opened.ingest([self.news], prune=True)

    def _rebuild(self, step: Step) -> None:
        self.opened.rebuild()

    def _reembed(self, step: Step) -> None:
        self.opened.rebuild(embed=True)

    def _resplit(self, step: Step) -> None:
        with patch("assistant.library.SPLITTER", step["splitter"]):
            self.opened.rebuild(embed=True)

    def _export(self, step: Step) -> None:
        self.opened.export(self.export_of(step["name"]))

    def _import(self, step: Step) -> None:
        with self.assistant(self.import_of(step["name"])) as elsewhere:
            elsewhere.restore(self.export_of(step["name"]))

    def _ask(self, step: Step) -> None:
        self.opened.ask(step["question"])


def script(seed: int | str, live: Live, exports: Sequence[str] = (), *, size: int = 12) -> Iterator[Step]:
    """Steps without end, the same for the same seed, over a library that holds `live`."""
    chance, out, exported = random.Random(seed), dict(live), list(exports)
    following = max(out, default=0) + 1
    kinds: dict[str, tuple[int, Callable[[], Step | None]]] = {}

    def new() -> Step:
        nonlocal following
        pieces = [[number, 0] for number in range(following, following + chance.randint(1, size))]
        following += len(pieces)
        return {"do": "ingest", "pieces": pieces}

    def some(most: int) -> list[int]:
        return sorted(chance.sample(sorted(out), min(len(out), chance.randint(1, most))))

    def changed() -> Step:
        pieces = [[number, out[number] + chance.randint(1, 2)] for number in some(size)]
        if chance.random() < 0.5:
            pieces += new()["pieces"]
        return {"do": "ingest", "pieces": pieces}

    def export() -> Step:
        exported.append(f"export-{len(exported)}-{chance.randrange(10**6)}")
        return {"do": "export", "name": exported[-1]}

    kinds = {
        "new": (6, new),
        "changed": (6, changed),
        "remove": (3, lambda: {"do": "remove", "numbers": some(4)}),
        "prune": (2, lambda: {"do": "prune", "numbers": some(3)}),
        "rebuild": (2, lambda: {"do": "rebuild"}),
        "reembed": (1, lambda: {"do": "reembed"}),
        "export": (1, export),
        "import": (1, lambda: {"do": "import", "name": exported.pop(0)} if exported else None),
        "ask": (2, lambda: {"do": "ask", "question": Piece(chance.choice(sorted(out)), 0).question}),
    }
    while True:
        name = "new" if len(out) < size else chance.choices(list(kinds), [weight for weight, _ in kinds.values()])[0]
        step = kinds[name][1]()
        if step is None:
            continue
        for number, version in step.get("pieces", ()):
            out[number] = version
        for number in step.get("numbers", ()):
            out.pop(number)
        yield step
