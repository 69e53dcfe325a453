"""What files, folders and documents become, and what each thing that does not become an article says about it."""

from __future__ import annotations

import json
import os
import sys
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import apart
from assistant.articles import TAKEN, Files, SameName, from_documents, read, sent
from assistant.errors import ArticleError
from assistant.types import Article, Skipped, Source, Span

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
FIXTURES = Path(__file__).parent / "fixtures"
MEGABYTE = 1024 * 1024

FA = "نماینده پوتین به تهران رفت\nاو روز یکشنبه با دبیر شورای عالی امنیت ملی ایران دیدار کرد و می‌خواهد باز گردد."
AR = "وفد روسي يزور طهران\nأجرى الوفد محادثات مع وزير الخارجية الإيراني في العاصمة بشأن سوريا."
EN = "Russian envoy visits Tehran\nThe envoy met the secretary of the council on Sunday and will be back."
TEXTS = {"fa": FA, "ar": AR, "en": EN}


def one(*paths: str | Path) -> Article:
    """The only article there, with nothing skipped."""
    (found,) = read(paths)
    assert isinstance(found, Article), found
    return found


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def jsonl(path: Path, *records: object) -> Path:
    return write(
        path, "\n".join(record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records)
    )


def page(body: str, head: str = "", attributes: str = "") -> str:
    return f"<!doctype html><html {attributes}><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>"


def article_page(text: str, head: str = "", attributes: str = "") -> str:
    headline, *rest = text.split("\n")
    return page(f"<article><h1>{headline}</h1>{''.join(f'<p>{line}</p>' for line in rest)}</article>", head, attributes)


def docx_bytes(*paragraphs: str) -> bytes:
    import docx

    document, file = docx.Document(), BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(file)
    return file.getvalue()


# -- formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", TEXTS)
def test_a_text_file_becomes_an_article(tmp_path: Path, language: str) -> None:
    """A .txt file gives its text as it is, the headline, the language, where each came from, and its own path."""
    path = write(tmp_path / "a.txt", TEXTS[language])
    found = one(path)
    assert found == Article(
        Source(
            article_id=found.source.article_id,
            title=TEXTS[language].split("\n")[0],
            language=language,
            origins={"language": "detected", "title": "text: first line"},
        ),
        TEXTS[language],
        path.as_posix(),
    )


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".txt", lambda text: text.encode()),
        (".TXT", lambda text: text.encode()),
        (".md", lambda text: text.encode()),
        (".html", lambda text: article_page(text).encode()),
        (".htm", lambda text: article_page(text).encode()),
        (".docx", lambda text: docx_bytes(*text.split("\n"))),
    ],
)
def test_every_format_gives_the_same_text(tmp_path: Path, suffix: str, content: Any, language: str) -> None:
    """Text, Markdown, web page and Word document of one article give one text, ZWNJ kept."""
    path = write(tmp_path / f"a{suffix}", content(TEXTS[language]))
    found = one(path)
    assert (found.text, found.source.language, found.location) == (TEXTS[language], language, path.as_posix())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
@pytest.mark.parametrize("suffix", [".txt", ".md", ".jsonl"])
def test_utf8_and_marked_utf16_are_read(tmp_path: Path, suffix: str, encoding: str) -> None:
    """UTF-8 with and without a byte order mark and UTF-16 with one give the same text, the mark left out."""
    content = json.dumps({"text": FA}) if suffix == ".jsonl" else FA
    plain = encoding.removesuffix("-bom")
    data = ("\ufeff" + content if encoding.endswith("-bom") else content).encode(plain)
    assert one(write(tmp_path / f"a{suffix}", data)).text == FA


def test_a_word_document_gives_what_a_reader_sees(tmp_path: Path) -> None:
    """Paragraphs, tables, links and inserted words come in order; hidden, deleted and moved words and comments do not."""
    import docx
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = docx.Document()
    first = document.add_paragraph("تیتر خبر")
    first.add_run(" پنهان").font.hidden = True
    document.add_comment(first.runs[0], "یک یادداشت", "x")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "الف", "ب"
    changed = document.add_paragraph("او ")
    for change, kind, word in (
        ("del", "delText", "نرفت"),
        ("ins", "t", "رفت"),
        ("moveFrom", "t", "آمد"),
        ("hyperlink", "t", " و آمد."),
    ):
        changed._p.append(
            parse_xml(f'<w:{change} {nsdecls("w")}><w:r><w:{kind} xml:space="preserve">{word}</w:{kind}></w:r></w:{change}>')
        )
    box = f"<w:txbxContent {nsdecls('w')}><w:p><w:r><w:t>کادر</w:t></w:r></w:p></w:txbxContent>"
    document.add_paragraph("پایان.")._p.append(parse_xml(f"<w:r {nsdecls('w')}><w:pict>{box}</w:pict></w:r>"))
    document.save(str(tmp_path / "a.docx"))
    found = one(tmp_path / "a.docx")
    assert (found.text.split(), found.source.title) == (["تیتر", "خبر", "الف", "ب", "او", "رفت", "و", "آمد.", "پایان."], "تیتر خبر")


def test_text_is_kept_as_it_came(tmp_path: Path) -> None:
    """Spacing, spelling, ZWNJ and blank lines stay; line ends become one, letters NFC, unseen characters go."""
    raw = "تیتر\r\n\r\n  می‌رود  كتاب\u202e هـ.ـامة\u0007 e\u0301\U000e0041\n"
    assert one(write(tmp_path / "a.txt", raw)).text == "تیتر\n\n  می‌رود  كتاب هـ.ـامة é\n"


def test_jsonl_gives_an_article_a_line(tmp_path: Path) -> None:
    """Every record is an article of its own, known by its id or else its line; blank lines count but say nothing."""
    path = jsonl(tmp_path / "feed.jsonl", {"id": "n-1", "text": FA}, "", {"text": AR}, {"id": 7, "text": EN})
    found = list(read([path]))
    assert [(item.location, item.text) for item in found if isinstance(item, Article)] == [
        (f"{path.as_posix()}#n-1", FA),
        (f"{path.as_posix()}#3", AR),
        (f"{path.as_posix()}#7", EN),
    ]


def test_a_broken_line_leaves_the_others(tmp_path: Path) -> None:
    """What is wrong with a line of JSON is said with its number; every other record is an article."""
    path = jsonl(
        tmp_path / "feed.jsonl",
        {"text": FA},
        '{"text": "half',
        "[1, 2]",
        "null",
        {"title": "no text"},
        {"text": 5},
        {"text": "  "},
        {"text": ""},
        {"text": "12 — 34"},
        "[" * 100_000,
        '{"text": "x", "n": ' + "1" * 5_000 + "}",
        {"id": "a", "text": AR},
        {"id": "a", "text": EN},
    )
    first, *skipped, last, repeated = read([path])
    assert isinstance(first, Article)
    assert first.text == FA
    assert isinstance(last, Article)
    assert last.text == AR
    assert [
        (item.line, item.reason) for item in [*skipped, repeated] if isinstance(item, Skipped) and item.path == path.as_posix()
    ] == [
        (2, "is broken JSON at character 10"),
        (3, 'is not a JSON object; each line must be one, {"text": …}'),
        (4, 'is not a JSON object; each line must be one, {"text": …}'),
        (5, 'has no "text"'),
        (6, 'has no "text"'),
        (7, "holds only white space"),
        (8, "is empty"),
        (9, "holds no letters"),
        (10, "is nested too deeply"),
        (11, "holds a number that is too long"),
        (13, "the id a is that of line 12; give each record its own"),
    ]


def test_bytes_that_are_no_text_cost_only_their_line(tmp_path: Path) -> None:
    """Undecodable bytes and an endless line are skipped with their line; a lone surrogate is only left out."""
    good = json.dumps({"text": FA}).encode()
    lines = [b'{"text": "\xc8\xc7"}', b'{"text": "' + b"x" * (11 * MEGABYTE) + b'"}', b'{"text": "abc \\ud800 def"}', good]
    path = write(tmp_path / "feed.jsonl", b"\n".join(lines))
    one_, two, three, four = read([path])
    assert one_ == Skipped(path.as_posix(), "byte 10 is not UTF-8; save it as UTF-8", 1)
    assert two == Skipped(path.as_posix(), "is larger than 10 MB", 2)
    assert isinstance(three, Article)
    assert three.text == "abc  def"
    assert isinstance(four, Article)
    assert four.text == FA


def test_jsonl_is_streamed(tmp_path: Path) -> None:
    """A feed larger than the limit for a file is read record by record, without holding it."""
    line = json.dumps({"text": EN, "page": "x" * 3 * MEGABYTE})
    path = write(tmp_path / "feed.jsonl", "\n".join([line] * 10))
    tracemalloc.start()
    try:
        assert sum(isinstance(item, Article) for item in read([path])) == 10
        assert tracemalloc.get_traced_memory()[1] < 15 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (b"", "is empty"),
        (b" \n\n", "holds only white space"),
        (b"\0\1\2" * 9, "is a binary file, not text"),
        ("x".encode("utf-16") + b"\0", "byte 4 is not UTF-16; save it as UTF-8"),
    ],
)
def test_a_jsonl_file_without_records(tmp_path: Path, file: bytes, expected: str) -> None:
    """A file of records that holds none is skipped as a whole, with one reason."""
    path = write(tmp_path / "feed.jsonl", file)
    assert list(read([path])) == [Skipped(path.as_posix(), expected)]


# -- what cannot be read ----------------------------------------------------------------------------------------------


def zipped(**files: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def encrypted_pdf(password: str) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer, file = PdfWriter(clone_from=PdfReader(FIXTURES / "latin.pdf")), BytesIO()
    writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    writer.write(file)
    return file.getvalue()


DAMAGED = "it is damaged, or another format by that name"
UNREADABLE = {
    "empty.txt": (b"", "is empty"),
    "empty.md": (b"", "is empty"),
    "empty.pdf": (b"", "is empty"),
    "blank.txt": (b" \n\t\xe2\x80\x8c ", "holds no letters"),
    "white.txt": (b" \n\t\r\n", "holds only white space"),
    "unseen.txt": ("\ufeff\u200b\u202e".encode(), "is empty"),
    "figures.txt": ("۱۲۳ — 456!".encode(), "holds no letters"),
    "binary.txt": (b"abc\0def", "is a binary file, not text"),
    "utf32.txt": ("سلام".encode("utf-32"), "is a binary file, not text"),
    "windows.txt": ("خبر تازه".encode("cp1256"), "byte 0 is not UTF-8; save it as UTF-8"),
    "cut.txt": ("خبر تازه".encode()[:-1], "byte 13 is not UTF-8; save it as UTF-8"),
    "cut16.txt": ("خبر".encode("utf-16")[:-1], "byte 6 is not UTF-16; save it as UTF-8"),
    "large.txt": (b"x" * (10 * MEGABYTE + 1), "is larger than 10 MB; split it"),
    "long.txt": (b"word " * 500_000, "its text is longer than 2 MB; split it"),
    "list.md": (b"---\n- a\n- b\n---\ntext", "the front matter is not made of «key: value» lines; mend it or remove it"),
    "deep.md": (b"---\n" + b"[" * 2_000 + b"\n---\ntext", "is nested too deeply"),
    "endless.md": (b"---\n" + b"a: b\n" * 20_000 + b"---\ntext", "the front matter is too long"),
    "odd.md": (b"---\na: !!timestamp soon\n---\ntext", "the front matter holds a value that cannot be read; put it in quotes"),
    "number.md": (
        b"---\na: " + b"1" * 5_000 + b"\n---\ntext",
        "the front matter holds a value that cannot be read; put it in quotes",
    ),
    "nothing.html": (b"<html><body></body></html>", "no article was found on the page; save its text as .txt"),
    "void.html": (b"<!-- -->", "holds no web page"),
    "deep.html": (b"<div>" * 30_000 + b"text", "no article was found on the page; save its text as .txt"),
    "many.html": (b"<p>word</p>" * 30_000, "the page is too large to be an article; save the article alone"),
    "lying.html": (
        b"<meta charset='windows-1257'><p>\xa1</p>",
        "the page says it is windows-1257, but it is not; save it as UTF-8",
    ),
    "undeclared.html": ("<p>خبر تازه</p>".encode("cp1256"), "byte 3 is not UTF-8; save it as UTF-8"),
    "not.pdf": (b"this is no PDF", f"cannot be read as a PDF; {DAMAGED}"),
    "cut.pdf": ((FIXTURES / "latin.pdf").read_bytes()[:700], f"cannot be read as a PDF; {DAMAGED}"),
    "locked.pdf": (encrypted_pdf("secret"), "the PDF is protected by a password; save a copy without one"),
    "not.docx": (b"PK but no archive", f"cannot be read as a Word document; {DAMAGED}"),
    "other.docx": (zipped(**{"a.txt": b"x"}), f"cannot be read as a Word document; {DAMAGED}"),
    "bomb.docx": (zipped(**{"word/document.xml": b"\0" * (60 * MEGABYTE)}), "unpacks to more than 50 MB"),
}


@pytest.mark.parametrize("file", UNREADABLE)
def test_what_cannot_be_read_says_why(tmp_path: Path, file: str) -> None:
    """Every input that cannot become an article is skipped with one line that names what is wrong."""
    content, reason = UNREADABLE[file]
    path = write(tmp_path / file, content)
    assert list(read([path])) == [Skipped(path.as_posix(), reason)]


@pytest.mark.parametrize(
    ("front", "line"),
    [("title: [a", 3), ("a: b: c", 2), ("title: x\nkey: 'open\n", 5), ("a: !!python/object/apply:os.getcwd []", 2)],
)
def test_broken_front_matter_names_its_line(tmp_path: Path, front: str, line: int) -> None:
    """Front matter that is no plain YAML is skipped with the line of the file; nothing in it is ever run."""
    path = write(tmp_path / "a.md", f"---\n{front}\n---\n{EN}\n")
    assert list(read([path])) == [Skipped(path.as_posix(), "the front matter is not YAML; mend it or remove it", line)]


LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12))
HUGE = "0x" + "f" * 20_000


@pytest.mark.parametrize(
    ("front", "publisher", "origin"),
    [
        (f"{LAUGHS}publisher: *a11", None, "unreadable: [["),
        ("publisher: &a [*a]", None, "unreadable: [["),
        (f"publisher: {HUGE}", None, "unreadable: a number"),
        ("publisher: 1984", "1984", "front matter"),
        ("publisher: .inf", None, "unreadable: inf"),
        ("publisher: yes", None, "unreadable: True"),
        ("publisher: !!binary aGVsbG8=", None, "unreadable: b'hello'"),
        ("publisher: {a: b}", None, "unreadable: {'a': 'b'}"),
    ],
)
def test_front_matter_cannot_do_harm(tmp_path: Path, front: str, publisher: str | None, origin: str) -> None:
    """Values that unfold without end, or are no words, are named in short and cost nothing."""
    source = one(write(tmp_path / "a.md", f"---\n{front}\n---\n{EN}\n")).source
    assert source.publisher == publisher
    assert source.origins["publisher"].startswith(origin)
    assert len(source.origins["publisher"]) <= 80


@pytest.mark.parametrize("file", ["a.doc", "a", "a.txt.gz", "sources.toml"])
def test_an_unknown_format_named_outright_says_why(tmp_path: Path, file: str) -> None:
    """A file of no known format is skipped with a reason when it is named, and silently inside a folder."""
    path = write(tmp_path / file, "")
    reason = (
        "sources.toml describes the articles beside it and is not one"
        if file == "sources.toml"
        else "its format is not known; save it as one of .txt, .md, .jsonl, .html, .htm, .pdf, .docx"
    )
    assert list(read([path])) == [Skipped(path.as_posix(), reason)]
    assert list(read([tmp_path])) == []


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Something that is no regular file is skipped, not read for ever."""
    os.mkfifo(tmp_path / "a.txt")
    assert list(read([tmp_path])) == [Skipped((tmp_path / "a.txt").as_posix(), "is not a regular file")]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that lets itself be opened but not read")
def test_a_failing_disk_is_named(tmp_path: Path) -> None:
    """A file that cannot be read though it is there is skipped with what the system says."""
    (tmp_path / "a.txt").symlink_to("/proc/self/mem")
    assert list(read([tmp_path / "a.txt"])) == [Skipped((tmp_path / "a.txt").as_posix(), "cannot be read: input/output error")]


@contextmanager
def without_rights(path: Path) -> Iterator[None]:
    """Takes all rights on `path`, and from the superuser the rights to pass over that."""
    superuser, parents = os.geteuid() == 0, [parent for parent in path.parents if "pytest" in str(parent)]
    modes = {parent: parent.stat().st_mode for parent in parents}
    for parent in parents if superuser else []:
        parent.chmod(0o755)
    mode = path.stat().st_mode
    path.chmod(0)
    if superuser:
        os.seteuid(65534)
    try:
        yield
    finally:
        if superuser:
            os.seteuid(0)
        path.chmod(mode)
        for parent, before in modes.items():
            parent.chmod(before)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are another matter there")
@pytest.mark.parametrize("named", ["file", "folder", "outright"])
def test_missing_rights_are_named(tmp_path: Path, named: str) -> None:
    """A file or folder that must not be read is skipped with its path; the rest of the folder is read."""
    write(tmp_path / "b.txt", EN)
    closed = write(tmp_path / "closed" / "a.txt", FA)
    closed = closed.parent if named == "folder" else closed
    with without_rights(closed):
        found = list(read([closed] if named == "outright" else [tmp_path]))
    assert Skipped(closed.as_posix(), "cannot be read: permission denied") in found
    assert sum(isinstance(item, Article) for item in found) == (0 if named == "outright" else 1)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are another matter there")
def test_a_file_in_a_closed_folder_is_no_missing_path(tmp_path: Path) -> None:
    """A path that cannot even be looked at is skipped for want of rights, not called missing."""
    path = write(tmp_path / "closed" / "a.txt", FA)
    with without_rights(path.parent):
        found = list(read([path]))
    assert found == [Skipped(path.as_posix(), "cannot be read: permission denied")]


# -- paths ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["none.txt", "none", "", "a.txt/inside.txt", "x\0y.txt", "n" * 300])
def test_a_missing_path_raises_before_anything_is_read(tmp_path: Path, missing: str) -> None:
    """A path that does not exist is an error at the call, named, with the way out, whatever else is named."""
    good = write(tmp_path / "a.txt", EN)
    path = str(tmp_path / missing) if missing else ""
    with pytest.raises(ArticleError, match="there is no such file or folder; check the spelling") as caught:
        read([good, path])
    assert caught.value.path == Path(path).as_posix().replace("\0", "")


def test_a_folder_is_walked_in_sorted_order(tmp_path: Path) -> None:
    """Folders give their known files sorted, folders inside them too; hidden and unknown files are passed over."""
    for file in ("b.txt", "a/z.txt", "a/a.md", "c.jpg", ".hidden.txt", ".git/a.txt", "a/.x/b.txt", "B.txt"):
        write(tmp_path / file, EN)
    found = [item.location for item in read([tmp_path]) if isinstance(item, Article)]
    assert found == [(tmp_path / file).as_posix() for file in ("B.txt", "a/a.md", "a/z.txt", "b.txt")]


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file named twice, in whatever way, is one article; its location is absolute."""
    path = write(tmp_path / "a.txt", EN)
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "same.txt").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    assert [item.location for item in read(["a.txt", path, "../" + tmp_path.name, "link"]) if isinstance(item, Article)] == [
        path.as_posix()
    ]
    assert one("a.txt").location == path.as_posix()


def test_one_path_may_be_given_by_itself(tmp_path: Path) -> None:
    """A single path is not taken for a sequence of letters."""
    path = write(tmp_path / "a.txt", EN)
    assert [list(read(given)) for given in (path, str(path))] == [[one(path)], [one(path)]]


def test_what_will_be_looked_at_is_counted(tmp_path: Path) -> None:
    """Files are counted as `read` looks at them: once each, a file of records as one, unknown formats only where named."""
    feed = jsonl(tmp_path / "feed.jsonl", {"text": FA}, {"text": AR})
    other = write(tmp_path / "a.jpg", "")
    assert [len(Files(paths)) for paths in (tmp_path, str(feed), [tmp_path, feed, other])] == [1, 1, 2]
    with pytest.raises(ArticleError, match="there is no such file or folder"):
        Files([tmp_path / "none"])


def test_links_do_not_lead_out_of_a_folder(tmp_path: Path) -> None:
    """A link inside a folder to something outside is named and not followed; other links there say nothing."""
    outside, folder = write(tmp_path / "outside.txt", FA), tmp_path / "folder"
    write(folder / "a.txt", EN)
    (folder / "b.txt").symlink_to(outside)
    (folder / "c.jpg").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    article, skipped = read([folder])
    assert isinstance(article, Article)
    assert article.location == (folder / "a.txt").as_posix()
    assert skipped == Skipped(
        (folder / "b.txt").as_posix(), "is a link that leads out of the folder; name what it leads to instead"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not hold such names")
def test_a_name_of_broken_bytes_can_be_shown(tmp_path: Path) -> None:
    """A file name that is no text still gives a location that can be stored and printed."""
    write(Path(os.fsdecode(os.fsencode(tmp_path / "a") + b"\xff.txt")), EN)
    assert one(tmp_path).location == (tmp_path / "a?.txt").as_posix()


# -- identity ---------------------------------------------------------------------------------------------------------


def identity(tmp_path: Path, **values: object) -> str:
    return one(jsonl(tmp_path / "x.jsonl", {"text": EN, **values})).source.article_id


def test_an_id_names_one_text(tmp_path: Path) -> None:
    """The same text elsewhere, or under another title, has the same id; another id, url, outlet or text has another."""
    plain = one(write(tmp_path / "a.txt", EN)).source.article_id
    assert one(write(tmp_path / "deep" / "b.md", EN)).source.article_id == plain
    assert identity(tmp_path) == identity(tmp_path, title="Other", published="2016-12-18", language="en") == plain
    ids = [
        plain,
        one(write(tmp_path / "c.txt", EN + " More.")).source.article_id,
        identity(tmp_path, publisher="A"),
        identity(tmp_path, publisher="B"),
        identity(tmp_path, id="A"),
        identity(tmp_path, url="https://example.org/a"),
        identity(tmp_path, id="A", publisher="B"),
        identity(tmp_path, id="AB"),
        identity(tmp_path, publisher="AB"),
        identity(tmp_path, id='A","B'),
    ]
    assert len(set(ids)) == len(ids)
    assert all(len(key) == 12 and set(key) <= set("0123456789abcdef") for key in ids)


def test_an_id_counts_before_a_url(tmp_path: Path) -> None:
    """Where a record has its own id, its url may change without a new identity."""
    assert identity(tmp_path, id="A", url="https://example.org/a") == identity(tmp_path, id="A", url="https://example.org/b")


# -- metadata ---------------------------------------------------------------------------------------------------------

FULL = {"title": "عنوان", "publisher": "نشریه", "published": "2016-12-18", "language": "ar", "url": "https://example.org/a"}
TOML = """
["a{suffix}"]
title = "از فهرست"
publisher = "ناشر فهرست"
published = 2001-02-03
language = "en"
url = "https://example.org/toml"
[ "a{suffix}".words ]
publisher = "تهران رفت"
"""
HEAD = """<title>x</title><meta property="og:title" content="عنوان"><meta property="og:site_name" content="نشریه">
<meta property="article:published_time" content="2016-12-18T08:00:00+03:30"><link rel="canonical" href="https://example.org/a">"""
STATING = {
    ".md": ("front matter", "---\n" + "\n".join(f"{key}: {value}" for key, value in FULL.items()) + f"\n---\n{AR}"),
    ".jsonl": ("record", json.dumps({"text": AR, **FULL})),
    ".html": ("HTML metadata", article_page(AR, HEAD, 'lang="ar"')),
}


@pytest.mark.parametrize("suffix", STATING)
def test_what_an_article_states_itself_counts_first(tmp_path: Path, suffix: str) -> None:
    """Front matter, a record and a page's metadata go before sources.toml and the text, and are named as the origin."""
    origin, content = STATING[suffix]
    write(tmp_path / "sources.toml", TOML.replace("{suffix}", suffix))
    source = one(write(tmp_path / f"a{suffix}", content)).source
    assert source == Source(
        article_id=source.article_id,
        title="عنوان",
        language="ar",
        publisher="نشریه",
        url="https://example.org/a",
        published=date(2016, 12, 18),
        origins=dict.fromkeys(FULL, origin),
    )


def test_sources_toml_counts_before_the_text(tmp_path: Path) -> None:
    """Where the article states nothing, sources.toml beside it does, with the words a value rests on."""
    write(tmp_path / "sources.toml", TOML.replace("{suffix}", ".txt"))
    source = one(write(tmp_path / "a.txt", FA)).source
    assert source == Source(
        article_id=source.article_id,
        title="از فهرست",
        language="en",
        publisher="ناشر فهرست",
        url="https://example.org/toml",
        published=date(2001, 2, 3),
        origins={
            **dict.fromkeys(["title", "published", "language", "url"], "sources.toml"),
            "publisher": "sources.toml: «تهران رفت»",
        },
    )
    assert one(write(tmp_path / "other.txt", FA)).source.publisher is None


def test_sources_toml_fills_what_a_record_leaves_open(tmp_path: Path) -> None:
    """Each value is looked for on its own: what the article states stays, what it does not comes from sources.toml."""
    write(tmp_path / "sources.toml", '["a.jsonl"]\npublisher = "P"\ntitle = "T"\n')
    source = one(jsonl(tmp_path / "a.jsonl", {"text": FA, "title": "Own", "publisher": ""})).source
    assert (source.title, source.publisher) == ("Own", "P")
    assert source.origins == {"title": "record", "publisher": "sources.toml", "language": "detected"}


def test_sources_toml_knows_a_file_by_its_name_however_composed(tmp_path: Path) -> None:
    """A file system that takes letters apart does not lose the entry."""
    write(tmp_path / "sources.toml", '["é.txt"]\npublisher = "P"\n')
    assert one(write(tmp_path / unicodedata.normalize("NFD", "é.txt"), FA)).source.publisher == "P"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[broken", "is not TOML: "),
        ("a = [" + "[" * 20_000, "is not TOML: "),
        ("a = " + "1" * 5_000, "is not TOML: "),
        (f'["a.txt"]\ntitle = 0x{"f" * 20_000}', '["a.txt"] title cannot be read: a number'),
        ('"a.txt" = 5', '["a.txt"] is not a table of an article\'s values'),
        (
            '["a.txt"]\ntitel = "x"',
            '["a.txt"] has an unknown key, titel; known are title, publisher, url, published, language and words',
        ),
        ('["a.txt"]\nwords = { titel = "x" }', '["a.txt"] has an unknown key, titel; known are '),
        ('["a.txt"]\nwords = "x"', '["a.txt"] words must give, for each value, the words of the article it rests on'),
        ('["a.txt"]\nwords = { title = 5 }', '["a.txt"] words must give, for each value, the words of the article it rests on'),
        ('["a.txt"]\npublished = "soon"', '["a.txt"] published cannot be read: soon'),
        ('["a.txt"]\nurl = "ftp://x"', '["a.txt"] url cannot be read: ftp://x'),
        ('["a.txt"]\ntitle = ["x"]', "[\"a.txt\"] title cannot be read: ['x']"),
        (b"\xff", "byte 0 is not UTF-8; save it as UTF-8"),
    ],
)
def test_a_broken_sources_toml_raises_before_anything_is_read(tmp_path: Path, content: str | bytes, reason: str) -> None:
    """A sources.toml that cannot be understood is an error at the call that names it and the entry."""
    write(tmp_path / "inside" / "a.txt", FA)
    path = write(tmp_path / "inside" / "sources.toml", content)
    with pytest.raises(ArticleError) as caught:
        read([tmp_path])
    assert caught.value.path == path.as_posix()
    assert caught.value.reason.startswith(reason)


def test_a_sources_toml_that_is_a_folder_is_named(tmp_path: Path) -> None:
    """A sources.toml that cannot be read at all is an error that names it."""
    write(tmp_path / "a.txt", FA)
    (tmp_path / "sources.toml").mkdir()
    with pytest.raises(ArticleError, match="cannot be read: is a directory"):
        read([tmp_path])


DATES = {
    "2016-12-18": date(2016, 12, 18),
    "2016/12/18": date(2016, 12, 18),
    "20161218": date(2016, 12, 18),
    "2016-12-18T23:30:00Z": date(2016, 12, 18),
    "2016-12-18T23:30:00+03:30": date(2016, 12, 18),
    "2016-12-18 08:00": date(2016, 12, 18),
    "Sun, 18 Dec 2016 10:00:00 GMT": date(2016, 12, 18),
    "18 Dec 2016": date(2016, 12, 18),
    "۲۰۱۶-۱۲-۱۸": date(2016, 12, 18),
    "1395-09-28": date(2016, 12, 18),
    "۱۳۹۵/۰۹/۲۸": date(2016, 12, 18),
    "1395-02-31": date(2016, 5, 20),
    "1395-9-28T10:00:00": date(2016, 12, 18),
}


@pytest.mark.parametrize("written", DATES)
@pytest.mark.parametrize("suffix", [".jsonl", ".md"])
def test_a_day_is_read_as_it_is_written(tmp_path: Path, suffix: str, written: str) -> None:
    """ISO days, Gregorian and Persian, in any digits, with or without a time, and mail dates give the day they name."""
    content = json.dumps({"text": FA, "date": written}) if suffix == ".jsonl" else f"---\ndate: {written}\n---\n{FA}"
    source = one(write(tmp_path / f"a{suffix}", content)).source
    assert (source.published, source.origins["published"]) == (DATES[written], "record" if suffix == ".jsonl" else "front matter")


@pytest.mark.parametrize(
    "written",
    [
        *("yesterday", "2016-13-01", "2016-02-30", "18/12/2016", "12/18/2016", "2016-12", "1438-03-18", "1395-12-31"),
        *("0001-01-01", "9999-01-01", "2016-12-18 (updated)", "18 Foo 2016", "31 Feb 2016", "۲ آذر ۱۴۰۳"),
    ],
)
def test_what_is_no_day_stays_unknown_and_visible(tmp_path: Path, written: str) -> None:
    """A date that cannot be read for certain, a year of the lunar calendar among them, is unknown, with what was written."""
    source = one(jsonl(tmp_path / "a.jsonl", {"text": FA, "published": written})).source
    assert (source.published, source.origins["published"]) == (None, f"unreadable: {written}")


@pytest.mark.parametrize("given", [5, True, ["2016-12-18"], {"day": 1}, 1.5])
def test_a_value_of_another_kind_is_no_day(tmp_path: Path, given: object) -> None:
    """Numbers, lists and objects are not taken for dates."""
    source = one(jsonl(tmp_path / "a.jsonl", {"text": FA, "published": given})).source
    assert (source.published, source.origins["published"]) == (None, f"unreadable: {given}")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/خبر?a=1", True),
        ("http://example.org", True),
        (" https://example.org ", True),
        ("javascript:alert(1)", False),
        ("file:///etc/passwd", False),
        ("ftp://example.org/a", False),
        ("https://", False),
        ("https://example.org/a b", False),
        ("https://[::1", False),
        ("https://example.org/\u202ex", False),
        ("https://example.org/" + "a" * 2_000, False),
        ("example.org", False),
        (5, False),
    ],
)
def test_only_web_addresses_are_kept(tmp_path: Path, url: object, kept: bool) -> None:
    """http and https addresses are kept; anything else a link could be is not, and is named."""
    source = one(jsonl(tmp_path / "a.jsonl", {"text": FA, "url": url})).source
    assert source.url == (str(url).strip() if kept else None)
    assert source.origins["url"].startswith("record" if kept else "unreadable: ")
    assert len(source.origins["url"]) <= 80


@pytest.mark.parametrize(
    ("given", "language", "origin"),
    [
        ("fa", "fa", "record"),
        ("fa-IR", "fa", "record"),
        ("AR_eg", "ar", "record"),
        ("per", "fa", "record"),
        ("Persian", "fa", "record"),
        ("العربية", "ar", "record"),
        ("ckb", "ckb", "record"),
        ("und", "fa", "detected"),
        ("a language", "fa", "detected"),
        (["fa"], "fa", "detected"),
        (None, "fa", "detected"),
    ],
)
def test_the_language_is_the_one_given_or_detected(tmp_path: Path, given: object, language: str, origin: str) -> None:
    """A language code, with or without a region, or a common name counts; anything else leaves it to the text."""
    source = one(jsonl(tmp_path / "a.jsonl", {"text": FA, "language": given})).source
    assert (source.language, source.origins["language"]) == (language, origin)


@pytest.mark.parametrize(
    ("values", "publisher", "url"),
    [
        ({"publisher": "BBC"}, "BBC", None),
        ({"source": "BBC"}, "BBC", None),
        ({"publisher": "BBC", "source": "AFP"}, "BBC", None),
        ({"source": "https://example.org/a"}, None, "https://example.org/a"),
        ({"source": "/data/a.txt"}, None, None),
        ({"publisher": "  خبرگزاری\n\u202eایسنا "}, "خبرگزاری ایسنا", None),
        ({"publisher": {"name": "x"}}, None, None),
        ({"publisher": "x" * 600}, None, None),
        ({"publisher": True}, None, None),
    ],
)
def test_an_outlet_is_a_name(tmp_path: Path, values: Mapping[str, object], publisher: str | None, url: str | None) -> None:
    """An outlet's name is one clean line; what other programs put under that key, addresses and paths, is none."""
    source = one(jsonl(tmp_path / "a.jsonl", {"text": FA, **values})).source
    assert (source.publisher, source.url) == (publisher, url)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("تیتر خبر\nمتن خبر امروز است.", "تیتر خبر"),
        ("\n\n  تیتر خبر  \nمتن.", "تیتر خبر"),
        ("خبر فوری\nجمعه ۲ آذر ۱۴۰۳ تهران ۱۹:۴۵\nتیتر خبر\nمتن.", "تیتر خبر"),
        ("آیا او می‌رود؟\nمتن.", "آیا او می‌رود؟"),
        ("او رفت.\nمتن", None),
        ("او گفت: «رفتم.»\nمتن", None),
        ("او گفت:\nمتن", None),
        ("x" * 201 + "\nمتن", None),
        ("x" * 200 + "\nمتن", "x" * 200),
        ("۱۲ — ۳۴\nمتن", None),
    ],
)
def test_the_first_line_is_the_headline_if_it_looks_like_one(tmp_path: Path, text: str, title: str | None) -> None:
    """The first line of the article itself is its title when it is short and no sentence; else there is none."""
    source = one(write(tmp_path / "a.txt", text)).source
    assert (source.title, source.origins.get("title")) == (title, "text: first line" if title else None)


def test_a_markdown_heading_is_a_title_without_its_mark(tmp_path: Path) -> None:
    """The marks of a heading are in the text, not in the title; comments are in neither; dashes alone are no front matter."""
    found = one(write(tmp_path / "a.md", "---\r\n---\r\n## تیتر خبر\r\n<!-- پنهان\n-->متن خبر امروز است.\n---\nپایان"))
    assert (found.text, found.source.title) == ("## تیتر خبر\nمتن خبر امروز است.\n---\nپایان", "تیتر خبر")
    assert one(write(tmp_path / "b.md", "---\nno: end\n")).text == "---\nno: end\n"


# -- the seeds --------------------------------------------------------------------------------------------------------


def seeds() -> list[Article]:
    found = list(read([SEEDS]))
    assert all(isinstance(item, Article) for item in found)
    return [item for item in found if isinstance(item, Article)]


def test_the_seeds_say_what_their_text_supports() -> None:
    """The five seeds have the titles, outlets and languages their own words give, and no day of publication."""
    assert [
        (item.source.language, item.source.publisher, item.source.published, (item.source.title or "")[:22]) for item in seeds()
    ] == [
        ("fa", "رادیوفرانسه", None, "افزایش بیسابقه تماسهای"),
        ("fa", "آران نیوز", None, "شمخانی و نماینده ویژه "),
        ("fa", None, None, "روحانی و پوتین یک بار "),
        ("fa", "پرس تیوی فارسی", None, ""),
        ("ar", "طيف بوست", None, "“لترتيب الوضع في سوريا"),
    ]


def test_every_value_of_the_seeds_rests_on_words_of_the_seed() -> None:
    """sources.toml quotes, for each value it gives, words that stand in that seed, character by character."""
    import tomllib

    tables = tomllib.loads((SEEDS / "sources.toml").read_text("utf-8"))
    texts = {Path(item.location).name: item.text for item in seeds()}
    assert tables.keys() == texts.keys()
    for file, table in tables.items():
        quoted = table.pop("words")
        assert quoted.keys() == table.keys()
        assert [words for words in quoted.values() if words not in texts[file]] == []
        assert all(value in quoted[key] for key, value in table.items() if key != "language")


def test_without_sources_toml_the_seeds_still_have_their_headlines(tmp_path: Path) -> None:
    """Each seed alone gives its headline, over links, labels and a clock; a page's clock is no day of publication."""
    copies = [write(tmp_path / path.name, path.read_bytes()) for path in sorted(SEEDS.glob("*.txt"))]
    alone = [item.source for item in read(copies) if isinstance(item, Article)]
    assert [source.title for source in alone] == [item.source.title for item in seeds()]
    assert {source.published for source in alone} == {None}
    assert {source.origins["language"] for source in alone} == {"detected"}


def test_the_seeds_are_read_verbatim() -> None:
    """The text of a seed is the file, character by character, and what is no news in it is marked."""
    marked = {Path(item.location).name[:3]: [item.text[span.start : span.end] for span in item.boilerplate] for item in seeds()}
    assert [item.text for item in seeds()] == [path.read_text("utf-8") for path in sorted(SEEDS.glob("*.txt"))]
    headline = "“لترتيب الوضع في سوريا”.. مباحثات روسية إيرانية هـ.ـامة في طهران بغياب نظام الأسد.. إليكم تفاصيلها!"
    assert marked == {
        "000": ["پیام برای این مطلب مسدود شده."],
        "001": [],
        "002": ["لینکهای قابلیت دسترسی", "خبر فوری", "جمعه ۲ آذر ۱۴۰۳ تهران ۱۹:۴۵", "XS", "SM", "MD", "LG"],
        "003": ["استفاده از این مطلب با ذکر منبع «پرس تیوی فارسی» بلامانع است."],
        "004": [
            headline,
            "طيف بوست – فريق التحرير",
            "اقرأ أيضاً: “تغيرات كبرى قادمة”.. عمليتان عسكريتان كبيرتان شمال سوريا ووزير الدفاع التركي يطلق تصريحات جديدة!",
        ],
    }
    assert seeds()[4].boilerplate[0] == Span(len(headline) + 1, 2 * len(headline) + 1)


# -- documents --------------------------------------------------------------------------------------------------------


@dataclass
class Document:
    """The part of a LlamaIndex Document that is read."""

    text: object
    id_: str = "n-1"
    metadata: object = field(default_factory=dict)


def test_a_document_becomes_an_article() -> None:
    """A document gives its text, its metadata and its id."""
    zone = timezone(timedelta(hours=3, minutes=30))
    metadata = {
        "title": "T",
        "source": "P",
        "url": "https://example.org",
        "date": datetime(2016, 12, 18, 23, tzinfo=zone),
        "language": "ar",
    }
    (found,) = from_documents([Document(AR, metadata=metadata)])
    assert isinstance(found, Article)
    assert found == Article(
        Source(
            article_id=found.source.article_id,
            title="T",
            language="ar",
            publisher="P",
            url="https://example.org",
            published=date(2016, 12, 18),
            origins=dict.fromkeys(["title", "publisher", "url", "published", "language"], "document metadata"),
        ),
        AR,
        "document:n-1",
    )


def test_a_document_of_llama_index_is_one() -> None:
    """The real class works, without being imported by us; an id made up at random does not change the identity."""
    from llama_index.core import Document as LlamaDocument

    own, first, second = LlamaDocument(text=FA, id_="mine"), LlamaDocument(text=FA), LlamaDocument(text=FA)
    found = [item for item in from_documents([own, first, second]) if isinstance(item, Article)]
    assert [item.location for item in found] == ["document:mine", f"document:{first.id_}", f"document:{second.id_}"]
    assert [item.text for item in found] == [FA] * 3
    assert found[1].source.article_id == found[2].source.article_id != found[0].source.article_id


def test_documents_without_text_or_with_the_same_id_are_named() -> None:
    """What has no text, or the id of another, is skipped under its file's path or its id."""

    class Callable:
        doc_id = "c"

        def get_content(self) -> str:
            return EN

    given = [Document("", "a"), Document(None, "b", {"file_path": "/x/b.txt"}), Callable(), object(), Document(EN, "a")]
    *skipped, last = [item for item in from_documents(given) if isinstance(item, Skipped)]
    assert skipped == [
        Skipped("document:a", "is empty"),
        Skipped("/x/b.txt", "is empty"),
        Skipped("document:e3b0c44298fc", "is empty"),
    ]
    assert last == Skipped("document:a", "another document has the id a; give each its own")
    assert [item.location for item in from_documents(given) if isinstance(item, Article)] == ["document:c"]


def test_articles_import_nothing_heavy() -> None:
    """Reading plain text imports no parser of other formats, and documents need no llama_index."""
    import subprocess

    code = (
        "import sys; from assistant.articles import from_documents, read; list(read(['seeds'])); list(from_documents([]));"
        " print(sorted({'trafilatura', 'lxml', 'pypdf', 'docx', 'yaml', 'llama_index', 'numpy', 'chromadb'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# -- files that were sent ---------------------------------------------------------------------------------------------


def sent_as(*files: tuple[str, Path], there: Mapping[str, Article] | None = None, same_name: SameName = "replace") -> list[Any]:
    """The locations of what was sent, or the path and reason of what was skipped, where articles stand already."""
    known = {location: article.source.article_id for location, article in (there or {}).items()}

    def located(locations: Sequence[str]) -> dict[str, str]:
        return {location: known[location] for location in locations if location in known}

    found = sent(files, located, same_name=same_name)
    return [item.location if isinstance(item, Article) else (item.path, item.reason) for item in found]


def test_where_a_sent_file_lies_is_not_told(tmp_path: Path) -> None:
    """A file that was sent is located by its name; so are its records, and what is skipped of it."""
    text, feed = write(tmp_path / "0.txt", FA), jsonl(tmp_path / "1.jsonl", {"text": EN, "id": "a"}, {"text": AR}, {})
    other, broken = write(tmp_path / "2", EN), write(tmp_path / "3.pdf", b"no PDF")
    found = sent_as(("خبر.txt", text), ("feed.jsonl", feed), ("x.png", other), ("y.pdf", broken))
    assert found == [
        "upload:خبر.txt",
        "upload:feed.jsonl#a",
        "upload:feed.jsonl#2",
        ("upload:feed.jsonl", 'has no "text"'),
        ("upload:x.png", "its format is not known; save it as one of .txt, .md, .jsonl, .html, .htm, .pdf, .docx"),
        ("upload:y.pdf", "cannot be read as a PDF; it is damaged, or another format by that name"),
    ]


@pytest.mark.parametrize(
    ("same_name", "place"),
    [("replace", "upload:a.txt"), ("keep", "upload:a (3).txt"), ("skip", ("upload:a.txt", TAKEN))],
)
def test_another_text_of_the_same_name(tmp_path: Path, same_name: SameName, place: object) -> None:
    """A text whose name others came under takes the place of the first, stands beside them, or is skipped."""
    fa, ar, en = (one(write(tmp_path / f"{language}.txt", text)) for language, text in TEXTS.items())
    there = {"upload:a.txt": fa, "upload:a (2).txt": ar}
    assert sent_as(("a.txt", Path(en.location)), there=there, same_name=same_name) == [place]


@pytest.mark.parametrize("same_name", ["replace", "keep", "skip"])
def test_a_file_that_was_sent_before_is_known_by_its_text(tmp_path: Path, same_name: SameName) -> None:
    """Whatever is asked for, a file goes where its text is already, also when that is beside another."""
    fa, ar = (one(write(tmp_path / f"{language}.txt", TEXTS[language])) for language in ("fa", "ar"))
    there = {"upload:a.txt": fa, "upload:a (2).txt": ar}
    files = [("a.txt", Path(ar.location)), ("a.txt", Path(fa.location))]
    assert sent_as(*files, there=there, same_name=same_name) == ["upload:a (2).txt", "upload:a.txt"]


@pytest.mark.parametrize("same_name", ["replace", "keep", "skip"])
def test_files_of_one_name_sent_together_stand_side_by_side(tmp_path: Path, same_name: SameName) -> None:
    """Files of one name that come together are different files, and a feed that has grown goes where it was."""
    first, second = write(tmp_path / "0.txt", FA), write(tmp_path / "1.txt", AR)
    assert sent_as(("a.txt", first), ("a.txt", second), same_name=same_name) == ["upload:a.txt", "upload:a (2).txt"]
    feed = jsonl(tmp_path / "2.jsonl", {"text": EN, "id": "a"}, {"text": AR, "id": "b"})
    (known, _) = read(feed)
    assert isinstance(known, Article)
    assert sent_as(("f.jsonl", feed), there={"upload:f.jsonl#a": known}, same_name=same_name) == [
        "upload:f.jsonl#a",
        "upload:f.jsonl#b",
    ]


# -- anything at all --------------------------------------------------------------------------------------------------

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
RECORDS = st.dictionaries(st.sampled_from(["text", "id", "url", "title", "publisher", "published", "language"]), VALUES)


def well_made(found: Article | Skipped) -> bool:
    if isinstance(found, Skipped):
        return bool(found.reason) and "\n" not in found.reason
    inside = all(0 <= span.start < span.end <= len(found.text) for span in found.boilerplate)
    return inside and bool(found.text.strip()) and found.text == unicodedata.normalize("NFC", found.text)


@contextmanager
def in_this_process() -> Iterator[None]:
    """Files are read here, where an example takes no second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apart, "FORMATS", frozenset())
        yield


@QUICK
@given(lines=st.lists(st.binary(max_size=40) | RECORDS.map(lambda record: json.dumps(record).encode()), max_size=6))
def test_no_feed_raises(tmp_path: Path, lines: list[bytes]) -> None:
    """Whatever the bytes of a feed, each line is an article or is skipped."""
    assert all(well_made(item) for item in read([write(tmp_path / "a.jsonl", b"\n".join(lines))]))


@QUICK
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@pytest.mark.parametrize("suffix", [".txt", ".md", ".pdf", ".docx", ".html"])
def test_no_bytes_raise(tmp_path: Path, suffix: str, data: bytes) -> None:
    """Whatever the bytes of a file of whatever format, it is an article or is skipped."""
    with in_this_process():
        (found,) = read([write(tmp_path / f"a{suffix}", data)])
    assert well_made(found)


@QUICK
@given(front=st.text(st.characters(codec="utf-8"), max_size=60))
def test_no_front_matter_raises(tmp_path: Path, front: str) -> None:
    """Whatever stands between the dashes, the file is an article or is skipped."""
    (found,) = read([write(tmp_path / "a.md", f"---\n{front}\n---\n{EN}")])
    assert well_made(found)


@QUICK
@given(position=st.integers(0, 3_000), byte=st.integers(0, 255))
def test_no_damaged_pdf_raises(tmp_path: Path, position: int, byte: int) -> None:
    """A PDF with a byte changed is an article or is skipped."""
    data = bytearray((FIXTURES / "as_seen_fa.pdf").read_bytes())
    data[position % len(data)] = byte
    with in_this_process():
        (found,) = read([write(tmp_path / "a.pdf", bytes(data))])
    assert well_made(found)
