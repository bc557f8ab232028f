"""The report of a screening: what it counts, what it never shows, and that it is one file that asks for no other."""

import os
import re
import shutil
from base64 import b64encode
from datetime import date
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from service.knowledge.dose_guard import dose_in
from service.population.report import REPORT, write_report
from service.population.report_bars import bar, share
from service.population.report_counts import Filtration, count
from service.presenters.inert import one_line
from tests.screening import AS_OF, RULES, canaries, egfr, flag, missing, pack, screening

KIDNEY, REVIEW = RULES
DAY = date.fromisoformat(AS_OF)
SAID_ALOUD = ("aria-label", "data-label", "title", "content", "alt")


class Words(HTMLParser):
    """Every text of a page that somebody may see or hear."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        self.found += [value for name, value in attrs if name in SAID_ALOUD and value]

    def handle_data(self, data: str) -> None:
        if self._within != "style" and data.strip():
            self.found.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._within = "" if tag == self._within else self._within


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = screening(tmp_path_factory.mktemp("screened"), canaries(), ["Canary-without"])
    return write_report(folder, pack()).read_text(encoding="utf-8")


def written(folder: Path, *flags: dict[str, Any], **changes: Any) -> str:
    return write_report(screening(folder, flags, ["nobody"], changes), pack()).read_text(encoding="utf-8")


def row(page: str, words: str) -> list[str]:
    """Return the numbers in the first line of a table that begins with these words."""
    found = re.search(rf'<tr[^>]*><th scope="row"[^>]*>{re.escape(words)}.*?</tr>', page, re.DOTALL)
    assert found, words
    return re.findall(r"<b>([^<]+)</b>", found[0])


def test_patients_are_counted_by_how_much_was_said_of_them(tmp_path: Path) -> None:
    rules = [rule.id for rule in pack().active_rules]
    gap = [missing("diet.magnesium", "not_supplied")]
    many = [flag("a", rule) for rule in rules[:7]] + [flag("a", rule, lacking=gap) for rule in rules[7:20]]
    two = [flag("b", rule) for rule in rules[:2]] + [flag("b", rules[2], lacking=gap)]
    found = count(screening(tmp_path, [*many, *two], ["c", "d"]), DAY)
    assert found.by_raised == (2, 0, 1, 0, 0, 1)
    assert found.by_cannot_say == (2, 1, 1, 0, 0, 0)
    assert sum(found.by_worst.values()) == 4
    assert found.by_worst[None] == 2


def test_a_flag_counts_once_for_each_of_its_reasons(tmp_path: Path) -> None:
    stale, other = missing("labs.magnesium", "stale"), missing("diet.magnesium", "stale")
    flags = [
        flag("a", KIDNEY, lacking=[stale, other, missing("diet.magnesium", "undated")]),
        flag("b", KIDNEY, lacking=[other]),
    ]
    assert count(screening(tmp_path, flags), DAY).by_reason == (("stale", 2), ("undated", 1))


def test_the_lowest_egfr_behind_a_flag_counts_and_a_stage_is_no_number(tmp_path: Path) -> None:
    flags = [
        flag("a", KIDNEY, egfr("G4", None), egfr(29.9, "2026-11-20"), egfr(45, "2020-01-01")),
        flag("b", KIDNEY, egfr(29, "2026-08-01", age_days=112), {"fact": "kidney.dialysis", "value": 3}),
        flag("c", KIDNEY, egfr("G4", None)),
        flag("d", KIDNEY, egfr(12, "2026-11", comparator="<")),
        flag("e", KIDNEY, lacking=[missing("kidney.egfr", "stale")]),
        flag("f", KIDNEY, {"fact": "kidney.dialysis", "value": True}),
    ]
    assert set(count(screening(tmp_path, flags), DAY).filtration) == {
        Filtration(KIDNEY, 29, 0, 1), Filtration(KIDNEY, 29, 2, 1), Filtration(KIDNEY, 12, None, 1),
        Filtration(KIDNEY, None, None, 1),
    }  # fmt: skip


def test_the_report_shows_what_the_summary_says(page: str) -> None:
    assert "Magnesium and nerve pain: 61 patients" in page
    assert "No clinician has reviewed these rules." in page
    assert row(page, "Magnesium product with impaired kidney function")[0] == "60"
    assert row(page, "Not JSON") == ["2"]
    assert row(page, "Encounter") == ["2"]
    assert "Not supplied" in page
    assert "a_reason_of_tomorrow" in page


def test_the_table_tells_what_the_drawing_shows(tmp_path: Path) -> None:
    page = written(tmp_path, *(flag(str(value), KIDNEY, egfr(value)) for value in (10, 29, 30, 59, 60, 61, 400)))
    numbers = re.search(r"<th scope=\"row\">Magnesium product with.*?</tr>", page, re.DOTALL)
    assert numbers
    assert re.findall(r"<td>(\d+)</td>", numbers[0]) == ["7", "10", "29", "59", "61", "400"]
    assert re.findall(r"<b>(\d+)</b>", numbers[0]) == ["2", "2", "3"]
    assert "<title>120 and above: 1</title>" in page
    assert "<title>60 to 64: 2</title>" in page
    assert page.count('class="limit"') == 2
    assert "eGFR severely impaired below 30" in page


def test_limits_of_other_rules_are_not_drawn(tmp_path: Path) -> None:
    other = {"name": "other", "version": "9", "sha256": "f" * 64, "clinical_review": "none"}
    page = written(tmp_path, flag("a", KIDNEY, egfr(29)), pack=other)
    assert 'class="limit"' not in page
    assert "No limits are drawn" in page


def test_no_patient_is_in_it(page: str) -> None:
    assert "canary" not in page.lower()


def test_no_words_of_it_are_a_dose_or_an_order(page: str) -> None:
    assert [words for words in Words(page).found if dose_in(one_line(words))] == []


def test_it_asks_for_nothing_and_runs_nothing(page: str) -> None:
    assert not re.search(r"<script|\sstyle=|\son[a-z]+=|javascript:|@import|(?:src|href)=\"(?!#|data:)", page)
    assert set(re.findall(r"https?://[^'\"\s]+", page)) == {"http://www.w3.org/2000/svg"}


def test_its_policy_knows_its_style_by_hash(page: str) -> None:
    style = re.search(r"<style>(.*)</style>", page, re.DOTALL)
    assert style
    digest = b64encode(sha256(style[1].encode("utf-8")).digest()).decode("ascii")
    assert f"style-src &#39;sha256-{digest}&#39;" in page
    assert "default-src &#39;none&#39;" in page
    assert "unsafe" not in page


def test_texts_are_texts_whatever_they_hold(tmp_path: Path) -> None:
    hostile = {"lines": 1, "share": 0.001, "reasons": {"<script>alert(1)</script>": 1}}
    page = written(tmp_path, flag("a", KIDNEY, egfr(29)), rejected=hostile, resources={"<img src=x>": 1})
    assert "<script" not in page
    assert "<img" not in page


def test_the_same_screening_gives_the_same_bytes(tmp_path: Path, page: str) -> None:
    folder = screening(tmp_path, canaries(), ["Canary-without"])
    assert write_report(folder, pack(), "200MB").read_text(encoding="utf-8") == page
    assert sorted(each.name for each in folder.iterdir()) == ["flags", "patients", REPORT, "summary.json"]


def test_nobody_with_a_flag_is_a_report_too(tmp_path: Path) -> None:
    page = written(tmp_path, rejected={"lines": 0, "share": 0, "reasons": {}})
    assert "No flag was raised on a number of kidney filtration." in page
    assert "No line was rejected." in page
    assert row(page, "0")[0] == "1"


def test_nobody_at_all_is_a_report_too(tmp_path: Path) -> None:
    folder = screening(tmp_path, [])
    for kind in ("flags", "patients"):
        shutil.rmtree(folder / kind)
    assert "0 patients" in write_report(folder, pack()).read_text(encoding="utf-8")


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "it's [2026]*"
    screening(tmp_path, [flag("a", KIDNEY, egfr(29))])
    folder.mkdir()
    for name in ("flags", "patients", "summary.json"):
        (tmp_path / name).rename(folder / name)
    assert "Magnesium and nerve pain: 1 patient<" in write_report(folder, pack()).read_text(encoding="utf-8")


def test_a_disk_that_is_full_leaves_the_earlier_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = screening(tmp_path, [flag("a", KIDNEY, egfr(29))])
    earlier = write_report(folder, pack()).read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_report(folder, pack())
    assert (folder / REPORT).read_bytes() == earlier
    assert sorted(each.name for each in folder.iterdir()) == ["flags", "patients", REPORT, "summary.json"]


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (0, 10, "0 %"), (1, 10, "10 %"), (1, 3, "33.3 %"), (1, 1_000_000, "<0.1 %"), (999_999, 1_000_000, ">99.9 %"),
        (10, 10, "100 %"), (0, 0, "–"),
    ],
)  # fmt: skip
def test_a_share_never_says_nothing_or_all_where_it_is_not(part: int, whole: int, words: str) -> None:
    assert share(part, whole).replace("\N{NARROW NO-BREAK SPACE}", " ") == words


def test_what_is_rare_still_has_a_bar() -> None:
    assert (bar(1, 1_000_000).width, bar(0, 10).width, bar(5, 10).width) == ("0.60%", "0.00%", "50.00%")
