"""Files made to harm whoever reads them: bombs, bottomless nesting, endless lines, entities, names that lead elsewhere."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

__all__ = ["HOSTILE", "SLOW", "pdf", "stream", "word"]

MB = 2**20
WORDS = "The words of the article stand here, one after the other."

# -- Word documents ---------------------------------------------------------------------------------------------------

_TYPES = """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml"
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
_RELATIONS = """<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
Target="word/document.xml"/></Relationships>"""
_PARAGRAPH = f"<w:p><w:r><w:t>{WORDS}</w:t></w:r></w:p>"


def word(body: str = _PARAGRAPH, *, before: str = "", more: Mapping[str, bytes] | None = None) -> bytes:
    """A Word document with `body`, `before` its root element, and `more` members in its archive."""
    root = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("word/document.xml", f"{before}<w:document {root}><w:body>{body}</w:body></w:document>")
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return packed.getvalue()


def _entities(root: str) -> str:
    """Ten entities, each of ten of the one before: ten thousand million letters."""
    nested = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    return f'<!DOCTYPE {root} [<!ENTITY a "aaaaaaaaaa">{nested}]>'


# -- PDFs -------------------------------------------------------------------------------------------------------------

_FORM = b"/Type/XObject/Subtype/Form"
TEXT = b"BT /F1 12 Tf 72 700 Td (The words of the article stand here.) Tj ET\n"


def stream(data: bytes, more: bytes = b"") -> bytes:
    """A PDF stream."""
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (more, len(data), data)


def pdf(content: bytes = stream(TEXT), *, pages: bytes = b"[3 0 R]", more: Mapping[int, bytes] | None = None) -> bytes:
    """A PDF of one page with `content`, the page tree `pages`, and `more` objects by their numbers, from 6 on."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids %s/Count 1>>" % pages,
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>/XObject<</X 6 0 R>>>>>>",
        4: content,
        5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        **(more or {}),
    }
    made, places = b"%PDF-1.7\n", {}
    for number, written in objects.items():
        places[number] = len(made)
        made += b"%d 0 obj\n%s\nendobj\n" % (number, written)
    size = max(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n" for n in range(1, size))
    return made + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        size,
        table,
        size,
        len(made),
    )


def _object_streams() -> bytes:
    """The page tree lies in an object stream that goes on in itself and says that it holds two thousand million objects."""
    made, places = b"%PDF-1.7\n", {}
    inner = stream(b"2 0 5 7   <</Type/Pages/Kids[2 0 R]/Count 1>>", b"/Type/ObjStm/N 2000000000/First 10/Extends 3 0 R")
    for number, written in {1: b"<</Type/Catalog/Pages 2 0 R>>", 3: inner}.items():
        places[number] = len(made)
        made += b"%d 0 obj\n%s\nendobj\n" % (number, written)
    entries = [(0, 0, 255), (1, places[1], 0), (2, 3, 0), (1, places[3], 0), (1, len(made), 0)]
    rows = b"".join(bytes([kind]) + place.to_bytes(4, "big") + bytes([last]) for kind, place, last in entries)
    table = stream(rows, b"/Type/XRef/Size 5/W[1 4 1]/Root 1 0 R")
    return made + b"4 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF" % (table, len(made))


# -- the files --------------------------------------------------------------------------------------------------------


def _endless_line(path: Path) -> None:
    """A record of a thousand million bytes, which takes no room on the disk, and a good one behind it."""
    with path.open("wb") as file:
        file.write(b'{"text": "' + b"word " * 4_000)
        file.seek(2**30)
        file.write(b'"}\n' + json.dumps({"text": WORDS, "id": "behind"}).encode() + b"\n")


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**30)


def _holding(content: Callable[[], bytes | str]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        made = content()
        path.write_bytes(made if isinstance(made, bytes) else made.encode())

    return write


# Each with how it is written, and why it is skipped; None where it is harmless once read.
HOSTILE: Mapping[str, tuple[Callable[[Path], None], str | None]] = {
    "endless-line.jsonl": (_endless_line, "is larger than 10 MB"),
    "sparse.txt": (_sparse, "is larger than 10 MB; split it"),
    "nested.jsonl": (_holding(lambda: "[" * 1_000_000), "is nested too deeply"),
    "digits.jsonl": (_holding(lambda: '{"text": "x", "n": ' + "9" * 1_000_000 + "}"), "holds a number that is too long"),
    "latin1.txt": (_holding(lambda: "caf\xe9 au lait".encode("latin-1")), "byte 3 is not UTF-8; save it as UTF-8"),
    "overlong.txt": (_holding(lambda: b"a\xc0\xafb \xed\xa0\x80"), "byte 1 is not UTF-8; save it as UTF-8"),
    "comments.md": (_holding(lambda: "<!--" * (2 * MB)), "its text is longer than 2 MB; split it"),
    "aliases.md": (
        _holding(
            lambda: (
                "---\na0: &a0 [x]\n"
                + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
                + f"title: *a39\n---\n{WORDS}"
            )
        ),
        None,
    ),
    "python.md": (
        _holding(lambda: f"---\na: !!python/object/apply:os.system [x]\n---\n{WORDS}"),
        "the front matter is not YAML; .+",
    ),
    "flow.md": (_holding(lambda: f"---\na: {'[' * 10_000}\n---\n{WORDS}"), "is nested too deeply"),
    "nested.html": (_holding(lambda: "<div>" * 200_000 + WORDS), "no article was found on the page; save its text as .txt"),
    "styles.html": (_holding(lambda: f"<style>{'a' * MB}</style><style>{'/*' * MB}</style><p>{WORDS}</p>"), None),
    "entities.html": (_holding(lambda: f"{_entities('html')}<html><body><p>{WORDS} &j;</p></body></html>"), None),
    "bomb.docx": (_holding(lambda: word(more={"word/media/a.png": bytes(60 * MB)})), "unpacks to more than 50 MB"),
    "markup.docx": (_holding(lambda: word("<w:p/>" * (4 * MB))), "unpacks to more than 20 MB"),
    "entities.docx": (_holding(lambda: word("<w:p><w:r><w:t>&j;</w:t></w:r></w:p>", before=_entities("w:document"))), "cannot .+"),
    "outside.docx": (
        _holding(
            lambda: word(
                f"<w:p><w:r><w:t>{WORDS} &amp; &a;</w:t></w:r></w:p>",
                before='<!DOCTYPE w:document [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
            )
        ),
        None,
    ),
    "climbing.docx": (_holding(lambda: word(more={"../climbed.txt": b"x", "/climbed.txt": b"x", "..\\climbed.txt": b"x"})), None),
    "bomb.pdf": (
        _holding(lambda: pdf(stream(zlib.compress(bytes(100 * MB), 1), b"/Filter/FlateDecode"))),
        "cannot be read as a PDF; .+",
    ),
    "filters.pdf": (_holding(lambda: pdf(stream(b"20" * 100, b"/Filter[" + b"/ASCIIHexDecode" * 1_000 + b"]"))), "cannot .+"),
    "ring.pdf": (_holding(lambda: pdf(pages=b"[2 0 R 3 0 R]")), "cannot be read as a PDF; .+"),
    "object-streams.pdf": (_holding(_object_streams), "cannot be read as a PDF; .+"),
    "nested.pdf": (_holding(lambda: pdf(stream(b"[" * 1_000_000))), "is nested too deeply"),
    "self.pdf": (_holding(lambda: pdf(stream(TEXT + b"/X Do\n"), more={6: stream(TEXT + b"/X Do /X Do", _FORM)})), None),
}

# Files that keep a parser busy for minutes: they end when their seconds are up.
SLOW: Mapping[str, Callable[[Path], None]] = {
    "attributes.html": _holding(lambda: f"<p {' '.join(f'a{n}=1' for n in range(200_000))}>{WORDS}</p>"),
    "rows.pdf": _holding(
        lambda: pdf(stream(zlib.compress(b"\2" * (60 * MB), 1), b"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 1>>"))
    ),
}
