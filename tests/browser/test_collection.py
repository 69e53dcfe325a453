"""The collection on the page: adding, asking, removing, reading, finding; and a page on which nothing can be changed."""

from __future__ import annotations

from pathlib import Path

from page_server import Served

from assistant import wording
from assistant.ui.strings import text as say
from browser.asked import QUESTIONS
from browser.conftest import Serve, Visits
from browser.tab import Tab, expect

TITLE = "کشف سکه‌های اشکانی در همدان"
ARTICLE = f"""{TITLE}
باستان‌شناسان در تپهٔ هگمتانه چهل سکهٔ نقرهٔ اشکانی یافتند. سرپرست کاوش گفت که سکه‌ها به موزهٔ همدان سپرده می‌شود.
کاوش در این تپه از بهار آغاز شده بود و تا پاییز ادامه دارد.
"""
QUESTION = "باستان‌شناسان در تپهٔ هگمتانه چند سکه یافتند؟"


def sends(tab: Tab, *files: Path) -> None:
    """Choose files to be added, and wait for what became of them."""
    tab.page.locator("#upload").set_input_files(list(files))
    expect(tab.page.locator(".collection-report")).to_be_visible()


def test_the_sample_articles_are_offered_to_an_empty_library(tmp_path: Path, serve: Serve, visit: Visits) -> None:
    """One touch adds them; then there are first questions, and the question of the command line finds its answer."""
    with serve(tmp_path / "library") as page:
        tab = visit(page, language="fa")
        expect(tab.page.locator("#welcome h2")).to_have_text(say("chat.empty", "fa"))
        tab.page.locator("#welcome #seeds").click()
        expect(tab.page.locator("#welcome .suggestion").first).to_be_visible()
        expect(tab.page.locator("#welcome .about").first).to_contain_text("۵")
        expect(tab.ask(QUESTIONS["fa"]).locator("a.chip").first).to_be_visible()
        expect(tab.collection()).to_have_count(5)
        visit.close()


def test_asking_an_empty_library_says_what_to_do(tmp_path: Path, serve: Serve, visit: Visits) -> None:
    """The question is answered by the way out, in words."""
    with serve(tmp_path / "library") as page:
        tab = visit(page, language="en")
        expect(tab.ask(QUESTIONS["en"]).locator(".failed")).to_have_text(say("chat.error.NoLibrary", "en"))
        visit.close()


def test_an_article_comes_answers_and_goes(own_seeds: Served, visit: Visits, tmp_path: Path) -> None:
    """Refused at first, a question is answered from a file that was sent; once that is removed, it is refused again."""
    tab = visit(own_seeds, language="fa")
    page = tab.page
    file = tmp_path / "هگمتانه.txt"
    file.write_text(ARTICLE, encoding="utf-8")
    expect(tab.ask(QUESTION).locator(".refusal")).to_be_visible()

    expect(tab.collection()).to_have_count(5)
    sends(tab, file)
    expect(page.locator(".collection-counts")).to_have_text(
        say("collection.counted", "fa", what=say("collection.added", "fa"), count=1)
    )
    row = page.locator("#collection [data-article]", has_text=TITLE)
    expect(row).to_be_visible()
    page.locator("#nav-chat").click()
    answer = tab.ask(QUESTION)
    card = tab.cite(answer.locator("a.chip").first)
    expect(card.locator("mark")).to_contain_text("چهل سکهٔ نقرهٔ اشکانی")
    card.locator(".links button").first.click()
    expect(tab.reader.locator("mark")).to_contain_text("چهل سکهٔ نقرهٔ اشکانی")
    page.keyboard.press("Escape")

    tab.collection()
    row.locator("td.of-remove button").click()
    dialog = page.locator("#confirm-remove")
    expect(dialog).to_contain_text(TITLE)
    expect(dialog.locator("#confirm-no")).to_be_focused()
    dialog.locator("#confirm-no").click()
    expect(row).to_be_visible()
    row.locator("td.of-remove button").click()
    dialog.locator("#confirm-yes").click()
    expect(row).to_have_count(0)
    expect(page.locator("#collection [data-article]")).to_have_count(5)
    page.locator("#nav-chat").click()
    page.locator("#new-chat").click()
    expect(page.locator("#bot .bot-row")).to_have_count(0)
    expect(tab.ask(QUESTION).locator(".refusal")).to_have_text(wording.not_found("fa"))
    assert "چهل سکهٔ نقرهٔ" not in page.content()


def test_what_became_of_each_file_is_told(own_seeds: Served, visit: Visits, tmp_path: Path) -> None:
    """Files that are no articles are named with the reason; a known article is told to be unchanged; all in the page's language."""
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 nothing")
    other = tmp_path / "notes.exe"
    other.write_bytes(b"MZ")
    good = tmp_path / "good.txt"
    good.write_text(ARTICLE, encoding="utf-8")
    tab = visit(own_seeds, language="en")
    tab.collection()
    sends(tab, broken, other, good)
    counts = tab.page.locator(".collection-counts span")
    expect(counts).to_have_text(["Added: 1", "Skipped: 2"])
    expect(tab.page.locator(".collection-file")).to_have_text(["notes.exe", "broken.pdf"])
    expect(tab.collection()).to_have_count(6)
    sends(tab, good)
    expect(counts).to_have_text(["Added: 0", "Unchanged: 1"])


def test_articles_are_found_sorted_and_read(news: Served, visit: Visits) -> None:
    """Words in titles and texts, outlet, language, order: the list follows; a row opens its article, and focus comes back."""
    tab = visit(news, language="fa")
    rows, page = tab.collection(), tab.page
    titles = page.locator("#collection .collection-open")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("Ferries keep")
    expect(rows.first.locator("time")).to_have_text("۱۲ آبان ۱۴۰۳")
    page.locator('[data-sort="day"]').click()
    expect(rows.first).to_contain_text("پل تازهٔ رودخانه")
    page.locator("#collection-search").fill("التمور")
    expect(titles).to_have_text(["موسم التمور يبدأ مبكرا"])
    page.locator("#collection-search").fill("شبدر")
    expect(titles).to_have_text(["OpenAI در این خبرها"])
    titles.first.click()
    expect(tab.reader.locator("mark").first).to_contain_text("شبدر")
    page.keyboard.press("Escape")
    expect(titles.first).to_be_focused()
    page.locator("#collection-search").fill("")
    expect(rows).to_have_count(5)
    page.locator("#collection-publisher").select_option("فناوری امروز")
    expect(titles).to_have_text(["پل تازهٔ رودخانه افتتاح شد", "OpenAI در این خبرها"])
    page.locator("#collection-language").select_option("ar")
    expect(page.locator(".collection-nothing")).to_contain_text(say("collection.nothing", "fa"))
    page.locator(".collection-nothing button").click()
    expect(rows).to_have_count(5)


def test_a_page_to_read_changes_nothing(seeds_library: Path, serve: Serve, visit: Visits) -> None:
    """It offers neither adding nor removing, says so, and its server refuses both; asking and reading work."""
    with serve(seeds_library, read_only=True) as page:
        tab = visit(page, language="ar")
        expect(tab.ask(QUESTIONS["ar"]).locator("a.chip").first).to_be_visible()
        expect(tab.collection()).to_have_count(5)
        for language in ("ar", "fa", "en"):
            tab.speak(language)
            expect(tab.page.locator("#collection .collection-head")).to_contain_text(say("collection.read-only", language))
            expect(tab.page.locator("#upload, #collection-seeds, #collection .of-remove")).to_have_count(0)
        tab.page.locator("#collection .collection-open").first.click()
        expect(tab.reader.locator(".reader-text")).to_be_visible()
        ids = [source.article_id for source in page.assistant.articles()]
        refused = """async (ids) => {
            const form = new FormData();
            form.append('files', new File(['some words of an article'], 'a.txt'));
            const json = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ids }) };
            const replies = await Promise.all([
                fetch('/api/articles', { method: 'POST', body: form }),
                fetch('/api/articles/remove', json),
                fetch('/api/articles/seeds', { method: 'POST' }),
            ]);
            return replies.map((reply) => reply.status);
        }"""
        visit.allow("error: Failed to load resource: the server responded with a status of 403")
        assert tab.page.evaluate(refused, ids) == [403, 403, 403]
        assert len(page.assistant.articles()) == 5
        visit.close()


def test_an_empty_page_to_read_offers_nothing(tmp_path: Path, serve: Serve, visit: Visits) -> None:
    """Without articles it says that whoever runs it has to add them."""
    with serve(tmp_path / "library", read_only=True) as page:
        tab = visit(page, language="en")
        expect(tab.page.locator("#welcome")).to_contain_text(say("chat.empty-read-only", "en"))
        expect(tab.page.locator("#seeds")).to_have_count(0)
        tab.collection()
        expect(tab.page.locator(".collection-nothing")).to_contain_text(say("collection.empty-read-only", "en"))
        visit.close()


def test_two_people_see_the_same_collection(own_seeds: Served, visit: Visits, tmp_path: Path) -> None:
    """What one adds, another can ask about at once."""
    one, other = visit(own_seeds, language="fa"), visit(own_seeds, language="ar")
    file = tmp_path / "new.txt"
    file.write_text(ARTICLE, encoding="utf-8")
    one.collection()
    sends(one, file)
    expect(other.ask(QUESTION).locator("a.chip").first).to_be_visible()
    expect(other.collection()).to_have_count(6)
