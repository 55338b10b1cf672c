"""Why a choice: who counts, what would change it, and Python and a command that really give it again."""

from __future__ import annotations

import inspect
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import psephos
from psephos.opinions import from_frame, labels
from psephos.review import languages
from psephos.review.languages import counted, translated
from psephos.review.languages.numbers import amount, figures
from psephos.review.reasons import DECIDING, READING, flip, leaving_out, snippet, what_would_change_it, who_counts
from psephos.review.store.account_tables import User
from psephos.review.store.loading import load
from psephos.review.store.projects import create_project
from psephos.review.store.tables import Consensus, Decision, Item, Opinion, Run
from tests.review.conftest import World
from tests.review.test_judging import essays

VOTES = "item,voter,label\n" + "".join(
    f"i{item},v{voter},{'a' if (item * 7 + voter * 3) % 5 > 1 else 'b'}\n" for item in range(12) for voter in range(5)
)


@pytest.mark.parametrize(
    ("method", "content"),
    [
        ("majority", VOTES),
        ("dawid-skene", VOTES),
        ("one-coin", VOTES),
        ("score-bias", VOTES.replace("label", "score").replace(",a\n", ",1\n").replace(",b\n", ",3\n")),
    ],
)
def test_the_snippet_gives_the_same_verdict_again(tmp_path: Path, method: str, content: str) -> None:
    file = tmp_path / "my votes.csv"
    file.write_text(content)
    verdict = psephos.decide(psephos.read(file), method=method)
    names: dict[str, Any] = {}
    exec(snippet(verdict.provenance.command), names)  # what a user would paste
    assert names["verdict"].table().equals(verdict.table())
    assert names["verdict"].provenance.method == verdict.provenance.method


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("psephos decide a.csv b.csv --wide item", "psephos.read(['a.csv', 'b.csv'], wide='item')"),
        ("psephos decide clips --collar 0.5 --meant", "psephos.decide(opinions, collar=0.5, meant=True)"),
        ("psephos decide clips --realign --vote count", "psephos.decide(opinions, realign=True, vote='count')"),
        ('psephos decide "it\'s.csv" --ties none', 'psephos.read("it\'s.csv")'),
    ],
)
def test_options_of_the_command_are_those_of_python(command: str, said: str) -> None:
    assert said in snippet(command)


@pytest.mark.parametrize("command", ["", "psephos rank a.csv", "psephos decide a.csv --weights x=2", "psephos"])
def test_a_command_that_python_says_otherwise_has_no_snippet(command: str) -> None:
    assert snippet(command) == ""


def test_options_of_the_snippet_are_known_to_what_takes_them() -> None:
    from psephos.consensus import majority, source_reliability, transcripts, truth_inference

    doors = (majority, truth_inference, transcripts, source_reliability)
    taken = {name for door in doors for name in inspect.signature(door).parameters}
    assert set(inspect.signature(psephos.read).parameters) >= READING
    assert taken | {"method"} >= DECIDING


def scored(world: World) -> tuple[list[Opinion], Consensus, Run, dict[str, Any]]:
    number, items = essays(world)
    with world.store.read() as session:
        run = session.query(Run).filter_by(project_id=number).one()
        every = {
            one: (
                session.query(Opinion).filter_by(item_id=one).all(),
                session.query(Consensus).filter_by(item_id=one).one(),
            )
            for one in items
        }
        session.expunge_all()
    return (*every[items[0]], run, every)


def test_without_a_voter_a_score_is_what_the_model_says_of_the_rest(world: World) -> None:
    """The prior is recovered from each item, is the same for all, and gives the estimate of the rest."""
    _, _, run, every = scored(world)
    voters = {row["voter"]: (row["bias"], row["deviation"] ** -2) for row in run.voters}
    priors = []
    for said, consensus in every.values():
        sharp = consensus.detail["standard_error"] ** -2
        own = {one.voter: (voters[one.voter][1], one.number - voters[one.voter][0]) for one in said}
        left = sharp - sum(precision for precision, _ in own.values())
        pull = sharp * consensus.detail["score"] - sum(precision * off for precision, off in own.values())
        priors.append((left, pull))
        found = leaving_out(said, consensus, run)
        assert sum(part for part, _ in found.values()) + left / sharp == pytest.approx(1)
        for name, (_, value) in found.items():
            rest = {other: pair for other, pair in own.items() if other != name}
            by_hand = (pull + sum(p * off for p, off in rest.values())) / (left + sum(p for p, _ in rest.values()))
            assert value == pytest.approx(by_hand)
    assert all(math.isclose(one, priors[0][0], rel_tol=1e-6) for one, _ in priors)
    assert all(math.isclose(two, priors[0][1], rel_tol=1e-6) for _, two in priors)


def test_weights_of_rows_leave_the_share_of_a_voter_unsaid(world: World) -> None:
    said, consensus, run, _ = scored(world)
    said[0].detail = {"weight": 2.0}
    assert leaving_out(said, consensus, run) == {}
    assert who_counts("scores", said, consensus, run, "en") == []
    assert what_would_change_it("scores", said, consensus, run, "en") == []


def test_reasons_name_who_counts_for_and_against_in_the_language() -> None:
    said = [Opinion(voter=f"v{n}", value="a" if n < 5 else "b", detail={}) for n in range(6)]
    run = Run(voters=[{"voter": f"v{n}", "reliability": 0.9 - n / 100} for n in range(6)], weights={})
    rows = who_counts("labels", said, Consensus(choice="a", detail={}), run, "en")
    assert rows == [
        ("counts most for it", "reliability v0 .90, v1 .89, v2 .88 and 2 more"),
        ("counts most against it", "reliability v5 .85"),
    ]
    german = who_counts("labels", said, Consensus(choice="a", detail={}), run, "de")
    assert german[0][1] == "Zuverlässigkeit v0 0,90, v1 0,89, v2 0,88 und 2 weitere"
    alike = who_counts("labels", said, Consensus(choice="a", detail={}), Run(voters=[], weights={}), "en")
    assert alike == [("counts most for it", "every vote counts alike")]
    weighed = who_counts("labels", said, Consensus(choice="b", detail={}), Run(voters=[], weights={"v5": 3.0}), "en")
    assert weighed == [("counts most for it", "weight v5 3")]


def test_many_who_tip_a_vote_are_counted_in_the_language() -> None:
    said = [Opinion(voter=f"v{n}", value="a") for n in range(8)]
    level = [{"choice": "a", "weight": 8.0}, {"choice": "b", "weight": 7.0}]
    assert "v0, v1, v2, v3, v4 und 3 weitere" in flip(level, said, "de")


def column(text: str, *slots: str | None, kind: str = "content") -> dict[str, Any]:
    return {"text": text, "slots": list(slots), "type": kind}


def test_words_of_a_transcript_that_hang_on_one_vote_are_counted() -> None:
    columns = [
        column("mg", "mg", "mg,", "ml"),  # one less for mg: level
        column("take", "take", "take", "Take"),  # nobody says anything else
        column("15", "15", "15", "15", "50"),  # two ahead
        column("the", "the", "The", "a", kind="format"),
        column("", None, None, "uh"),  # a gap that one vote more would fill
    ]
    known = Consensus(choice="", detail={"voters": ["x", "y", "z", "w"], "columns": columns})
    text = what_would_change_it("transcripts", [], known, Run(), "en")[0][1]
    assert text == "one vote less for it and another is level on 2 words"
    assert what_would_change_it("transcripts", [], Consensus(detail={}), Run(), "en")[0][1] == (
        "no word hangs on one vote"
    )


def test_an_item_says_all_of_it_on_the_page_and_in_the_api(world: World) -> None:
    frame = pl.DataFrame({"item": ["q"] * 3, "voter": ["v1", "v2", "v3"], "label": ["a", "a", "b"]})
    with world.store.write() as session:
        session.get_one(User, world.ids["admin"]).locale = "de"
        project = create_project(session, "why", actor=world.ids["admin"], audit_share=0.0)
        load(session, project, from_frame(frame, kind="labels"), actor=world.ids["admin"])
        item = session.query(Item).filter_by(project_id=project.id).one().id
        place = f"/projects/{project.id}/items/{item}"
    one = world.visitor("admin")
    because = dict(one.call("GET", f"/api/v1{place}/why").json()["because"])
    assert {"method", "version", "inputs (SHA-256)", "counts most for it", "what would change it"} <= because.keys()
    page = one.get(place).text
    assert "<dt>zählt am meisten dafür</dt>" in page
    assert "<dt>was es ändern würde</dt>" in page


SAID = (
    "every vote counts alike",
    "without %(voter)s it is %(score)s instead of %(before)s",
    "no word hangs on one vote",
    "counts most",
    "heard most of it",
    "reliability",
    "weight",
    "the mean of all items",
    "counts most for it",
    "counts most against it",
)


@pytest.mark.parametrize("language", [tag for tag in languages.LANGUAGES if tag != "en"])
def test_reasons_are_translated(language: str) -> None:
    assert [one for one in SAID if translated(language, one) == one] == []


def test_a_score_is_written_with_the_mark_of_the_language(world: World) -> None:
    _, items = essays(world)
    with world.store.write() as session:
        session.get_one(User, world.ids["admin"]).locale = "de"
        project = session.get_one(Item, items[0]).project_id
    one = world.visitor("admin")
    place = f"/projects/{project}/items/{items[0]}"
    page = one.get(place).text
    assert 'pattern="-?[0-9]+([.,][0-9]+)?"' in page
    assert "±0," in page
    assert "±." not in page
    version = str(one.call("GET", f"/api/v1{place}").json()["version"])
    assert one.form(f"{place}/decide", version=version, own="3,5").status_code == 303
    with world.store.read() as session:
        assert [made.answer for made in session.query(Decision).filter_by(item_id=items[0])] == [{"score": 3.5}]
    with world.store.write() as session:
        session.get_one(User, world.ids["admin"]).locale = "en"
    assert one.form(f"/projects/{project}/items/{items[1]}/decide", version=version, own="3,5").status_code == 422


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".93", "0,93"),
        ("1,240", "1.240"),
        ("1,234,567.5", "1.234.567,5"),
        ("[.91, .95]", "[0,91, 0,95]"),
        ("−.20", "−0,20"),
        ("12", "12"),
        ("1, 2", "1, 2"),
    ],
)
def test_numbers_take_the_marks_of_the_language(text: str, said: str) -> None:
    assert figures(text, "de") == said
    assert figures(text, "en") == text
    assert figures(text, "xx") == text


@pytest.mark.parametrize(("number", "said"), [(9.96, "10"), (9.94, "9.9"), (0.0, "0"), (0.04, "0"), (1e6, "1,000,000")])
def test_an_estimated_count_has_no_more_digits_than_it_means(number: float, said: str) -> None:
    assert amount(number) == said


def test_a_language_with_three_forms_has_its_own_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polish, as gettext writes its rule; no such catalogue comes with the app."""
    rule = "plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)"
    text = (
        f'msgid ""\nmsgstr "Plural-Forms: nplurals=3; {rule};\\n"\n\nmsgid "%(n)s vote"\nmsgid_plural "%(n)s votes"\n'
    )
    text += 'msgstr[0] "głos"\nmsgstr[1] "głosy"\nmsgstr[2] "głosów"\n'
    monkeypatch.setattr(languages, "_text_of", lambda _: text)
    try:
        counts = (1, 2, 5, 12, 22, 0)
        found = [counted("pl", "%(n)s vote", "%(n)s votes", count) for count in counts]
        assert found == ["głos", "głosy", "głosów", "głosów", "głosy", "głosów"]
    finally:
        languages.catalogue.cache_clear()
        languages._form_for.cache_clear()


def test_labels_of_no_file_have_no_command() -> None:
    assert snippet(psephos.decide(labels(["a"], ["x"], ["cat"])).provenance.command) == ""
