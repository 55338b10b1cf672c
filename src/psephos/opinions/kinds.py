"""Which kinds of opinion are there, and which kind is this table?

A kind is a list of columns with a role each. Everything that reads, checks, writes or recognises opinions works from
this table alone; a new kind is a new entry here.

Roles: `id` names a thing (coded, never missing), `choice` is what a voter chose from a set of values (coded, may be
missing), `number` and `integer` are measured (float64, may be missing), `time` is a number of seconds or a date,
`text` and `list` (of numbers) are carried.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from psephos.errors import InputError
from psephos.opinions.winners import WINNERS
from psephos.opinions.wording import first_of


@dataclass(frozen=True)
class Column:
    """One column of a kind: its role, whether it must be there, its range and the names it goes by elsewhere.

    A number outside `low` and `high`, or a choice that is not `allowed`, is set aside and said.
    """

    name: str
    role: str
    required: bool = True
    low: float = -math.inf
    high: float = math.inf
    allowed: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    """Of a choice of allowed values: what they are called elsewhere, in small letters."""


@dataclass(frozen=True)
class Kind:
    """One kind of opinion: its columns and the key under which one opinion may stand only once.

    `key` is empty where the same row may rightly occur again. `value` is the column in which two rows of one key
    contradict each other.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    value: str = ""

    def column(self, name: str) -> Column | None:
        """The column called `name`, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns without which a table is not of this kind."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns that the kind knows."""
        return tuple(column.name for column in self.columns)


_ITEM = Column(
    "item", "id", aliases=("task", "question", "query", "clip", "item_id", "task_id", "question_id", "doc_id")
)
_VOTER = Column("voter", "id", aliases=("worker", "annotator", "rater", "source", "judge", "coder", "model", "system"))
_CANDIDATE = Column("candidate", "id", aliases=("model", "system", "method"))
_TASK = Column("task", "id", required=False, aliases=("benchmark", "dataset"))
_WEIGHT = Column("weight", "number", required=False, low=0)
_LAST = 2.0**53  # up to here a float64 is exact
_TIME = Column("time", "time", required=False, aliases=("timestamp", "tstamp"))


def _optional(role: str, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, role, required=False) for name in names)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind(
                "labels",
                (
                    _ITEM,
                    _VOTER,
                    Column("label", "choice", aliases=("answer", "vote", "class", "category")),
                    _WEIGHT,
                    _TIME,
                ),
                key=("item", "voter"),
                value="label",
            ),
            Kind(
                "scores",
                (
                    _ITEM,
                    _VOTER,
                    Column("score", "number", aliases=("rating", "grade")),
                    *_optional("id", "round"),
                    _TIME,
                    _WEIGHT,
                ),
                key=("item", "voter", "round"),
                value="score",
            ),
            Kind(
                "results",
                (
                    _CANDIDATE,
                    _ITEM,
                    Column("score", "number", aliases=("correct",)),
                    _TASK,
                    *_optional("id", "topic", "metric", "variant", "run"),
                    *_optional("text", "answer"),
                ),
                key=("candidate", "item", "task", "topic", "metric", "variant", "run"),
                value="score",
            ),
            Kind(
                "rankings",
                (_VOTER, _CANDIDATE, Column("rank", "number", low=1), _TASK, _WEIGHT),
                key=("voter", "candidate", "task"),
                value="rank",
            ),
            Kind(
                "battles",
                (
                    Column("left", "id", aliases=("model_a", "left_model")),
                    Column("right", "id", aliases=("model_b", "right_model")),
                    Column("winner", "choice", allowed=("left", "right", "tie", "both_bad"), words=WINNERS),
                    Column(
                        "voter", "id", required=False, aliases=("judge", "judge_hash", "worker", "annotator", "user")
                    ),
                    Column("item", "id", required=False, aliases=("question_id", "item_id")),
                    *_optional("id", "task"),
                    _WEIGHT,
                    *_optional("number", "strength"),
                    _TIME,
                ),
            ),
            Kind(
                "samples",
                (
                    _ITEM,
                    _VOTER,
                    Column("draw", "integer", low=0, high=_LAST, aliases=("sample", "repeat")),
                    Column("answer", "choice"),
                    *_optional("text", "text", "status"),
                    *_optional("number", "reward", "cost", "tokens"),
                    *_optional("list", "logprobs", "ref_logprobs", "step_ends"),
                ),
                key=("item", "voter", "draw"),
                value="answer",
            ),
            Kind(
                "transcripts",
                (
                    _ITEM,
                    _VOTER,
                    Column("position", "integer", low=0, high=_LAST),
                    Column("token", "choice", aliases=("word",)),
                    Column("start", "number", required=False, low=0),
                    Column("end", "number", required=False, low=0),
                    Column("confidence", "number", required=False, low=0, high=1),
                    *_optional("id", "speaker"),
                ),
                key=("item", "voter", "position"),
                value="token",
            ),
            Kind(
                "interactions",
                (
                    Column("user", "id", aliases=("user_id",)),
                    Column("item", "id", aliases=("item_id",)),
                    *_optional("number", "rating"),
                    _TIME,
                ),
            ),
        )
    }
)

ABOUT: Mapping[str, str] = MappingProxyType(
    {"items": "item", "voters": "voter", "candidates": "candidate", "tasks": "task"}
)
"""Tables about things: file stem and attribute name, and the column that is their key."""


TAKEN_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "labels": ("decide", "agree"),
        "scores": ("decide", "agree", "rank"),
        "results": ("rank",),
        "rankings": ("rank", "agree"),
        "battles": ("rank",),
        "samples": ("decide", "select", "plan"),
        "transcripts": ("decide",),
        "interactions": ("measure recommendation",),
    }
)
"""The verbs that take opinions of each kind, the usual first."""


def taken_by(kind: str) -> str:
    """Which verbs take opinions of a kind, as the hint of a complaint.

    Examples
    --------
    >>> taken_by("labels"), taken_by("battles")
    ('decide and agree take labels', 'rank takes battles')
    """
    verbs = TAKEN_BY[kind]
    if len(verbs) == 1:
        return f"{verbs[0]} takes {kind}"
    return f"{', '.join(verbs[:-1])} and {verbs[-1]} take {kind}"


def kind_named(name: str) -> Kind:
    """The kind called `name`.

    Examples
    --------
    >>> kind_named("labels").required
    ('item', 'voter', 'label')
    """
    if name not in KINDS:
        raise InputError("kind", f"must be one of {', '.join(KINDS)}, got {name!r}")
    return KINDS[name]


def aliases(name: str) -> tuple[str, ...]:
    """The names that a column goes by elsewhere.

    As ``annotator`` and ``worker`` for ``voter``; names of columns are compared without case.
    """
    return {"item": _ITEM, "voter": _VOTER, "candidate": _CANDIDATE, "task": _TASK}[name].aliases


def listed(names: Collection[str], most: int = 12) -> str:
    """Names in quotes, the first of many.

    For complaints: long names are cut, and after `most` of them the number of the others is said.
    """
    return first_of([repr(name if len(name) <= 60 else name[:57] + "...") for name in names], most) or "none"
