"""Makes the library of this version that the tests of upgrades open for ever after.

    python scripts/make_library_fixture.py [--version 1.0.0] [--into tests/fixtures/libraries]

Run it once for each release, from its checkout, and commit the folder it makes; one that is there already is never made anew. The
folder holds two short articles, written for this, as they were taken in: `library.zip` is the library folder as it lies on a
disk, `library.sanad` what `sanad export` makes of it, and `about.json` says what made it and what its questions find.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import zipfile
from pathlib import Path

from assistant import Assistant, __version__

HERE = Path(__file__).resolve().parent
ARTICLES = {
    "bridge.md": """---
title: گشایش پل تازهٔ رودبار
publisher: روزنامهٔ کوهستان
published: 2024-05-12
language: fa
---
پل تازهٔ رودبار روز یکشنبه با حضور مهندس نرگس فروزان گشایش یافت.
ساخت این پل چهار سال طول کشید و ۳۲۰ میلیارد تومان هزینه داشت.
فروزان گفت که کامیون‌ها تا پایان تابستان از پل قدیمی می‌گذرند.
او افزود که طول پل به ۴۱۰ متر می‌رسد و هشت پایهٔ بتنی آن در بستر رودخانه ایستاده است.
کارگران در زمستان گذشته به سبب سیلاب هفت هفته دست از کار کشیدند.
شهردار رودبار این روز را برای باغداران منطقه روزی بزرگ خواند.
به گفتهٔ او زیتون باغ‌های آن سوی رودخانه تا کنون دو ساعت دیرتر به بازار می‌رسید.
در آغاز کار قرار بود پل در سه سال ساخته شود، اما کمبود فولاد برنامه را به هم زد.
پیمانکار سرانجام فولاد را از دو کارخانهٔ داخلی خرید و بهای آن را جداگانه اعلام کرد.
اهالی روستای کلشتر از نبود پیاده‌رو در سمت شرقی پل گلایه دارند.
آن‌ها در نامه‌ای به فرمانداری نوشتند که دانش‌آموزان هر روز از کنار خودروها می‌گذرند.
فرماندار قول داد که تا مهرماه نرده و پیاده‌رو در هر دو سمت ساخته شود.
چراغ‌های پل با برق خورشیدی کار می‌کنند و شب‌ها تا سپیده‌دم روشن می‌مانند.
پلیس راه سرعت مجاز روی پل را شصت کیلومتر در ساعت تعیین کرده است.
پل قدیمی که نود سال پیش ساخته شد، از سال آینده موزهٔ رودخانه خواهد بود.
مدیر میراث فرهنگی گفت که عکس‌های ساخت پل قدیمی در همان جا به نمایش در می‌آید.
ورود به این موزه در سال نخست برای همه رایگان خواهد بود.
""",
    "library.md": """---
title: مكتبة عائمة تصل إلى البصرة
publisher: صحيفة الشط
published: 2024-06-03
language: ar
---
وصلت مكتبة عائمة تحمل سبعة آلاف كتاب إلى ميناء البصرة صباح الاثنين.
وقالت القبطانة سلمى الناصري إن السفينة ستبقى في الميناء أحد عشر يوما.
وزار المكتبة في يومها الأول أكثر من ألف طالب من مدارس المدينة.
""",
}
QUESTIONS = ("ساخت پل تازهٔ رودبار چند سال طول کشید؟", "كم كتابا تحمل المكتبة العائمة في البصرة؟")
LEFT_OUT = ("lexicon", "lock", "page.json")  # made again by whoever opens the library


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--version", default=__version__, help="the name of its folder (default: %(default)s)")
    parser.add_argument("--into", type=Path, default=HERE.parent / "tests" / "fixtures" / "libraries")
    given = parser.parse_args(arguments)
    target = given.into / given.version
    if target.exists():
        print(f"{target} is there already; a release's library is never made anew", file=sys.stderr)
        return 1
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as name:
        about = _made(Path(name), target)
    (target / "about.json").write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"{target}: {sum(file.stat().st_size for file in target.iterdir()) / 1000:.0f} kB", file=sys.stderr)
    return 0


def _made(place: Path, target: Path) -> dict[str, object]:
    """Make the library in `place` and its two files in `target`; what there is to know about it."""
    news, folder = place / "news", place / "library"
    news.mkdir()
    for name, text in ARTICLES.items():
        (news / name).write_text(text, encoding="utf-8")
    with Assistant(folder) as assistant:
        assistant.ingest([news])
        assistant.export(target / "library.sanad")
        found = {question: [citation.quote for citation in assistant.ask(question).citations] for question in QUESTIONS}
        articles = [source.article_id for source in assistant.articles()]
        status = assistant.status()
        splitter = assistant._opened().catalogue.manifest.splitter
    with zipfile.ZipFile(target / "library.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not name.startswith(LEFT_OUT):
                archive.write(path, name)
    return {
        "version": __version__,
        "embedding": status.embedding,
        "dimension": status.dimension,
        "splitter": splitter,
        "articles": articles,
        "passages": status.passages,
        "quotes": found,
    }


if __name__ == "__main__":
    sys.exit(main())
