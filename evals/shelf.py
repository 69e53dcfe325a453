"""What the evals share of the product's data: the articles the gold is about, by file name and by id, and the lexicon."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from assistant import articles as reading
from assistant.lexicon import Lexicon
from assistant.resources import data_folder
from assistant.types import Article
from evals import gold

__all__ = ["PLANTED", "Shelf", "lexicon"]

PLANTED = "planted"  # the folder of hostile articles, beside the gold files


@dataclass(frozen=True, slots=True)
class Shelf:
    """Articles by the name of their file and by their id; `planted` names those that no other question may see."""

    by_name: dict[str, Article] = field(default_factory=dict)
    by_id: dict[str, Article] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # by id
    planted: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path = gold.FOLDER) -> Shelf:
        """The seeds, and whatever is planted beside the gold in `folder`."""
        planted = {path.name: path for path in sorted((folder / PLANTED).glob("*.txt"))}
        shelf = cls(planted=planted)
        for found in reading.read([data_folder("seeds"), *planted.values()]):
            if isinstance(found, Article):
                shelf._add(found)
        return shelf

    def _add(self, article: Article) -> None:
        name = Path(article.location).name
        self.by_name[name] = article
        self.by_id[article.source.article_id] = article
        self.names[article.source.article_id] = name


@cache
def lexicon() -> Lexicon:
    """The shipped lexicon, opened once."""
    return Lexicon.open()
