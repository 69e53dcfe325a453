"""Persian and Arabic PDFs come out as they are read, however they were drawn, or are refused with the reason."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import ArticleError
from assistant.pdf import pdf_text
from assistant.reading_order import in_reading_order

FIXTURES = Path(__file__).parent / "fixtures"


def _maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_pdfs", FIXTURES / "make_pdfs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = _maker()

PERSIAN = (
    "دیدار نماینده پوتین با شمخانی در تهران\n"
    "الکساندر لاورنتیاف (نماینده ویژه پوتین) روز یکشنبه 18 دسامبر ۲۰۱۶ برای دومین بار به ایران سفر کرد و با «علی شمخانی» دیدار کرد."
    " خبرگزاری Reuters News گزارش داد که نشست ساعت 10:30 آغاز شد و تجارت این کشور 12.5% افزایش یافت.\n"
    "او گفت که لازم است همکاری با اسلام آباد نیز ادامه یابد."
)
ARABIC = (
    "وفد روسي يزور طهران لبحث الملف السوري\n"
    "أكدت مصادر إعلامية أن وفدا روسيا بقيادة المبعوث (لافرنتييف) أجرى زيارة إلى طهران في 18 ديسمبر ٢٠١٦ لإجراء محادثات بشأن السلام"
    " في سوريا، وقالت وكالة Reuters إن الوفد التقى وزير الخارجية «حسين أمير عبد اللهيان» على هامش الاجتماع.\n"
    "وأشارت المصادر إلى أن المباحثات بين الجانبين حملت تطورات هامة."
)
MARKED = "او گفت که کتابِ خوب را می‌خواند و مؤکّداً می‌گوید که این خبر را به آن‌ها داده است."
ENGLISH = (
    "Russian envoy meets Shamkhani in Tehran\n"
    "The envoy of the Russian president met the secretary of the council on Sunday, and the two spoke about the first talks of"
    " the year."
)
UNTOLD = "the order of the PDF's letters cannot be told; export it again, or save the text as UTF-8"
UNMAPPED = "the PDF does not say which letters its glyphs are; export it again, or save the text as UTF-8"
NO_TEXT = "the PDF holds no text, only pictures; run it through text recognition (OCR) first"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("as_read_fa.pdf", PERSIAN),
        ("as_seen_fa.pdf", PERSIAN),
        ("as_seen_ligatures_ar.pdf", ARABIC),
        ("forms_as_read_ar.pdf", ARABIC),
        ("forms_as_seen_ar.pdf", ARABIC),
        ("forms_as_seen_fa.pdf", PERSIAN),
        ("marks_as_read_fa.pdf", MARKED),
        ("marks_as_seen_fa.pdf", MARKED),
        ("runs_fa.pdf", PERSIAN),
        ("browser_ar.pdf", ARABIC),
        ("office_fa.pdf", PERSIAN),
        ("latin.pdf", ENGLISH),
    ],
)
def test_text_comes_out_as_it_is_read(file: str, text: str) -> None:
    """Whatever the order of drawing and the forms of the letters: words, numbers, names and brackets as they are read."""
    assert pdf_text((FIXTURES / file).read_bytes(), file) == text


@pytest.mark.parametrize(("file", "reason"), [("jumbled_fa.pdf", UNTOLD), ("unmapped_fa.pdf", UNMAPPED), ("picture.pdf", NO_TEXT)])
def test_what_cannot_be_put_right_is_refused(file: str, reason: str) -> None:
    """A PDF whose text cannot be told is refused with the reason, never read wrongly."""
    with pytest.raises(ArticleError) as caught:
        pdf_text((FIXTURES / file).read_bytes(), file)
    assert (caught.value.path, caught.value.reason) == (file, reason)


def test_the_fixtures_are_what_the_script_makes() -> None:
    """Every generated fixture is, byte by byte, what its script writes."""
    assert {file: (FIXTURES / file).read_bytes() for file in make.FILES} == make.FILES


# -- pages made for one question each ---------------------------------------------------------------------------------


def page(content: str, *, font: str = "/BaseFont /Helvetica", extra: str = "", resources: str = "") -> bytes:
    """A PDF of one page in a plain Latin font."""
    data: bytes = make._assembled(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >>"
            f" {resources} >> >>",
            make._stream(content),
            f"<< /Type /Font /Subtype /Type1 {font} /Encoding /WinAnsiEncoding >>",
            extra or "<< >>",
        ]
    )
    return data


def text_of(content: str, **more: str) -> str:
    return pdf_text(page(content, **more), "a.pdf")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("BT /F1 10 Tf 20 700 Td (one two) Tj ET", "one two"),
        ("BT /F1 10 Tf 20 700 Td [(on) 20 (e) -400 (two)] TJ ET", "one two"),
        ("BT /F1 10 Tf 20 700 Td (one) Tj 40 0 Td (two) Tj ET", "one two"),
        ("BT /F1 10 Tf 12 TL 20 700 Td (one.) Tj T* (two.) Tj (three.) ' 1 2 (four.) \" ET", "one.\ntwo.\nthree.\nfour."),
        ("BT /F1 10 Tf 20 700 Td (one.) Tj 0 -14 TD (two.) Tj T* (three.) Tj ET", "one.\ntwo.\nthree."),
        ("BT /F1 10 Tf 20 700 Td 5 Tc 150 Tz (a) Tj 3 Tw (b) Tj 0 Tc 100 Tz 4 Ts (c) Tj ET", "abc"),
        ("q 2 0 0 2 0 0 cm BT /F1 10 Tf 20 300 Td (one.) Tj ET Q Q BT /F1 10 Tf 20 500 Td (two.) Tj ET", "one.\ntwo."),
        ("BT /F1 10 Tf 1 0 0 1 60 700 Tm (two) Tj 1 0 0 1 20 700 Tm (one) Tj ET", "one two"),
        ("BT /F1 10 Tf 20 700 Td (one) Tj ET BT /F1 10 Tf 20.1 700 Td (one) Tj ET", "one"),
        ("BT /F1 10 Tf 20 700 Td (one) Tj ET BT /F1 10 Tf 0 1 -1 0 20 300 Tm (aside) Tj ET", "one"),
        ("BT /F1 10 Tf 20 700 Td (one) Tj 3 Tr (unseen text) Tj ET", "one"),
        ("BT /F1 10 Tf 20 700 Td (7) Tj 3 Tr 0 -20 Td (a scanned page with its number) Tj ET", "a scanned page with its number"),
        ("BT /F1 10 Tf 3 Tr 20 700 Td (scanned) Tj ET", "scanned"),
        ("BT (no font) Tj /F9 10 Tf /F1 Tf (x) Td (none) Tm 1 Tf /F1 10 Tf 20 700 Td (one) Tj 5 Tj TJ ET", "one"),
        ("BT /F1 10 Tf 20 700 Td (1) Tj 0 -20 Td (one) Tj 0 -20 Td (- 7 -) Tj ET", "one"),
        (
            "BT /F1 10 Tf 20 700 Td (a well-known envoy of the well-) Tj 0 -14 Td (known council arrives) Tj ET",
            "a well-known envoy of the well-known council arrives",
        ),
        (
            "BT /F1 10 Tf 20 700 Td (a headline) Tj 0 -20 Td (and a long line of text below it) Tj ET",
            "a headline\nand a long line of text below it",
        ),
    ],
)
def test_operators_place_text(content: str, text: str) -> None:
    """Lines, gaps, order on the line, bold and unseen print, page numbers and paragraphs are told by where glyphs are."""
    assert text_of(content) == text


@pytest.mark.parametrize("resources", ["/XObject << /X1 6 0 R >>", ""])
def test_drawings_inside_the_page_are_read(resources: str) -> None:
    """Text in a form of the page is text of the page; a form that is missing or holds itself does no harm."""
    inner = "BT /F1 10 Tf 20 700 Td (inside.) Tj ET /X1 Do"
    held = "/Matrix [1 0 0 1 0 -20] /Resources << /Font << /F1 5 0 R >> /XObject << /X1 6 0 R >> >>"
    form = f"<< /Type /XObject /Subtype /Form {held} /Length {len(inner)} >>\nstream\n{inner}\nendstream"
    expected = "outside.\ninside." if resources else "outside."
    found = text_of("BT /F1 10 Tf 20 700 Td (outside.) Tj ET /X1 Do /X2 Do Do", extra=form, resources=resources)
    assert list(dict.fromkeys(found.split("\n"))) == expected.split("\n")


def test_too_much_drawing_is_refused() -> None:
    """A page that would take minutes is refused before it does."""
    with pytest.raises(ArticleError, match="too large to be an article"):
        text_of("BT /F1 10 Tf 20 700 Td (x) Tj ET " + "%" + " " * (11 * 1024 * 1024) + "\n")


def test_an_endless_line_is_cut() -> None:
    """A line of very many glyphs, drawn from right to left, is read in time and complete."""
    count = 9_000
    content = "".join(f"1 0 0 1 {10 * (count - index)} 700 Tm (x) Tj " for index in range(count))
    assert text_of(f"BT /F1 10 Tf {content} ET").count("x") == count


@pytest.mark.parametrize("password", ["secret", ""])
def test_a_password_is_asked_for_only_where_reading_needs_one(password: str) -> None:
    """A PDF that anyone may open is read though it is encrypted; one that needs a password says so."""
    from io import BytesIO

    from pypdf import PdfReader, PdfWriter

    writer, file = PdfWriter(clone_from=PdfReader(FIXTURES / "latin.pdf")), BytesIO()
    writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    writer.write(file)
    if not password:
        assert pdf_text(file.getvalue(), "a.pdf") == ENGLISH
        return
    with pytest.raises(ArticleError, match="protected by a password; save a copy without one"):
        pdf_text(file.getvalue(), "a.pdf")


def test_an_encryption_that_cannot_be_opened_is_named() -> None:
    """A PDF in an encryption for which nothing is installed says so; where something is, it is read."""
    data = (FIXTURES / "encrypted.pdf").read_bytes()
    if importlib.util.find_spec("cryptography") or importlib.util.find_spec("Crypto"):
        assert pdf_text(data, "a.pdf") == ENGLISH
        return
    with pytest.raises(ArticleError, match="the PDF is encrypted; save a copy that is not"):
        pdf_text(data, "a.pdf")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<0001> Tj 7 0 Td <0002> Tj", "e\u0301"),
        ("<00010003> Tj <0002> Tj <0001> Tj", "e \u0301e"),
        ("<0001> Tj 3 0 Td <0002> Tj 4 0 Td <0001> Tj", "e\u0301e"),
        ("<0002> Tj 0 -20 Td <0001> Tj", "\ne"),
    ],
)
def test_marks_stand_by_their_letters(content: str, text: str) -> None:
    """A mark drawn inside a letter follows it, one at the edge keeps its turn, one without a letter is nothing."""
    codes = {"e": 1, "\u0301": 2, " ": 3}
    assert pdf_text(make._file(f"BT /F1 12 Tf 30 700 Td {content} ET", codes, True), "a.pdf") == text


# -- order ------------------------------------------------------------------------------------------------------------


def seen(line: str) -> list[str]:
    (run,) = make.as_seen(make.ligatures(line))
    return list(run)


@pytest.mark.parametrize(
    "line",
    [
        "او گفت که این نشست در روز 18 دسامبر است",
        "این خبر را Reuters News Agency (UK) در ۲۰۱۶ داد و او گفت",
        "او گفت که ساعت 10:30 و تاریخ 18/12/2016 و عدد 1,234.5 است",
        "او گفت که «این» [و آن] (با هم) است",
        "این وفداً است که سلامًا گفت",
        "أكد أن الأحلام في الإسلام لا تنتهي",
    ],
)
def test_a_seen_line_is_read_back(line: str) -> None:
    """What is drawn from the left edge to the right one comes back as it is read, numbers and Latin words in their order."""
    assert in_reading_order([seen(line)] * 2) == [line] * 2


def test_letter_forms_tell_the_order_by_themselves() -> None:
    """Where no common word helps, initial letters before final ones do, for either order."""
    line = "تهران پایتخت ایران"
    (drawn,) = make.as_seen(make.forms(line))
    assert in_reading_order([drawn]) == in_reading_order([make.forms(line)]) == [line]
    assert in_reading_order([seen(line)]) is None


def test_brackets_stored_as_meant_stay() -> None:
    """Programs that store the bracket that is meant, not the one that is drawn, give the same text."""
    line = "او گفت که «این» و (آن) با هم است"
    drawn = [unit.translate(make._MIRRORED) for unit in seen(line)]
    assert in_reading_order([drawn, seen("او گفت که این است")]) == [line, "او گفت که این است"]


def test_spaced_brackets_are_told_by_which_comes_first() -> None:
    """Where space on both sides of a bracket tells nothing, the first of a line opens."""
    line = "او گفت که ( این و آن ) با هم است"
    assert in_reading_order([seen(line)]) == [line]


def test_a_latin_text_keeps_its_order() -> None:
    """In a text written from left to right, only the few Arabic-script words in it are turned."""
    line = "The minister met علی شمخانی many times at the council of the city and then left for Moscow"
    drawn = "The minister met یناخمش یلع many times at the council of the city and then left for Moscow"
    assert in_reading_order([list(drawn)]) == [line]
    assert in_reading_order([["T", "h", "e", " ", "ﬁ", "n", "e"]]) == ["The fine"]
    assert in_reading_order([]) == []


@pytest.mark.parametrize("line", ["تهران", "کتاب خوب", "زا اب درک از با کرد", "به این هب نیا"])
def test_without_evidence_nothing_is_decided(line: str) -> None:
    """Too few telling words, or as many for one order as for the other, give no answer."""
    assert in_reading_order([list(line)]) is None


def test_letters_that_make_no_words_are_not_trusted() -> None:
    """A long text with hardly a common word in it is not of letters that were mapped rightly."""
    assert in_reading_order([list("که از " + "قغص " * 200)]) is None
    assert in_reading_order([list("که از " + "قغص " * 20)]) is not None


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(st.lists(st.text(max_size=3) | st.sampled_from("ابپ از به ()«»12٣ab"), max_size=12), max_size=5))
def test_order_never_raises(lines: list[list[str]]) -> None:
    """Whatever the units: as many lines as there were, or no answer."""
    found = in_reading_order(lines)
    assert found is None or len(found) == len(lines)


RIGHT = st.sampled_from(["او", "گفت", "که", "این", "است", "اسلام", "لازم", "ایران", "«علی»", "(آن)", "سلامًا"])
LEFT = st.sampled_from(["", "", "18 ", "۲۰۱۶ ", "10:30 ", "12.5% ", "18/12/2016 ", "Reuters ", "Reuters News 24 ", "AFP (UK) "])


@settings(max_examples=200, deadline=None)
@given(words=st.lists(st.tuples(RIGHT, LEFT), min_size=2, max_size=12))
def test_any_seen_sentence_is_read_back(words: list[tuple[str, str]]) -> None:
    """Any row of words with numbers and Latin names between them comes back from what is seen of it."""
    line = " ".join(f"{left}{right}" for right, left in words)
    telling = ["او گفت که این است", "آن (را) با «او» به خود گفت"]
    assert in_reading_order([seen(other) for other in [*telling, line]]) == [*telling, line]
