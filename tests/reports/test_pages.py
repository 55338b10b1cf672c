"""Do pages say what the results say, whole, and the same each time?"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from psephos.agreement import Agreement, agree, pairwise_agreement
from psephos.consensus import AgainstGold, against_gold, majority
from psephos.errors import InputError
from psephos.opinions import Opinions, from_frame, from_matrix, labels, scan
from psephos.opinions.verdicts import Verdict
from psephos.reports import report, write_report
from psephos.statistics import Interval

MEGABYTE = 1_000_000


class Words(HTMLParser):
    """The text of a page that a reader sees, by the id of the section it stands in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sections: dict[str, str] = {"": ""}
        self.inside = ""
        self.hidden = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("style", "script", "desc")
        if tag == "section":
            self.inside = dict(attrs).get("id") or ""
            self.sections.setdefault(self.inside, "")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "script", "desc")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.sections[self.inside] += f"{data} "

    def of(self, section: str = "") -> str:
        return re.sub(r"\s+", " ", self.sections[section])


@pytest.fixture(scope="module")
def page(verdict: Verdict) -> str:
    """The plain page of the digits, made once."""
    return report(verdict, gold=None, agreement=None)


def rows_of(page: str) -> list[str]:
    return re.findall(r'<tbody class="entry">.*?</tbody>', page, flags=re.DOTALL)


def half_of(verdict: Verdict) -> int:
    """How many items hold half of the expected errors."""
    return int((verdict.queue()["found"] < 0.5).sum()) + 1


def test_the_headline_says_what_to_check_first(verdict: Verdict, page: str) -> None:
    text = Words(page).of()
    holds = f"They hold half of the {verdict.expected_errors:.0f} wrong choices to expect among 1,797"
    assert f"Check {half_of(verdict)} items first {holds}" in text
    assert "Decided 1,797 of 1,797 items" in text
    assert "Votes 26,139 by 15 voters" in text
    assert "Flags 24 tie, 91 no majority" in text


def test_with_known_answers_the_headline_says_what_checking_really_finds(verdict: Verdict) -> None:
    gold = against_gold(verdict)
    truth = dict(verdict.opinions.about.tables["items"].select("item", "gold").iter_rows())
    first = verdict.queue(half_of(verdict)).select("item", "choice").iter_rows()
    found = sum(str(truth[item]) != choice for item, choice in first)
    text = Words(report(verdict, gold=gold)).of()
    assert f"They hold {found} of the {gold.errors} errors among 1,797 known answers." in text
    assert abs(found - gold.errors / 2) < gold.errors / 4


def test_the_queue_is_the_queue_with_the_votes_behind_it(verdict: Verdict, page: str) -> None:
    rows = rows_of(page)
    assert len(rows) == 200
    for html, row in zip(rows, verdict.queue(200).iter_rows(named=True), strict=True):
        text = Words(html).of()
        reasons = verdict.why(row["item"])
        assert text.startswith(f" {row['rank']} {row['item']} {row['choice']} ")
        assert f"{row['support']} {row['votes'] - row['support']}" in text
        assert reasons.flip in text
        for choice, votes, _, voters in reasons.rows.iter_rows():
            count = f"{votes}" if choice is None else f"{votes} vote{'s' * (votes > 1)}"
            assert f"{choice or 'abstained'} {count} {' , '.join(voters)}" in text


def test_bands_are_told_by_class_and_number(verdict: Verdict, page: str) -> None:
    assert rows_of(page)
    for html, certainty in zip(rows_of(page), verdict.queue(200)["certainty"], strict=True):
        band = "risk" if certainty < 0.6 else "middle" if certainty < 0.9 else "quiet"
        assert f'<span class="band {band}">' in html


def test_how_to_get_the_rest_is_said(verdict: Verdict) -> None:
    text = Words(report(verdict, rows=5)).of("queue")
    assert "The first 5 of 1,797 items." in text
    assert "verdict.queue()" in text
    assert f"{verdict.provenance.command} --limit 1797" in text
    assert "The first" not in Words(report(majority(from_matrix([["a", "b"]])))).of("queue")


def test_voters_stand_with_their_intervals_lowest_first(page: str) -> None:
    text = Words(page).of("voters")
    assert "tree stands out tree 1,797 0 .703 [.681, .724]" in text
    assert text.index("logistic-upper") < text.index("rbf-svm") < text.index("forest")


def test_accuracy_is_there_only_if_the_truth_is_known(
    verdict: Verdict, gold: AgainstGold, few: Verdict, page: str
) -> None:
    without, known = Words(page), Words(report(verdict, gold=gold, agreement=None, rows=5))
    assert "accuracy" not in without.sections
    assert report(few, rows=5) == report(few, gold=against_gold(few), rows=5)
    with pytest.raises(InputError) as caught:
        report(verdict, gold="guessed")
    assert caught.value.argument == "gold"
    assert ".948 [.937, .958] of 1,797 known answers are right" in known.of("accuracy")
    assert f"{gold.found['found'][0]:.0%}".replace("%", " %") + " in its first 5 %" in known.of("accuracy").replace(
        "\u202f", " "
    )
    assert "digit-0129" in known.of("accuracy")


def test_agreement_is_there_unless_declined(verdict: Verdict, agreement: Agreement, few: Verdict, page: str) -> None:
    assert "agreement" not in Words(page).sections
    pairs, whole = pairwise_agreement(few.opinions), agree(few.opinions, repeats=0)
    assert report(few, rows=5) == report(few, agreement=pairs, rows=5)
    text = Words(report(verdict, gold=None, agreement=agreement, rows=5)).of("agreement").replace("\u00a0", " ")
    assert "logistic-upper and tree agree least: .663 [.638, .686]" in text
    assert "The 50 pairs that agree least, of 105" in text
    least = pairs.sort("agreement").row(0, named=True)
    for given in (pairs, whole):
        text = Words(report(few, agreement=given, rows=5)).of("agreement").replace("\u00a0", " ")
        assert (
            f"{least['left']} and {least['right']} agree least: {least['agreement']:.3f}".replace(" 0.", " .") in text
        )
    assert "agreement" not in Words(report(few, agreement=pairs.clear(), rows=5)).sections


def test_what_was_set_aside_is_said(page: str) -> None:
    text = Words(page).of("issues")
    assert "no label: counted as an abstention 816 noted" in text
    assert "rows 41, 86, 130, 145, 184, …" in text
    clean = majority(from_matrix([["a", "b"]]))
    assert "every row of the input took part" in Words(report(clean)).of("issues")


def test_how_it_was_made_can_be_repeated(verdict: Verdict, page: str) -> None:
    text = Words(page).of("made")
    made = verdict.provenance
    assert all(part in text for part in (made.method, made.version, *made.source.names, *made.source.sha256))
    assert made.command in text
    from_memory = majority(from_matrix([["a", "b"]]))
    assert "so no command reads them again" in Words(report(from_memory)).of("made")


def test_another_process_writes_the_same_page(digits: Opinions) -> None:
    code = f"""
import sys
from psephos.agreement import agree
from psephos.consensus import against_gold, majority
from psephos.opinions import read
from psephos.reports import report
opinions = read({str(Path(__file__).parents[2] / "examples" / "digits")!r})
verdict = majority(opinions)
page = report(verdict, gold=against_gold(verdict), agreement=agree(opinions, repeats=0), rows=10)
sys.stdout.buffer.write(page.encode())
"""
    other = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout
    verdict = majority(digits)
    page = report(verdict, gold=against_gold(verdict), agreement=agree(digits, repeats=0), rows=10).encode()
    assert len(page) > 50_000
    assert page == other


def test_a_page_of_many_items_is_small() -> None:
    n_items, n_voters = 100_000, 3
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "item": np.repeat(np.arange(n_items), n_voters),
            "voter": np.tile(np.arange(n_voters), n_items),
            "label": rng.integers(0, 4, n_items * n_voters),
        }
    )
    page = report(majority(from_frame(frame, kind="labels")))
    assert len(page.encode()) < MEGABYTE
    assert len(rows_of(page)) == 200


def test_a_page_of_long_texts_and_many_voters_is_small() -> None:
    items, voters = [f"{number:03d}" + "ü" * 500 for number in range(200)], [f"v{v} " + "w" * 90 for v in range(60)]
    rng = np.random.default_rng(0)
    choice = [f"answer {number} " + "long " * 200 for number in range(20)]
    rows = [(item, voter, choice[rng.integers(0, 20)]) for item in items for voter in voters]
    verdict = majority(labels(*map(list, zip(*rows, strict=True))))
    assert len(report(verdict, agreement=pairwise_agreement(verdict.opinions)).encode()) < 2.5 * MEGABYTE


def test_each_number_of_a_voter_leads_to_its_items(verdict: Verdict, page: str) -> None:
    text = Words(page).of("differences")
    assert "gaussian-bayes 1 8 25 .125 [.086, .178]" in text
    assert "tree stands out" in Words(page).of("voters")
    ids, links = set(re.findall(r'<tr id="(item-\d+)"', page)), set(re.findall(r'href="#(item-\d+)"', page))
    assert links == ids
    (row,) = re.findall(r'<tr id="item-1">.*?</tr>', page, flags=re.DOTALL)
    assert verdict.items.is_in([re.search(r"digit-\d+", row)[0]]).sum() == 1  # type: ignore[index]


def test_a_voter_that_only_abstains_has_a_row_and_no_differences() -> None:
    page = report(majority(labels(["1", "1", "1"], ["x", "y", "silent"], ["a", "b", None])))
    assert "silent 0 1 nobody to compare with" in Words(page).of("voters")
    assert "silent" not in Words(page).of("differences")


def test_voters_of_unanimous_items_have_nothing_to_show() -> None:
    page = report(majority(from_matrix([["a", "a"], ["b", "b"]])))
    assert "No voter says anything else than the verdict" in Words(page).of("differences")
    assert 'href="#item-' not in page


def test_weights_of_votes_are_said_where_they_matter() -> None:
    verdict = majority(from_matrix([["a", "b"]], voters=["x", "y"]), weights={"x": 2.5})
    (row,) = rows_of(report(verdict))
    assert "a 1 vote weight 2.5 x" in Words(row).of()
    assert "b 1 vote y" in Words(row).of()


def test_items_without_a_choice_stand_first() -> None:
    verdict = majority(from_matrix([["a", "a"], ["a", "b"], ["b", "a"]]), ties="none")
    page = report(verdict)
    assert "2 of them without a choice" in Words(page).of()
    assert ["no choice" in Words(row).of() for row in rows_of(page)] == [True, True, False]
    assert "There is no choice to change" in Words(page).of("queue")


def test_nothing_to_check_and_nothing_at_all(verdict: Verdict) -> None:
    sure = majority(from_matrix([["a"] * 9, ["b"] * 9]))
    sure = replace(sure, certainty=np.ones(2))
    assert "Nothing needs checking first" in report(sure)
    none = np.empty(0, np.int32)
    nothing = replace(
        verdict,
        items=verdict.items.clear(),
        choice=none,
        runner_up=none,
        certainty=np.empty(0),
        margin=np.empty(0),
        votes=none,
        support=none,
        flags={name: np.empty(0, bool) for name in verdict.flags},
    )
    page = report(nothing)
    assert "There is nothing to decide" in page
    assert "psephos decide votes.csv" in Words(page).of("queue")
    assert not rows_of(page)


def test_voters_that_nobody_can_be_compared_with() -> None:
    page = report(majority(labels(["a", "b"], ["x", "y"], ["yes", "no"])))
    assert Words(page).of("voters").count("nobody to compare with") == 2
    assert 'id="voters-title"' in page


def test_samples_without_groups() -> None:
    from psephos.opinions import samples

    draws = samples(["a", "a", "a"], ["m", "m", "m"], [0, 1, 2], ["yes", "yes", "no"])
    assert "Voters" in report(majority(draws))


def test_votes_read_in_parts_are_found_again(few: Verdict, tmp_path: Path) -> None:
    few.opinions.frame().write_parquet(tmp_path / "votes.parquet")
    parts = majority(scan(tmp_path / "votes.parquet", rows_per_part=400))
    assert [Words(row).of() for row in rows_of(report(parts, rows=20))] == [
        Words(row).of() for row in rows_of(report(few, rows=20))
    ]


def test_an_agreement_has_its_page(agreement: Agreement, digits: Opinions) -> None:
    page = report(agreement)
    words = Words(page)
    assert "Percent agreement is .836 Krippendorff's alpha: .822." in words.of()
    assert "nan" not in words.of("coefficients")
    with_interval = agree(digits, repeats=50)
    said = Interval.__str__(with_interval.coefficients[0])
    assert f"percent agreement {said} 1,797" in Words(report(with_interval)).of("coefficients")
    assert agreement.coefficients[1].means in words.of("coefficients")
    assert "Least like the others: tree" in words.of()
    assert "Without tree Krippendorff's alpha rises from .82 to .85" in words.of("voters")
    assert "tree .690 .649 .849 +.027" in words.of("voters")
    assert "psephos agree" in words.of("made")


def test_voters_and_pairs_of_an_agreement_are_linked_to_the_items_that_divide_them(agreement: Agreement) -> None:
    page = report(agreement)
    targets = set(re.findall('id="(item-[0-9]+)"', page))
    links = re.findall('href="#(item-[0-9]+)"', page)
    assert len(targets) == 50
    assert len(links) > 50
    assert set(links) <= targets
    worst = agreement.by_item["item"][0]
    said = Words(page).of("items")
    assert f"{worst} 14 .13" in said.replace("\u00a0", " ")
    assert agreement.opinions is not None
    votes = agreement.opinions.of_item(worst).frame().drop_nulls("label")
    for voter, label in votes.select("voter", "label").iter_rows():
        assert re.search(f"\\b{label} [^;]*{voter}", said.split("digit-")[1])


def test_agreements_of_all_kinds_have_a_page(tmp_path: Path) -> None:
    from psephos.opinions import rankings

    table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    rated = Words(report(agree(from_matrix(table, kind="scores"), repeats=0)))
    assert "ICC(2,1)" in rated.of("coefficients")
    assert "One minus the mean distance" in rated.of("agreement")
    assert "9 0" in rated.of("items")
    orders = {"x": [1, 2, 3], "y": [2, 1, 3], "z": [3, 2, 1]}
    rows = [(voter, name, rank) for voter, ranks in orders.items() for name, rank in zip("abc", ranks, strict=True)]
    ranked = Words(report(agree(rankings(*zip(*rows, strict=True)), repeats=0)))
    assert "Share of pairs of candidates" in ranked.of("agreement")
    assert "items" not in ranked.sections
    nobody = Words(report(agree(from_matrix([["a", None], [None, "b"]]), repeats=0)))
    assert "Percent agreement is undefined: no item has two votes" in nobody.of()
    from_matrix([["a", "b"], ["b", "b"]]).frame().write_parquet(tmp_path / "votes.parquet")
    parts = Words(report(agree(scan(tmp_path / "votes.parquet"), repeats=0)))
    assert "read in parts" in parts.of("made")


def test_any_result_has_a_page(gold: AgainstGold, verdict: Verdict) -> None:
    for result in (gold, verdict.why("digit-0054")):
        words = Words(report(result))
        name, text = result.summary()[0]
        assert f"{name.capitalize()}: {text}" in words.of()
        assert str(result.table().columns[0]) in words.of("table")


def test_without_matplotlib_the_page_says_so(verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = report(verdict, rows=5)
    assert "pictures need matplotlib" in Words(page).of()
    assert "<figure>" not in page


def test_options_are_checked(verdict: Verdict) -> None:
    with pytest.raises(InputError, match="theme: must be one of 'auto', 'light', 'dark', got 'sepia'"):
        report(verdict, theme="sepia")
    with pytest.raises(InputError, match="rows: must be a whole number of at least 1"):
        report(verdict, rows=0)
    with pytest.raises(TypeError):
        report(verdict, pages=3)


@pytest.mark.parametrize(("theme", "attribute"), [("light", 'data-theme="light"'), ("dark", 'data-theme="dark"')])
def test_a_theme_can_be_set(few: Verdict, theme: str, attribute: str) -> None:
    assert f'<html lang="en" {attribute}>' in report(few, theme=theme, rows=5)
    assert '<html lang="en">' in report(few, rows=5)


def test_a_page_is_written_whole_or_not_at_all(few: Verdict, tmp_path: Path) -> None:
    file = tmp_path / "verdict.html"
    write_report(few, file, rows=3)
    assert file.read_text(encoding="utf-8") == report(few, rows=3)
    before = file.read_bytes()
    with pytest.raises(InputError):
        write_report(few, file, rows=-1)
    assert file.read_bytes() == before
    with pytest.raises(InputError, match="create the folder first"):
        write_report(few, tmp_path / "none" / "verdict.html")
    assert [path.name for path in tmp_path.iterdir()] == ["verdict.html"]
