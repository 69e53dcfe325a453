"""The door to pypdf: the text of a PDF, each line as it is read, or the reason why it cannot be told.

pypdf's own text extraction turns right-to-left numbers round («۶۱۰۲» for ۲۰۱۶) and trusts the order in which a line
was drawn. So the glyphs are taken with their places, lines are put together from those, and `reading_order` decides how
they are read.
"""

from __future__ import annotations

import logging
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeAlias

import regex

from assistant.errors import ArticleError
from assistant.reading_order import in_reading_order
from assistant.text import ZWNJ

if TYPE_CHECKING:
    from pypdf import PdfReader
    from pypdf.generic._font import Font

__all__ = ["pdf_text"]

logging.getLogger("pypdf").addHandler(logging.NullHandler())  # what it thinks of a file is not for the terminal

Matrix: TypeAlias = tuple[float, float, float, float, float, float]

_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_UNKNOWN = "\ufffd"
_MOST_DRAWING = 10 * 1024 * 1024  # bytes of page descriptions; far beyond any article, and some seconds of work
_MOST_GLYPHS = 500_000  # some two hundred pages
_DEEPEST_FORM = 8
# In parts of the type size: another baseline starts a line, a wider gap is a space, closer starts are one place.
_NEW_LINE, _GAP, _SAME = 0.5, 0.17, 0.03
_LONGEST_LINE = 4_000  # glyphs
_SCANNED = 5  # times as much text as is seen
_INVISIBLE = {3, 7}  # text rendering modes that put no ink on the page


@dataclass(frozen=True, slots=True)
class _Glyph:
    """What one code of a font shows, from `left` to `right` on the line at height `base`."""

    text: str
    left: float
    right: float
    base: float
    size: float
    visible: bool

    @property
    def is_mark(self) -> bool:
        return not self.text.isascii() and all(map(unicodedata.combining, self.text))


def pdf_text(data: bytes, path: str) -> str:
    """The text of a PDF, a paragraph a line; raises ArticleError with the reason when there is none to be had."""
    from pypdf.errors import DependencyError

    try:
        pages = [[_units(line) for line in _lines(_meant(list(page)))] for page in _pages(_opened(data, path), path)]
    except DependencyError as error:
        raise ArticleError(path, "the PDF is encrypted; save a copy that is not") from error
    units = Counter(unit for page in pages for line in page for unit in line)
    if not any(unit.strip() for unit in units):
        raise ArticleError(path, "the PDF holds no text, only pictures; run it through text recognition (OCR) first")
    if units[_UNKNOWN] > units.total() / 20:
        raise ArticleError(path, "the PDF does not say which letters its glyphs are; export it again, or save the text as UTF-8")
    read = in_reading_order(line for page in pages for line in page)
    if read is None:
        raise ArticleError(path, "the order of the PDF's letters cannot be told; export it again, or save the text as UTF-8")
    following = iter(read)
    return "\n".join(_paragraphs([[next(following) for _ in page] for page in pages]))


def _opened(data: bytes, path: str) -> PdfReader:
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise ArticleError(path, "the PDF is protected by a password; save a copy without one")
    return reader


def _meant(page: list[_Glyph]) -> list[_Glyph]:
    """The glyphs of a page without unseen ones, unless they are nearly all of it: the recognised text of a scanned page."""
    seen = [glyph for glyph in page if glyph.visible]
    return page if len(page) > _SCANNED * len(seen) else seen


# -- lines ------------------------------------------------------------------------------------------------------------


def _lines(glyphs: Iterable[_Glyph]) -> Iterator[list[_Glyph]]:
    """Runs of glyphs on one baseline, in the order in which they were drawn."""
    line: list[_Glyph] = []
    for glyph in glyphs:
        if line and (len(line) == _LONGEST_LINE or abs(glyph.base - line[0].base) > _NEW_LINE * max(glyph.size, line[0].size)):
            yield line
            line = []
        line.append(glyph)
    if line:
        yield line


def _units(line: list[_Glyph]) -> list[str]:
    """What stands on the line from left to right, marks with their letters, a space where there is a gap."""
    units: list[str] = []
    last: _Glyph | None = None
    for glyph in _left_to_right(_with_marks(line)):
        if last is not None:
            step = (glyph.left - last.left) / (glyph.size or 1.0)
            if step < _SAME and glyph.text == last.text:
                continue
            if step < _SAME and last.text == " " and not glyph.text.isascii():
                units[-1] = ZWNJ  # a space that takes no room is how browsers print one
            if glyph.left - last.right > _GAP * glyph.size and " " not in (glyph.text, last.text):
                units.append(" ")
        units.append(glyph.text)
        last = glyph
    return units


def _left_to_right(glyphs: list[_Glyph]) -> list[_Glyph]:
    """The glyphs by place; those that start at the same place keep their order."""
    ordered: list[_Glyph] = []
    starts: list[float] = []
    for glyph in glyphs:
        at = bisect_right(starts, glyph.left + _SAME * glyph.size)
        ordered.insert(at, glyph)
        starts.insert(at, glyph.left)
    return ordered


def _with_marks(line: list[_Glyph]) -> list[_Glyph]:
    """The glyphs with every mark beside its letter: joined to the one it is drawn inside of, else next to the nearer one.

    A mark at the edge of two letters keeps its turn between them: it comes before its letter where lines are drawn as
    they are seen, and behind it where they are drawn as they are read.
    """
    letters = [glyph for glyph in line if not glyph.is_mark]
    beside: list[list[_Glyph]] = [[letter] for letter in letters]
    behind = -1
    for glyph in line:
        if not glyph.is_mark:
            behind += 1
            continue
        near = [index for index in (behind + 1, behind) if 0 <= index < len(letters) and letters[index].text.strip()]
        if not near:
            continue
        nearest = min(near, key=lambda index: _distance(glyph, letters[index]))
        letter = letters[nearest]
        if _distance(glyph, letter) < -_SAME * glyph.size:
            at = beside[nearest].index(letter)
            beside[nearest][at] = letters[nearest] = replace(letter, text=letter.text + glyph.text)
        elif nearest == behind:
            beside[nearest].append(replace(glyph, left=letter.left, right=letter.right))
        else:
            beside[nearest].insert(-1, replace(glyph, left=letter.left, right=letter.left))
    return [glyph for glyphs in beside for glyph in glyphs]


def _distance(mark: _Glyph, letter: _Glyph) -> float:
    """How far the middle of the mark is outside the letter; negative inside."""
    middle = (mark.left + mark.right) / 2
    return max(letter.left - middle, middle - letter.right)


# -- paragraphs -------------------------------------------------------------------------------------------------------

_ENDS = regex.compile(r"[.!?؟۔…:؛][\"'»”’\)\]]*$")
_PAGE_NUMBER = regex.compile(r"[\s\p{Pd}/|]*\p{Nd}{1,4}[\s\p{Pd}/|]*")
_FULL = 0.75  # a line at least this long, next to the longest ones, may go on in the next


def _paragraphs(pages: list[list[str]]) -> list[str]:
    """The lines of all pages, those that run on into the next joined, without page numbers."""
    lines = [regex.sub(r"\s+", " ", line).strip() for page in pages for line in _without_page_number(page)]
    lengths = sorted(len(line) for line in lines)
    full = _FULL * lengths[len(lengths) * 9 // 10] if lengths else 0.0
    paragraphs: list[str] = []
    runs_on = False
    for line in lines:
        if runs_on and line:
            paragraphs[-1] += line if paragraphs[-1].endswith("-") else f" {line}"
        else:
            paragraphs.append(line)
        runs_on = len(line) >= full and not _ENDS.search(line)
    return paragraphs


def _without_page_number(page: list[str]) -> list[str]:
    kept = page[1:] if page and _PAGE_NUMBER.fullmatch(page[0]) else page
    return kept[:-1] if kept and _PAGE_NUMBER.fullmatch(kept[-1]) else kept


# -- glyphs -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Pen:
    """The state that the operators of a page description change."""

    page: Matrix = _IDENTITY
    text: Matrix = _IDENTITY
    line: Matrix = _IDENTITY
    font: Font | None = None
    size: float = 1.0
    spacing: float = 0.0
    word_spacing: float = 0.0
    stretch: float = 1.0
    leading: float = 0.0
    rise: float = 0.0
    visible: bool = True


def _times(m: Matrix, n: Matrix) -> Matrix:
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def _pages(reader: PdfReader, path: str) -> Iterator[Iterator[_Glyph]]:
    budget = _Budget(path)
    for page in reader.pages:
        content = page.get("/Contents")
        if content is not None:
            yield _Drawing(reader, budget).glyphs(content.get_object(), page.get("/Resources"), _Pen())


@dataclass(slots=True)
class _Budget:
    """What reading one PDF may cost."""

    path: str
    drawing: int = _MOST_DRAWING
    glyphs: int = _MOST_GLYPHS

    def spend(self, *, drawing: int = 0, glyphs: int = 0) -> None:
        self.drawing -= drawing
        self.glyphs -= glyphs
        if self.drawing < 0 or self.glyphs < 0:
            raise ArticleError(self.path, "the PDF is too large to be an article; split it")


@dataclass(slots=True)
class _Drawing:
    """Follows the operators of one page that move or show text."""

    reader: PdfReader
    budget: _Budget
    fonts: dict[int, Font] = field(default_factory=dict)

    def glyphs(self, content: Any, resources: Any, pen: _Pen, depth: int = 0) -> Iterator[_Glyph]:
        from pypdf.generic import ContentStream

        resources = resources.get_object() if resources is not None else {}
        stream = ContentStream(content, self.reader, "bytes")
        self.budget.spend(drawing=len(stream.get_data()))
        kept: list[_Pen] = []
        for operands, operator in stream.operations:
            if operator == b"q":
                kept.append(replace(pen))
            elif operator == b"Q":
                pen = kept.pop() if kept else pen
            elif operator == b"Do":
                yield from self._form(operands, resources, pen, depth)
            else:
                # A page with one broken operator still shows the rest; so do we.
                with suppress(IndexError, KeyError, TypeError, ValueError, AttributeError):
                    yield from self._follow(operator, operands, resources, pen)

    def _form(self, operands: Any, resources: Any, pen: _Pen, depth: int) -> Iterator[_Glyph]:
        """The glyphs of a drawing inside the drawing."""
        form = resources.get("/XObject", {}).get_object().get(operands[0]) if operands and "/XObject" in resources else None
        form = form.get_object() if form is not None else None
        if form is None or form.get("/Subtype") != "/Form" or depth >= _DEEPEST_FORM:
            return
        matrix = _matrix(form.get("/Matrix", _IDENTITY))
        inner = replace(pen, page=_times(matrix, pen.page))
        yield from self.glyphs(form, form.get("/Resources", resources), inner, depth + 1)

    def _follow(self, operator: bytes, operands: Any, resources: Any, pen: _Pen) -> Iterator[_Glyph]:
        match operator:
            case b"Tj":
                yield from self._show(operands[0], pen)
            case b"TJ":
                for item in operands[0]:
                    if isinstance(item, (int, float)):
                        _advance(pen, -float(item) / 1000 * pen.size * pen.stretch)
                    else:
                        yield from self._show(item, pen)
            case b"'" | b'"':
                if operator == b'"':
                    pen.word_spacing, pen.spacing = float(operands[0]), float(operands[1])
                _next_line(pen, 0.0, -pen.leading)
                yield from self._show(operands[-1], pen)
            case b"Tf":
                pen.font, pen.size = self._font(resources["/Font"].get_object()[operands[0]].get_object()), float(operands[1])
            case _:
                _move(pen, operator, operands)

    def _font(self, resource: Any) -> Font:
        from pypdf.generic._font import Font

        if id(resource) not in self.fonts:
            self.fonts[id(resource)] = Font.from_font_resource(resource)
        return self.fonts[id(resource)]

    def _show(self, shown: Any, pen: _Pen) -> Iterator[_Glyph]:
        if pen.font is None or not isinstance(shown, bytes):
            return
        units = list(_decoded(shown, pen.font))
        self.budget.spend(glyphs=len(units))
        a, b, c, d, e, f = _times(pen.text, pen.page)
        level = abs(b) <= abs(a) / 4  # what is written up, down or aslant is not the article
        size, across, visible = abs(pen.size * d), 0.0, pen.visible
        for code, text in units:
            width = (pen.font.get_text_width(code) / 1000 * pen.size + pen.spacing) * pen.stretch
            if level and text:
                start = e + across * a + pen.rise * c
                end = start + width * a
                yield _Glyph(text, min(start, end), max(start, end), f + across * b + pen.rise * d, size, visible)
            across += width + (pen.word_spacing * pen.stretch if code == " " else 0.0)
        _advance(pen, across)


def _decoded(shown: bytes, font: Font) -> Iterator[tuple[str, str]]:
    """The codes of a shown string with the text each stands for."""
    if isinstance(font.encoding, str):
        for code in shown.decode(font.encoding, "replace"):
            yield code, str(font.character_map.get(code, _UNKNOWN))
    else:
        for byte in shown:
            named = font.encoding.get(byte, chr(byte))
            yield chr(byte), str(font.character_map.get(named, named)) if font.interpretable else _UNKNOWN


def _move(pen: _Pen, operator: bytes, operands: Any) -> None:
    """Changes the pen as a positioning or text state operator says; others change nothing here."""
    match operator:
        case b"cm":
            pen.page = _times(_matrix(operands), pen.page)
        case b"BT":
            pen.text = pen.line = _IDENTITY
        case b"Tm":
            pen.text = pen.line = _matrix(operands)
        case b"Td":
            _next_line(pen, float(operands[0]), float(operands[1]))
        case b"TD":
            pen.leading = -float(operands[1])
            _next_line(pen, float(operands[0]), float(operands[1]))
        case b"T*":
            _next_line(pen, 0.0, -pen.leading)
        case b"TL":
            pen.leading = float(operands[0])
        case b"Tc":
            pen.spacing = float(operands[0])
        case b"Tw":
            pen.word_spacing = float(operands[0])
        case b"Tz":
            pen.stretch = float(operands[0]) / 100
        case b"Ts":
            pen.rise = float(operands[0])
        case b"Tr":
            pen.visible = int(operands[0]) not in _INVISIBLE


def _matrix(numbers: Any) -> Matrix:
    a, b, c, d, e, f = (float(number) for number in numbers)
    return (a, b, c, d, e, f)


def _next_line(pen: _Pen, across: float, up: float) -> None:
    pen.text = pen.line = _times((1.0, 0.0, 0.0, 1.0, across, up), pen.line)


def _advance(pen: _Pen, across: float) -> None:
    pen.text = _times((1.0, 0.0, 0.0, 1.0, across, 0.0), pen.text)
