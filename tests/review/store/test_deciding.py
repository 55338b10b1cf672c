"""Decisions: nothing is overwritten, the N+1st is refused, versions are compared, undo writes records."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from psephos.errors import ConflictError, ForbiddenError, InputError, TakenError
from psephos.review.store import (
    adjudicating,
    deciding,
    items,
    progress,
    queue,
    recomputing,
    reservations,
    settling,
    undoing,
)
from psephos.review.store.account_tables import User
from psephos.review.store.answers import checked_answer
from psephos.review.store.columns import now
from psephos.review.store.tables import Decision, Project, Reservation

A, B = {"choice": "a"}, {"choice": "b"}


def decisions(bench: Any, item: int = 1) -> list[Decision]:
    with bench.store.read() as session:
        return list(session.scalars(select(Decision).where(Decision.item_id == item).order_by(Decision.id)))


def test_a_decision_settles_an_item_and_keeps_its_author(bench: Any) -> None:
    made = bench.decide(1, bench.users[0], B, version=2, note="Zürich", seconds=4.5, adopted_from="x")
    item = bench.item(1)
    assert (item.state, item.final, item.version) == ("decided", B, 3)
    assert (made.author_id, made.adopted_from, made.seconds) == (bench.users[0], "x", 4.5)
    assert bench.verified().bad is None


def test_a_version_that_has_changed_is_a_conflict_that_tells_both(bench: Any) -> None:
    bench.decide(1, bench.users[0], A, version=2)
    with pytest.raises(ConflictError, match="version 2, it is now version 3") as told:
        bench.decide(1, bench.users[0], B, version=2)
    assert (told.value.argument, told.value.seen, told.value.present) == ("item", 2, 3)
    assert len(decisions(bench)) == 1


def test_who_decides_again_supersedes_and_the_old_record_stays(bench: Any) -> None:
    first = bench.decide(1, bench.users[0], A)
    second = bench.decide(1, bench.users[0], B)
    kept = decisions(bench)
    assert [(one.id, one.answer, one.current) for one in kept] == [(first.id, A, False), (second.id, B, True)]
    assert kept[1].supersedes_id == first.id
    assert bench.item(1).final == B


def test_a_reviewer_supersedes_one_decision_under_the_own_name(bench: Any) -> None:
    first = bench.decide(1, bench.users[0], A)
    second = bench.decide(1, bench.users[1], B, supersedes=first.id)
    assert [(one.author_id, one.current) for one in decisions(bench)] == [
        (bench.users[0], False),
        (bench.users[1], True),
    ]
    assert second.supersedes_id == first.id
    with pytest.raises(ConflictError, match="superseded"):
        bench.decide(1, bench.users[2], A, supersedes=first.id)
    seen = bench.in_project(progress.my_items, bench.users[0], differs=True)
    assert [(row["own"], row["final"]) for row in seen] == [("a", "b")]


def test_the_one_too_many_is_refused(make_bench: Any) -> None:
    bench = make_bench(overlap=2)
    bench.decide(1, bench.users[0], A)
    bench.service(reservations.reserve)(1, bench.users[1])
    for call in (bench.service(reservations.reserve), bench.decide):
        with pytest.raises(TakenError, match="2 people answered"):
            call(1, bench.users[2], *([A] if call is bench.decide else []))
    bench.decide(1, bench.users[1], A)
    assert bench.item(1).state == "decided"
    with pytest.raises(TakenError):
        bench.decide(1, bench.users[2], A)


def test_a_lease_runs_out_is_renewed_and_let_go(bench: Any) -> None:
    at = now()
    reserve = bench.service(reservations.reserve)
    reserve(1, bench.users[0], at=at)
    with pytest.raises(TakenError):
        reserve(1, bench.users[1], at=at + timedelta(seconds=599))
    reserve(1, bench.users[0], at=at + timedelta(seconds=599))
    with pytest.raises(TakenError):
        reserve(1, bench.users[1], at=at + timedelta(seconds=1100))
    with bench.store.read() as session:
        assert reservations.here(session, 1, at=at) == [bench.users[0]]
    reserve(1, bench.users[1], at=at + timedelta(seconds=1200))
    assert bench.service(reservations.release)(1, bench.users[1])
    assert not bench.service(reservations.release)(1, bench.users[1])


def test_what_comes_first_is_worth_most(bench: Any) -> None:
    found = bench.in_project(queue.page, filters={"state": "new"})
    assert found.total == 6
    assert [item.risk for item in found.items] == sorted((item.risk for item in found.items), reverse=True)
    bench.decide(found.items[0].id, bench.users[0], A)
    assert bench.in_project(queue.page, filters={"state": "new"}).items[0].id == found.items[1].id


def test_the_hidden_slice_comes_anywhere_in_the_queue_by_value(make_bench: Any) -> None:
    """Who checks the first half of the queue checks about half of it: without that its claim is never measured."""
    bench = make_bench(items=400, audit_share=0.25)
    items = bench.in_project(queue.page, limit=400).items
    worth = [item.risk for item in items if not item.in_audit]
    assert worth == sorted(worth, reverse=True)
    hidden = [place for place, item in enumerate(items) if item.in_audit]
    assert len(hidden) > 60
    assert 0.3 < sum(place < 200 for place in hidden) / len(hidden) < 0.7
    sure = [item.certainty for item in items if not item.in_audit and items.index(item) < 100]
    assert any(items[place].certainty > max(sure) for place in hidden if place < 100)  # not by what they are worth
    again = bench.in_project(recomputing.recompute, "labels", actor=bench.system)
    assert again.id
    assert [item.id for item in bench.in_project(queue.page, limit=400).items] == [item.id for item in items]


@pytest.mark.parametrize(
    ("answer", "options", "argument"),
    [
        ({"choice": ""}, {}, "answer"),
        ({}, {}, "answer"),
        ({"score": 3}, {}, "answer"),
        ({"both": ["a", "b"]}, {}, "answer"),
        ({"choice": "a\0"}, {}, "answer"),
        ({"choice": "\ud800"}, {}, "answer"),
        ({"choice": 3}, {}, "answer"),
        (A, {"place": 1}, "place"),
        (A, {"seconds": -1}, "seconds"),
        (A, {"seconds": float("nan")}, "seconds"),
        (A, {"note": "x" * 300_000}, "note"),
        (A, {"supersedes": 99}, "supersedes"),
    ],
    ids=lambda value: str(value)[:30] if not isinstance(value, dict) else "-".join(map(str, value)) or "none",
)
def test_a_bad_answer_is_refused_and_nothing_is_written(bench: Any, answer: Any, options: Any, argument: str) -> None:
    with pytest.raises(InputError) as told:
        bench.decide(1, bench.users[0], answer, **options)
    assert told.value.argument == argument
    assert decisions(bench) == []
    assert bench.item(1).version == 2


def test_a_score_too_large_to_be_counted_with_is_refused() -> None:
    with pytest.raises(InputError, match="finite number") as told:
        checked_answer({"score": 10**400}, "scores")
    assert told.value.argument == "answer"


def test_undo_and_redo_are_records_across_items(bench: Any) -> None:
    me = bench.users[0]
    bench.decide(1, me, A)
    bench.decide(2, me, B)
    bench.decide(1, me, B)
    assert bench.in_project(undoing.undo, me)[0].answer == A
    assert bench.item(1).final == A
    bench.in_project(undoing.undo, me)
    assert bench.item(2).state == "new"
    bench.in_project(undoing.undo, me)
    assert (bench.item(1).state, bench.item(1).final) == ("new", None)
    assert bench.in_project(undoing.undo, me) == []
    for _ in range(3):
        bench.in_project(undoing.redo, me)
    assert (bench.item(1).final, bench.item(2).final) == (B, B)
    assert bench.in_project(undoing.redo, me) == []
    bench.in_project(undoing.undo, me)
    bench.decide(3, me, A)
    assert bench.in_project(undoing.redo, me) == []
    assert len(decisions(bench)) == 7
    assert bench.verified().bad is None


def test_undo_of_a_correction_lets_the_first_stand_again(bench: Any) -> None:
    first = bench.decide(1, bench.users[0], A)
    bench.decide(1, bench.users[1], B, supersedes=first.id)
    with pytest.raises(ConflictError, match="superseded"):
        bench.in_project(undoing.undo, bench.users[0])
    bench.in_project(undoing.undo, bench.users[1])
    assert bench.item(1).final == A
    for _ in range(2):
        bench.in_project(undoing.redo, bench.users[1])
        assert bench.item(1).final == B
        bench.in_project(undoing.undo, bench.users[1])
        assert bench.item(1).final == A


def test_accepting_many_is_one_stroke_and_one_undo(make_bench: Any) -> None:
    bench = make_bench(items=40, audit_share=0.3)
    me = bench.users[0]
    sure = bench.item(1).certainty
    _, count, errors = bench.in_project(deciding.accept_all, me, certainty=sure)
    with bench.store.read() as session:
        project = session.get(Project, bench.project)
        left = session.scalars(deciding.acceptable(project, sure)).all()
        hidden = [one for one in (bench.item(n) for n in range(1, 41)) if one.in_audit]
    assert left == []
    assert count == sum(one.certainty >= sure and not one.in_audit for one in map(bench.item, range(1, 41))) > 0
    assert hidden
    assert all(one.state == "new" for one in hidden)
    accepted = [one for one in map(bench.item, range(1, 41)) if one.state == "decided"]
    assert errors == pytest.approx(sum(one.risk for one in accepted))
    assert all(one.final == {"choice": one.choice} for one in accepted)
    assert len(bench.in_project(undoing.undo, me)) == count
    assert len(bench.in_project(undoing.redo, me)) == count
    assert len(bench.in_project(undoing.undo, me)) == count
    assert {bench.item(n).state for n in range(1, 41)} == {"new"}
    assert bench.verified().bad is None


def test_a_dispute_is_settled_by_somebody_else(make_bench: Any) -> None:
    bench = make_bench(overlap=2)
    one, two, three, admin = bench.users[:4]
    bench.decide(1, one, A)
    bench.decide(1, two, B, note="look again")
    assert bench.item(1).state == "disputed"
    with bench.store.read() as session:
        project, item = session.get(Project, bench.project), bench.item(1)
        shown = adjudicating.columns(session, item, project)
        named = adjudicating.columns(session, item, project, names=True)
    assert sorted(column.answer["choice"] for column in shown) == ["a", "b"]
    assert all(column.authors == () for column in shown)
    assert {column.authors for column in named} == {(one,), (two,)}
    settle = bench.service(adjudicating.adjudicate)
    with pytest.raises(ForbiddenError, match="answered by you"):
        settle(1, one, A)
    with pytest.raises(ForbiddenError, match="administrators"):
        settle(1, one, A, override="nobody else is here")
    made = settle(1, three, {"both": ["a", "b"]}, adopted_from=f"user:{one}")
    assert bench.item(1).state == "adjudicated"
    assert bench.item(1).final["shares"] == {"a": 0.5, "b": 0.5}
    assert made.author_id == three
    with pytest.raises(ForbiddenError, match="adjudicat"):
        bench.decide(1, one, B)
    settle(1, three, {"undecidable": True})
    with bench.store.write() as session:
        session.get(User, one).admin = True
    settle(1, one, A, override="nobody else is here")
    assert bench.item(1).final == A
    with pytest.raises(InputError, match="not disputed"):
        settle(2, three, A)
    assert bench.verified().bad is None
    assert admin not in {decision.author_id for decision in decisions(bench)}


def test_agreeing_people_are_no_dispute(make_bench: Any) -> None:
    bench = make_bench(overlap=2)
    bench.decide(1, bench.users[0], A)
    bench.decide(1, bench.users[1], {"own": "a"})
    assert bench.item(1).state == "decided"


def test_blind_people_see_nothing_before_they_answer(make_bench: Any) -> None:
    bench = make_bench(overlap=2, blind=True)
    one, two = bench.users[:2]
    bench.decide(1, one, A)
    with bench.store.read() as session:
        seen = items.evidence(session, 1, two)
    assert seen.blind
    assert (seen.opinions, seen.consensus, seen.run, seen.decisions, seen.offered) == ([], None, None, [], [])
    with bench.store.read() as session:
        seen = items.evidence(session, 1, one)
    assert len(seen.opinions) == 3
    assert not seen.blind
    bench.decide(1, two, B)
    with bench.store.read() as session:
        assert len(items.evidence(session, 1, two).decisions) == 2


def test_a_locked_item_is_closed_until_it_is_opened(bench: Any) -> None:
    lock, unlock = bench.service(settling.lock), bench.service(settling.unlock)
    with pytest.raises(InputError, match="not settled"):
        lock(1, actor=bench.system)
    bench.decide(1, bench.users[0], A)
    lock(1, actor=bench.system)
    for call in (lambda: bench.decide(1, bench.users[0], B), lambda: bench.skip(1, bench.users[1], "unclear")):
        with pytest.raises(ForbiddenError, match="locked"):
            call()
    assert unlock(1, actor=bench.system).state == "decided"


def test_skipping_says_why_and_leaves_the_place_to_others(bench: Any) -> None:
    with pytest.raises(InputError) as told:
        bench.skip(1, bench.users[0], "bored")
    assert told.value.argument == "reason"
    bench.skip(1, bench.users[0], "need expert")
    assert bench.item(1).flagged
    bench.decide(1, bench.users[1], A)
    with pytest.raises(InputError, match="answered by you"):
        bench.skip(1, bench.users[1], "unclear")


def test_many_at_once_race_for_one_item_and_one_gets_it(bench: Any) -> None:
    outcomes: list[str] = []
    barrier = threading.Barrier(5)

    def race(user: str) -> None:
        barrier.wait()
        try:
            bench.service(reservations.reserve)(1, user)
            outcomes.append("got")
        except TakenError:
            outcomes.append("refused")

    threads = [threading.Thread(target=race, args=(user,)) for user in bench.users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["got"] + ["refused"] * 4
    with bench.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Reservation)) == 1
    assert bench.verified().bad is None


def test_many_take_what_comes_next_and_no_item_twice(make_bench: Any) -> None:
    bench = make_bench(items=30)
    taken: list[int] = []
    problems: list[Exception] = []

    def take(user: str) -> Any:
        """As the page does: the first of the queue that nobody has open; who comes too late takes the next one."""
        while True:
            found = bench.in_project(queue.page, filters={"state": "new"})
            for item in found.items:
                with contextlib.suppress(TakenError):
                    bench.service(reservations.reserve)(item.id, user)
                    return item

    def work(user: str) -> None:
        try:
            for _ in range(6):
                item = take(user)
                taken.append(item.id)
                bench.decide(item.id, user, A, version=item.version)
        except Exception as problem:  # noqa: BLE001 - shown by the assertion
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(user,)) for user in bench.users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sorted(taken) == list(range(1, 31))
    assert bench.verified().bad is None
