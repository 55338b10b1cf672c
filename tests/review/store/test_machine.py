"""Any order of what people can do keeps the rules: a machine that compares the store with a model of a few lines."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import select

from psephos.errors import ConflictError, ForbiddenError, InputError, TakenError
from psephos.opinions import labels
from psephos.review.store import adjudicating, deciding, loading, open_store, people, projects, reservations, undoing
from psephos.review.store.audit_log import verify
from psephos.review.store.settling import standing
from psephos.review.store.tables import Decision, Item, Project

PEOPLE, ITEMS, WANTED = 4, 3, 2

person = st.integers(0, PEOPLE - 1)
item = st.integers(1, ITEMS)
answer = st.sampled_from(["a", "b"])


class Reviewing(RuleBasedStateMachine):
    """Four people, three items, two answers wanted for each."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = open_store(Path(self.folder.name, "review.db"))
        with self.store.write() as session:
            actor = projects.system_user(session).id
            project = projects.create_project(session, "p", actor=actor, overlap=WANTED, audit_share=0)
            self.people = [people.create_user(session, f"u{n}", actor=actor).id for n in range(PEOPLE)]
            names = [f"i{n}" for n in range(ITEMS)]
            loading.load(session, project, labels(names, ["x"] * ITEMS, ["a"] * ITEMS), actor=actor)
        self.answers: dict[tuple[int, int], str] = {}
        self.adjudicated: set[int] = set()
        self.records = 0

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def attempt(self, function: Any, *arguments: Any, **options: Any) -> Any:
        try:
            with self.store.write() as session:
                given = [session.get(Project, 1) if one is Project else one for one in arguments]
                return function(session, *given, **options)
        except (TakenError, ForbiddenError, ConflictError, InputError) as problem:
            return problem

    @rule(item=item, person=person, answer=answer)
    def decide(self, item: int, person: int, answer: str) -> None:
        others = {who for of, who in self.answers if of == item and who != person}
        opened = self.open_by(item) - {person}
        done = self.attempt(deciding.decide, item, self.people[person], {"choice": answer})
        if item in self.adjudicated:
            assert isinstance(done, ForbiddenError)
        elif (item, person) not in self.answers and len(others | opened) >= WANTED:
            assert isinstance(done, TakenError)
        else:
            assert isinstance(done, Decision)
            self.answers[item, person] = answer

    @rule(item=item, person=person)
    def reserve(self, item: int, person: int) -> None:
        others = {who for of, who in self.answers if of == item} | self.open_by(item)
        done = self.attempt(reservations.reserve, item, self.people[person])
        full = len(others - {person}) >= WANTED and person not in self.open_by(item)
        assert isinstance(done, TakenError) == (full and (item, person) not in self.answers)

    @rule(item=item, person=person)
    def release(self, item: int, person: int) -> None:
        held = person in self.open_by(item)
        assert self.attempt(reservations.release, item, self.people[person]) == held

    @rule(item=item, person=person, answer=answer)
    def adjudicate(self, item: int, person: int, answer: str) -> None:
        state = self.state(item)
        done = self.attempt(adjudicating.adjudicate, item, self.people[person], {"choice": answer})
        if state not in ("disputed", "adjudicated"):
            assert isinstance(done, InputError)
        elif (item, person) in self.answers:
            assert isinstance(done, ForbiddenError)
        else:
            assert isinstance(done, Decision)
            self.adjudicated.add(item)

    @rule(person=person)
    def undo_and_redo(self, person: int) -> None:
        before = [self.seen(n) for n in range(1, ITEMS + 1)]
        undone = self.attempt(undoing.undo, Project, self.people[person])
        if isinstance(undone, list) and undone:
            assert self.attempt(undoing.redo, Project, self.people[person])
        assert [self.seen(n) for n in range(1, ITEMS + 1)] == before

    def open_by(self, item: int) -> set[int]:
        with self.store.read() as session:
            return {self.people.index(who) for who in reservations.here(session, item)}

    def state(self, item: int) -> str:
        with self.store.read() as session:
            return session.get_one(Item, item).state

    def seen(self, item: int) -> Any:
        with self.store.read() as session:
            found = session.get_one(Item, item)
            stand = sorted((one.author_id, str(one.answer)) for one in standing(session, item))
            return found.state, found.final, stand

    @invariant()
    def the_store_agrees_with_the_model(self) -> None:
        with self.store.read() as session:
            for number in range(1, ITEMS + 1):
                given = {who: said for (of, who), said in self.answers.items() if of == number}
                found = session.get_one(Item, number)
                decided = [one for one in standing(session, number) if one.act == "decide"]
                assert {one.author_id: one.answer["choice"] for one in decided} == {
                    self.people[who]: said for who, said in given.items()
                }
                assert len(decided) <= WANTED
                if number in self.adjudicated:
                    assert found.state == "adjudicated"
                else:
                    several = len(set(given.values())) > 1
                    assert found.state == ("new" if len(given) < WANTED else "disputed" if several else "decided")

    @invariant()
    def the_log_is_in_order_and_nothing_is_deleted(self) -> None:
        with self.store.read() as session:
            assert verify(session, 1).bad is None
            records = len(session.scalars(select(Decision.id)).all())
        assert records >= self.records
        self.records = records


TestReviewing = Reviewing.TestCase
TestReviewing.settings = settings(max_examples=6, stateful_step_count=20, deadline=None, derandomize=True)
