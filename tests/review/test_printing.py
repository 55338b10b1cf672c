"""What goes out to be read and trained on: the report with its evidence, pairs of answers, battles, each option."""

from __future__ import annotations

import html
import json
import re
import tracemalloc
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from psephos.errors import InputError
from psephos.opinions import battles, from_frame, samples, transcripts
from psephos.review.languages import LANGUAGES
from psephos.review.printing import report_parts
from psephos.review.store import comments, deciding, people, projects
from psephos.review.store.audit_log import head
from psephos.review.store.exporting.jobs import run_export
from psephos.review.store.importing.battles import votes_as_labels
from psephos.review.store.loading import load
from psephos.review.store.opening import Store, open_store
from psephos.review.store.tables import Export, Item, Project
from tests.review.conftest import XSS
from tests.waiting import until

QUESTIONS = {"q1": "2 + 2?", "q2": "Capital of France?"}


@pytest.fixture
def store(tmp_path: Path) -> Any:
    made = open_store(tmp_path / "r.sqlite")
    yield made
    made.close()


def filled(store: Store, opinions: Any, **rules: Any) -> tuple[int, str]:
    """A project with these opinions, and a person."""
    with store.write() as session:
        actor = projects.system_user(session).id
        project = projects.create_project(session, "mine", actor=actor, **rules)
        load(session, project, opinions, actor=actor, name="answers.csv")
        return project.id, people.create_user(session, "ann", actor=actor, name="Ann Berg").id


def answers() -> Any:
    texts = {"4": "It is 4.", "5": "Five: 5", "Paris": "Paris.", "Lyon": "Lyon, I think."}
    said = {"q1": ["4", "4", "5"], "q2": ["Paris", "Lyon", "Lyon"]}
    rows = [(item, f"m{n}", 0, one, texts[one]) for item, listed in said.items() for n, one in enumerate(listed)]
    item, voter, draw, answer, text = map(list, zip(*rows, strict=True))
    about = pl.DataFrame({"item": list(QUESTIONS), "prompt": list(QUESTIONS.values())})
    return samples(item, voter, draw, answer, text=text, about={"items": about})


def report(store: Store, project: int, **options: Any) -> str:
    with store.read() as session:
        return "".join(report_parts(session, session.get_one(Project, project), **options))


def decided(store: Store, user: str, **said: dict[str, Any]) -> None:
    with store.write() as session:
        for name, answer in said.items():
            item = session.query(Item).filter_by(name=name).one()
            deciding.decide(session, item.id, user, answer, note=f"note on {name}")


def test_the_report_holds_the_evidence_behind_each_decision(store: Store) -> None:
    project, user = filled(store, answers())
    decided(store, user, q2={"choice": "Paris"})
    with store.write() as session:
        second = session.query(Item).filter_by(name="q2").one()
        comments.comment(session, second.id, user, "Checked in an atlas.")
        log = head(session, project)
    text = report(store, project)
    for part in ("Capital of France?", "Lyon, I think.", "m2", "Ann Berg", "note on q2", "Checked in an atlas."):
        assert part in text, part
    assert log.hash in text
    assert "answers.csv" in text
    assert len(re.findall("<article", text)) == 2
    one = text.split("<article")[2]
    assert 'class="settled"' in one
    assert one.index("Paris") < one.index("Lyon")


def test_the_report_shows_as_much_as_is_asked_for(store: Store) -> None:
    project, user = filled(store, answers())
    decided(store, user, q2={"choice": "Paris"})
    decided(store, user, q2={"choice": "Lyon"})
    final = report(store, project, only_final=True, opinions=False)
    assert len(re.findall("<article", final)) == 1
    assert "Lyon, I think." not in final
    assert "superseded" not in final
    assert "superseded" in report(store, project, history=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_needs_nothing_and_runs_nothing(store: Store, language: str) -> None:
    labels = answers()
    project, user = filled(store, labels)
    decided(store, user, q1={"own": XSS[0]})
    with store.write() as session:
        item = session.query(Item).filter_by(name="q1").one()
        item.about = {"prompt": XSS[1]}
        for text in XSS:
            comments.comment(session, item.id, user, text)
        session.get_one(Project, project).name = XSS[2]
    text = report(store, project, language=language)
    assert f'<html lang="{language}">' in text
    assert "<script" not in text
    assert not re.search(r"\s(src|href)=\"(?!data:,|#)", text)
    assert not re.search(r"<[^>]*\son\w+=", text)
    assert "default-src 'none'" in html.unescape(text)


def test_the_words_that_people_changed_are_marked(store: Store) -> None:
    said = [("c", voter, place, word) for voter in "ab" for place, word in enumerate(["no", "chest", "pain"])]
    item, voter, position, token = map(list, zip(*said, strict=True))
    project, user = filled(store, transcripts(item, voter, position, token))
    decided(store, user, c={"text": "new chest pain"})
    text = report(store, project)
    assert "<del>no</del>" in text
    assert "<ins>new</ins>" in text


def test_an_empty_project_has_a_report_too(store: Store) -> None:
    project, _ = filled(store, answers())
    assert "No item is settled yet." in report(store, project, only_final=True)


def test_memory_does_not_grow_with_the_report(store: Store) -> None:
    """4,000 items take no more at once than 1,000 do, but for what is small."""
    peaks = []
    for count in (1000, 4000):
        names = [f"{count}-{n}" for n in range(count)]
        made = samples(names, ["m"] * count, [0] * count, ["x"] * count, text=["word " * 100] * count)
        project, _ = filled(store, made) if count == 1000 else (_more(store, made), "")
        with store.read() as session:
            tracemalloc.start()
            size = sum(len(part) for part in report_parts(session, session.get_one(Project, project)))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert size > 400 * count
    assert peaks[1] < 1.6 * peaks[0]


def _more(store: Store, opinions: Any) -> int:
    with store.write() as session:
        actor = projects.system_user(session).id
        project = projects.create_project(session, "larger", actor=actor)
        load(session, project, opinions, actor=actor, name="more.csv")
        return project.id


def test_settled_answers_become_pairs_of_chosen_and_rejected(store: Store, tmp_path: Path) -> None:
    project, user = filled(store, answers())
    decided(store, user, q1={"choice": "4"}, q2={"own": "Paris, of course"})
    made = run_export(store, project, "preferences", tmp_path / "pairs.x", actor=user)
    rows = [json.loads(line) for line in Path(made.path).read_text().splitlines()]
    assert Path(made.path).suffix == ".jsonl"
    first = {"prompt": "2 + 2?", "chosen": "It is 4.", "rejected": "Five: 5", "item": "q1", "chosen_voter": "m0"}
    assert rows[0] == first | {"rejected_voter": "m2", "people": 1}
    assert [(row["chosen"], row["rejected"], row["chosen_voter"]) for row in rows[1:]] == [
        ("Paris, of course", "Paris.", None),
        ("Paris, of course", "Lyon, I think.", None),
    ]


def test_what_was_not_settled_gives_no_pair(store: Store, tmp_path: Path) -> None:
    project, user = filled(store, answers())
    with pytest.raises(InputError) as told:
        run_export(store, project, "preferences", tmp_path / "pairs.jsonl", actor=user)
    assert told.value.argument == "project"
    assert list(tmp_path.glob("pairs*")) == []


def test_reviewed_votes_are_battles_again(store: Store, tmp_path: Path) -> None:
    won = ["left", "left", "tie"]
    votes = battles(["x", "y", "x"], ["y", "x", "y"], won, voter=["a", "b", "c"], item=["1", "1", "2"])
    project, user = filled(store, votes)
    decided(store, user, **{"1: x / y": {"choice": "y"}, "2: x / y": {"choice": "tie"}})
    made = run_export(store, project, "csv", tmp_path / "b.csv", actor=user, table="battles")
    rows = pl.read_csv(made.path).select("left", "right", "winner", "item").rows()
    assert rows == [("x", "y", "right", "1: x / y"), ("x", "y", "tie", "2: x / y")]
    with pytest.raises(InputError, match="no decided votes"):
        run_export(store, _more(store, answers()), "csv", tmp_path / "c.csv", actor=user, table="battles")


def test_votes_that_name_no_question_are_battles_of_their_own(store: Store, tmp_path: Path) -> None:
    """One voter judged the same two models three times, on questions that the log does not name."""
    votes = battles(["x", "y", "x", "x"], ["y", "x", "y", "y"], ["left", "left", "left", "tie"], voter=list("aaab"))
    found = votes_as_labels(votes).frame()
    assert found.select("voter", "label").rows() == [("a", "x"), ("a", "y"), ("a", "x"), ("b", "tie")]
    assert found["item"].n_unique() == 4
    project, user = filled(store, votes)
    again = battles(["x"], ["y"], ["right"], voter=["a"])
    with store.write() as session:
        # The first battle of another log is another battle, by nobody that is known either.
        made = load(session, session.get_one(Project, project), again, actor=user)
    assert (made.items, made.known_items, made.opinions) == (1, 0, 1)
    nobody = [votes_as_labels(battles(["x"], ["y"], [won], item=["q"])).frame() for won in ("left", "right")]
    assert nobody[0]["item"].to_list() == nobody[1]["item"].to_list() == ["q: x / y"]
    assert nobody[0]["voter"][0] != nobody[1]["voter"][0]
    decided(store, user, **{found["item"][1]: {"choice": "y"}})
    written = run_export(store, project, "csv", tmp_path / "b.csv", actor=user, table="battles")
    assert pl.read_csv(written.path).select("left", "right", "winner").rows() == [("x", "y", "right")]


@pytest.mark.parametrize("time", [False, True], ids=["bare", "timed"])
@pytest.mark.parametrize("voter", [False, True], ids=["nobody", "voter"])
def test_votes_of_a_log_that_has_grown_keep_their_names(store: Store, *, time: bool, voter: bool) -> None:
    """Equal votes among them: each is a vote of its own, and the same one when the longer log is loaded."""

    def log(length: int) -> Any:
        won = ["left", "left", "left", "tie", "right", "left"][:length]
        more: dict[str, Any] = {"voter": list("aaabba")[:length]} if voter else {}
        frame = pl.DataFrame({"left": ["x"] * length, "right": ["y"] * length, "winner": won, **more})
        # Two votes of one second that say the same are two votes.
        at = pl.Series("time", [1.0, 1.0, 2.0, 3.0, 4.0, 4.0][:length])
        return from_frame(frame.with_columns(at) if time else frame, kind="battles")

    project, user = filled(store, log(4))
    with store.write() as session:
        made = load(session, session.get_one(Project, project), log(6), actor=user)
    assert (made.items, made.known_items) == (2, 4)
    names = votes_as_labels(log(6)).frame()
    assert names["item"].n_unique() == 6
    assert names["voter"].n_unique() == (2 if voter else 6)
    # Another log whose first vote is another is another log, though its later votes say the same.
    if not time:
        other = from_frame(
            pl.DataFrame({"left": ["y", "x"], "right": ["x", "y"], "winner": ["tie", "left"]}), kind="battles"
        )
        assert not set(votes_as_labels(other).frame()["item"]) & set(names["item"])


def test_timed_votes_are_the_same_wherever_they_stand_in_a_log() -> None:
    """Of a log that keeps only its last votes, those that stay are known."""
    frame = pl.DataFrame({"left": ["x"] * 3, "right": ["y"] * 3, "winner": ["left"] * 3, "time": [1.0, 2.0, 3.0]})
    whole, last = (votes_as_labels(from_frame(one, kind="battles")).frame() for one in (frame, frame[1:]))
    assert last["item"].to_list() == whole["item"].to_list()[1:]
    assert last["voter"].to_list() == whole["voter"].to_list()[1:]


@pytest.mark.parametrize("form", ["html", "csv", "gold", "jsonl"])
def test_the_page_exports_with_its_options_and_downloads(world: Any, form: str) -> None:
    manager = world.visitor("manager")
    own, item = f"/projects/{world.ids['own']}", world.ids["own item"]
    manager.call("POST", f"/api/v1{own}/items/{item}/decisions", {"answer": {"own": "=1+1"}})
    fields = {"format": form, "table": "decisions", "only_final": "on", "raw": "on"}
    assert manager.form(f"{own}/exports", **fields).status_code == 303

    def latest() -> str:
        found = re.search(rf"{own}/exports/\d+/file", manager.get(f"{own}/settings").text)
        return found[0] if found else ""

    first = until(latest)  # made in the background, which may take longer than the page waits
    got = manager.get(first)
    assert got.status_code == 200
    assert ("=1+1" in got.text, "'=1+1" in got.text) == (True, False)
    assert "attachment" in got.headers["content-disposition"]
    assert world.visitor("reviewer").get(first).status_code == 403
    if form == "csv":
        manager.form(f"{own}/exports", format="csv", table="decisions")
        until(lambda: latest() != first)
        assert "'=1+1" in manager.get(latest()).text


def test_the_row_of_an_export_says_how_far_it_is(store: Store, tmp_path: Path) -> None:
    names = [f"i{n}" for n in range(3000)]
    project, user = filled(store, samples(names, ["m"] * 3000, [0] * 3000, ["x"] * 3000))
    seen: list[tuple[int, int]] = []

    def look(done: int) -> None:
        with store.read() as session:
            row = session.query(Export).one()
            seen.append((done, row.done))

    made = run_export(store, project, "jsonl", tmp_path / "all.jsonl", actor=user, progress=look)
    assert seen == [(5000, 5000)]
    assert made.done == len((tmp_path / "all.jsonl").read_text().splitlines()) > 5000
