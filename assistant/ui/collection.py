"""The collection on the page: its articles are listed, files that visitors send are taken in, articles are removed."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import tempfile
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath
from threading import BoundedSemaphore, Thread
from typing import TYPE_CHECKING, TypeAlias, cast, get_args

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse

from assistant.articles import TAKEN, SameName
from assistant.errors import DiskFull, UnknownArticle
from assistant.library import Progress
from assistant.pipeline import Assistant
from assistant.readers import FORMATS
from assistant.reasons import note_code, reason_code
from assistant.rendering import to_dict
from assistant.types import Filters, IngestReport, Skipped
from assistant.ui import strings
from assistant.ui.asking import BadRequest, Busy, explained, read, sent
from assistant.ui.listing import ALPHABETS, SORTS, Wanted, listing
from assistant.ui.options import Options
from assistant.ui.password import is_local
from assistant.ui.refusing import refusal
from assistant.ui.safety import FILE_BYTES

if TYPE_CHECKING:
    import gradio as gr

__all__ = ["MOST_FILES", "cleaned", "panel", "router"]

MOST_FILES = 50  # in one request; the page sends more in several
AT_ONCE = 4  # requests that bring articles: each keeps a thread, and up to 50 MB of the disk
_MOST_IDS = 1_000
_LONGEST_QUERY = 200
_LONGEST_NAME = 120
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
_BETWEEN = 0.1  # seconds between two lines of progress: a feed of records has thousands

Line: TypeAlias = Mapping[str, object]
Work: TypeAlias = Callable[[Progress], IngestReport]


def panel() -> gr.HTML:
    """The place on the page in which `collection.js` draws."""
    import gradio as gr

    return gr.HTML(
        html_template='<section id="collection" aria-labelledby="collection-title"></section>',
        apply_default_css=False,
        padding=False,
        elem_id="collection-view",
    )


def router(assistant: Assistant, options: Options) -> APIRouter:
    """The routes under `/api/articles`; those that change the library are refused where the page is read-only."""
    made = APIRouter()
    routes = _Routes(assistant, options, BoundedSemaphore(AT_ONCE))
    made.add_api_route("/api/articles", routes.articles, methods=["GET"])
    made.add_api_route("/api/articles", routes.upload, methods=["POST"])
    made.add_api_route("/api/articles/seeds", routes.seeds, methods=["POST"])
    made.add_api_route("/api/articles/remove", routes.remove, methods=["POST"])
    return made


class _Leaving(BaseModel):
    """The ids of the articles that are to go."""

    ids: list[str] = Field(min_length=1, max_length=_MOST_IDS)


@dataclass(frozen=True, slots=True)
class _Routes:
    assistant: Assistant
    options: Options
    places: BoundedSemaphore

    async def articles(self, request: Request) -> Response:
        """The articles that were asked for, one page of them."""
        wanted = _wanted(request.query_params)
        return JSONResponse(await run_in_threadpool(listing, self.assistant, wanted))

    async def upload(self, request: Request) -> Response:
        """Takes in the files of a form; progress and the report come as lines of JSON."""
        if self.options.read_only:
            return _read_only(request)
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            raise BadRequest("the files should come as multipart/form-data")
        with self._place() as place:
            try:
                async with request.form(max_files=MOST_FILES, max_fields=10) as form:
                    return await self._take(request, form, place)
            except HTTPException as error:  # the form is none, or holds too many files
                raise BadRequest(error.detail) from error

    @contextmanager
    def _place(self) -> Iterator[ExitStack]:
        """A place among those that bring articles; whoever takes over the stack, with `pop_all`, keeps it. Raises Busy."""
        if not self.places.acquire(blocking=False):
            raise Busy("Too many are adding articles just now; try again in a moment.")
        with ExitStack() as stack:
            stack.callback(self.places.release)
            yield stack

    async def _take(self, request: Request, form: FormData, place: ExitStack) -> Response:
        same_name = _same_name(form)
        uploads = [file for file in form.getlist("files") if isinstance(file, UploadFile)]
        if not uploads:
            raise BadRequest("the form should hold files called files")
        folder = tempfile.TemporaryDirectory(prefix="sanad-upload-", ignore_cleanup_errors=True)
        try:
            files, skipped = await run_in_threadpool(_saved, uploads, Path(folder.name))
        except OSError as error:
            folder.cleanup()
            raise DiskFull(
                "What was sent cannot be kept in {folder}: {reason}; make room there.",
                folder=tempfile.gettempdir(),
                reason=str(error.strerror),
            ) from error
        reading, kept = _Reading(files), place.pop_all()

        def work(progress: Progress) -> IngestReport:
            with kept, folder:
                report = self.assistant.ingest_files(reading, same_name=same_name, total=len(files), progress=progress)
            return replace(report, skipped=(*skipped, *report.skipped))

        return _streamed(request, work, total=len(files), name=lambda: reading.name)

    async def seeds(self, request: Request) -> Response:
        """Takes in the bundled articles, with lines as for files."""
        if self.options.read_only:
            return _read_only(request)
        with self._place() as place:
            kept = place.pop_all()

        def work(progress: Progress) -> IngestReport:
            with kept:
                return self.assistant.ingest_seeds(progress=progress)

        return _streamed(request, work, total=0, name=str)

    async def remove(self, request: Request) -> Response:
        """Removes the articles of these ids, or none of them."""
        if self.options.read_only:
            return _read_only(request)
        ids = tuple(dict.fromkeys(read(_Leaving, await sent(request)).ids))
        return JSONResponse({"removed": await run_in_threadpool(self._remove, ids)})

    def _remove(self, ids: tuple[str, ...]) -> list[dict[str, object]]:
        # The assistant understands the beginning of an id too; what is removed here must have been named in full.
        known = {source.article_id for source in self.assistant.articles(Filters(articles=ids))}
        for article in ids:
            if article not in known:
                raise UnknownArticle("No article has the id {id!r}; nothing was removed.", id=article)
        return [to_dict(source) for source in self.assistant.remove(ids)]


def _read_only(request: Request) -> Response:
    return refusal(403, "ReadOnly", strings.text("collection.error.ReadOnly", strings.preferred(request)))


# -- what is asked for ------------------------------------------------------------------------------------------------


def _wanted(asked: QueryParams) -> Wanted:
    sort, alphabet = asked.get("sort", "-day"), asked.get("alphabet", "fa")
    if sort.removeprefix("-") not in SORTS:
        raise BadRequest(f"sort should be one of {', '.join(SORTS)}, with a - before it to run backwards")
    if alphabet not in ALPHABETS:
        raise BadRequest(f"alphabet should be one of {', '.join(ALPHABETS)}")
    return Wanted(
        filters=Filters(
            languages=tuple(filter(None, asked.getlist("language"))),
            publishers=tuple(filter(None, asked.getlist("publisher"))),
            since=_day(asked, "since"),
            until=_day(asked, "until"),
        ),
        query=asked.get("q", "").strip()[:_LONGEST_QUERY],
        texts=asked.get("texts") == "true",
        sort=sort,
        alphabet=alphabet,
        offset=_number(asked, "offset", 0, least=0, most=10**9),
        limit=_number(asked, "limit", 50, least=1, most=200),
    )


def _day(asked: QueryParams, name: str) -> date | None:
    written = asked.get(name)
    try:
        return date.fromisoformat(written) if written else None
    except ValueError as error:
        raise BadRequest(f"{name} should be a day such as 2016-12-18") from error


def _number(asked: QueryParams, name: str, usual: int, *, least: int, most: int) -> int:
    written = asked.get(name)
    if not written:
        return usual
    if not re.fullmatch(r"[0-9]{1,9}", written) or not least <= int(written) <= most:
        raise BadRequest(f"{name} should be a number from {least} to {most}")
    return int(written)


def _same_name(form: FormData) -> SameName:
    given, known = form.get("same_name", "replace"), get_args(SameName)
    if given not in known:
        raise BadRequest(f"same_name should be one of {', '.join(known)}")
    return cast(SameName, given)


# -- files that were sent ---------------------------------------------------------------------------------------------


class _Reading(Iterator[tuple[str, Path]]):
    """Hands out the files one by one and knows the name of the last."""

    def __init__(self, files: list[tuple[str, Path]]) -> None:
        self._files = iter(files)
        self.name = ""

    def __next__(self) -> tuple[str, Path]:
        found = next(self._files)
        self.name = found[0]
        return found


def _saved(uploads: list[UploadFile], folder: Path) -> tuple[list[tuple[str, Path]], list[Skipped]]:
    """The files in `folder` with the names they were sent with, and those too large to be read."""
    files: list[tuple[str, Path]] = []
    skipped: list[Skipped] = []
    for number, upload in enumerate(uploads):
        name = cleaned(upload.filename or "")
        if (upload.size or 0) > FILE_BYTES:
            skipped.append(Skipped(f"upload:{name}", f"is larger than {FILE_BYTES // 2**20} MB; split it"))
            continue
        # What a visitor calls a file is never the name of a file here; only a known ending is kept.
        suffix = PurePosixPath(name).suffix.lower()
        path = folder / f"{number}{suffix if suffix in FORMATS else ''}"
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            shutil.copyfileobj(upload.file, file)
        files.append((name, path))
    return files, skipped


def cleaned(filename: str) -> str:
    """A file's name as it can be shown and stored: no folders, no characters that act or are not seen, not too long."""
    # ZWNJ belongs to the spelling of Persian names.
    seen = "".join(c for c in filename if c.isspace() or c == "\u200c" or unicodedata.category(c) not in _UNSEEN)
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", seen))[-1]
    name = " ".join(last.split()).lstrip("\u200c ").rstrip(". \u200c")
    if len(name) > _LONGEST_NAME:
        suffix = PurePosixPath(name).suffix
        kept = suffix if suffix.lower() in FORMATS else ""
        name = name[: _LONGEST_NAME - len(kept) - 1] + "…" + kept
    return name or "file"


# -- lines of progress ------------------------------------------------------------------------------------------------


def _streamed(request: Request, work: Work, *, total: int, name: Callable[[], str]) -> Response:
    """What `work` reports while it is done in a thread of its own, which a visitor's going away does not stop."""
    lines: asyncio.Queue[Line | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def put(line: Line | None) -> None:
        with suppress(RuntimeError):  # the server has stopped, and nobody listens
            loop.call_soon_threadsafe(lines.put_nowait, line)

    def told() -> Progress:
        last = -_BETWEEN

        def progress(doing: str, done: int, of: int) -> None:
            nonlocal last
            if done == of or time.monotonic() - last >= _BETWEEN:
                last = time.monotonic()
                put({"progress": {"done": done, "total": of, "name": name()}})

        return progress

    def run() -> None:
        put({"progress": {"done": 0, "total": total, "name": ""}})
        try:
            put({"report": _report(work(told()))})
        except Exception as error:  # whoever waits must hear that it has ended
            put({"error": explained(error, strings.preferred(request), detailed=is_local(request.scope))})
        put(None)

    Thread(target=run, name="sanad-ingestion", daemon=True).start()
    return StreamingResponse(_until_none(lines), media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})


async def _until_none(lines: asyncio.Queue[Line | None]) -> AsyncIterator[str]:
    while (line := await lines.get()) is not None:
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _report(report: IngestReport) -> dict[str, object]:
    """The report as JSON-ready values. What was skipped and noted also has a `code` with `values`, to be said in any language."""
    undecided = tuple(f"{item.path} was skipped" for item in report.skipped if item.reason == TAKEN)
    noted = [_note(note) for note in report.notes if not note.startswith(undecided)]  # it goes without saying
    skipped = [_skipped(item) for item in report.skipped]
    return {**to_dict(report), "skipped": skipped, "notes": [note["text"] for note in noted], "noted": noted}


def _skipped(item: Skipped) -> dict[str, object]:
    code, values = reason_code(item.reason)
    return {"path": _shown(item.path), "reason": item.reason, "line": item.line, "code": code, "values": values}


def _note(note: str) -> dict[str, object]:
    code, values = note_code(note)
    if "name" in values:  # where a file lies on this machine is no visitor's business
        shown = _shown(values["name"])
        note, values = note.replace(values["name"], shown, 1), {**values, "name": shown}
    return {"text": note, "code": code, "values": values}


def _shown(location: str) -> str:
    """The name of the file."""
    return location.removeprefix("upload:") if location.startswith("upload:") else PurePosixPath(location).name
