"""What does the store remember of projects, items, opinions, verdicts and decisions?

One class per table. Nothing that a person did is overwritten or deleted: a decision is superseded by a later one, and
`Audit` holds one row per change, each with the hash of the one before (see `audit_log`). What is shown at a glance of
an item (choice, certainty, value of checking) stands in `Item` again, so that a page of the queue reads one index.
People, sessions and tokens are in `account_tables`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from psephos.review.store.columns import Key, Moment, now

STATES = ("new", "decided", "disputed", "adjudicated", "locked")
"""What can be the state of an item; that it is reserved is said by a live `Reservation`."""

SKIP_REASONS = ("unclear", "bad data", "need expert", "conflict of interest")


class Base(DeclarativeBase):
    """What all tables share: columns of JSON, and names of constraints that migrations can say."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON, datetime: Moment, int: Key}  # noqa: RUF012


class Project(Base):
    """A body of items that people review together, with its rules."""

    __tablename__ = "project"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(35), default="")
    sensitive: Mapped[bool] = mapped_column(Boolean, default=False)
    """Free text goes into the log as a hash."""
    salt: Mapped[str] = mapped_column(String(64), default="")
    """Hashed together with free text, so that short texts cannot be guessed by who sees the log alone."""
    blind: Mapped[bool] = mapped_column(Boolean, default=False)
    """Nobody sees opinions and decisions of others before deciding."""
    overlap: Mapped[int] = mapped_column(Integer, default=1)
    """How many people decide each item."""
    lease_seconds: Mapped[int] = mapped_column(Integer, default=600)
    audit_share: Mapped[float] = mapped_column(Float, default=0.05)
    """Share of items mixed into the queue at random to measure how many errors are left."""
    cost: Mapped[float] = mapped_column(Float, default=1.0)
    """What a wrong choice costs, where an item says nothing else."""
    seconds: Mapped[float] = mapped_column(Float, default=20.0)
    """How long checking takes, until people were seen to take another time."""
    spread: Mapped[float] = mapped_column(Float, default=0.0)
    """Scores of reviewers further apart than this are a dispute."""
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    deleted_at: Mapped[datetime | None]
    """Hidden since, and can be restored for 30 days."""


class Source(Base):
    """What was read into a project: files with their hashes."""

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    sha256: Mapped[list[Any]] = mapped_column(default=list)
    issues: Mapped[list[Any]] = mapped_column(default=list)
    """What was set aside or found odd while reading."""
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What is known of voters."""
    n_items: Mapped[int] = mapped_column(Integer, default=0)
    n_opinions: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Media(Base):
    """A recording or a picture; the file lies outside of the store under a random name."""

    __tablename__ = "media"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    """What people call it."""
    path: Mapped[str] = mapped_column(Text)
    """Where it lies; never taken from a request."""
    type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(Key, default=0)
    seconds: Mapped[float | None]
    offset_ms: Mapped[int] = mapped_column(Integer, default=0)
    """When its clock starts, for files that start late."""
    peaks: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Item(Base):
    """Something to be decided, with what is known at a glance."""

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("project_id", "kind", "name"),
        Index("ix_item_queue", "project_id", "state", "value", "id"),
        Index("ix_item_value", "project_id", "value", "id"),
        Index("ix_item_risk", "project_id", "risk", "id"),
        Index("ix_item_draw", "project_id", "draw", "id"),
        Index("ix_item_place", "project_id", "place", "id"),
        Index("ix_item_states", "project_id", "deleted_at", "state"),
        Index("ix_item_content", "content"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), index=True)
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    kind: Mapped[str] = mapped_column(String(20))
    """Kind of its opinions: labels, samples, scores, transcripts."""
    name: Mapped[str] = mapped_column(Text)
    place: Mapped[int] = mapped_column(Integer, default=0)
    """Its place in the source."""
    content: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what it shows (kind, name, prompt, ...): the same item in another run or project has the same."""
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the table about items says: prompt, group, gold, ..."""
    state: Mapped[str] = mapped_column(String(12), default="new")
    version: Mapped[int] = mapped_column(Integer, default=1)
    """Counts changes; who decides says which version was looked at."""
    overlap: Mapped[int | None]
    """How many people decide it, if not as many as the project says."""
    in_audit: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether it is of the hidden random slice; shown to nobody who decides."""
    draw: Mapped[float] = mapped_column(Float, default=0.0)
    """A random number between 0 and 1: the random order."""
    choice: Mapped[str | None] = mapped_column(Text)
    certainty: Mapped[float | None]
    margin: Mapped[float | None]
    votes: Mapped[int] = mapped_column(Integer, default=0)
    support: Mapped[int] = mapped_column(Integer, default=0)
    flags: Mapped[list[Any]] = mapped_column(default=list)
    risk: Mapped[float] = mapped_column(Float, default=1.0)
    """P(the choice is wrong); of a transcript the number of words expected to be wrong."""
    cost: Mapped[float] = mapped_column(Float, default=1.0)
    seconds: Mapped[float] = mapped_column(Float, default=20.0)
    value: Mapped[float] = mapped_column(Float, default=1.0)
    """risk x cost / seconds: what checking is worth; of the hidden slice that of an item drawn at random."""
    run_id: Mapped[int | None]
    """The run that these numbers are from."""
    final: Mapped[dict[str, Any] | None]
    """What people settled on, once they have."""
    flagged: Mapped[bool] = mapped_column(Boolean, default=False)
    """A person marked it."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    deleted_at: Mapped[datetime | None]


class Opinion(Base):
    """What one voter said of one item: a label, an answer, a score, a whole transcript."""

    __tablename__ = "opinion"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), index=True)
    voter: Mapped[str | None] = mapped_column(Text)
    value: Mapped[str | None] = mapped_column(Text)
    """The label or answer, or the text of a transcript; None is an abstention."""
    number: Mapped[float | None]
    """The score."""
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """All other columns: weight, time, draw, reward, ...; of a transcript ``words``, a list of its rows."""


class Run(Base):
    """One computation of the consensus: method, parameters, hash of what went in."""

    __tablename__ = "run"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    method: Mapped[str] = mapped_column(Text)
    provenance: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the opinions that went in."""
    certainty_means: Mapped[str] = mapped_column(Text, default="")
    voters: Mapped[list[Any]] = mapped_column(default=list)
    """One entry per voter: votes, agreement, accuracy."""
    weights: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Consensus(Base):
    """What a run says of an item."""

    __tablename__ = "consensus"
    __table_args__ = (UniqueConstraint("run_id", "item_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    choice: Mapped[str | None] = mapped_column(Text)
    certainty: Mapped[float | None]
    margin: Mapped[float | None]
    votes: Mapped[int] = mapped_column(Integer, default=0)
    support: Mapped[int] = mapped_column(Integer, default=0)
    risk: Mapped[float] = mapped_column(Float, default=1.0)
    """See `Item.risk`."""
    runner_up: Mapped[str | None] = mapped_column(Text)
    flags: Mapped[list[Any]] = mapped_column(default=list)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Of labels and answers ``candidates``: each with choice, votes, share and, where known, posterior. Of a score
    ``mean``, ``deviation``, ``error``. Of a transcript ``columns``, see `consensus_rows`."""


class Decision(Base):
    """What a person decided about an item, or about one place of a transcript."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("ix_decision_current", "item_id", "current"),
        Index("ix_decision_author", "author_id", "id"),
        Index("ix_decision_content", "content"),
        Index("ix_decision_project_time", "project_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    place: Mapped[int | None]
    """The column of a transcript that is decided, from 1; None for the item as a whole."""
    author_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    """Always the person who pressed the key."""
    act: Mapped[str] = mapped_column(String(12))
    """``decide`` an answer, ``adjudicate`` one that settles a dispute, ``skip`` no answer and why, ``withdraw`` an
    answer taken back."""
    answer: Mapped[dict[str, Any] | None]
    """``{"choice": ...}``, ``{"own": ...}``, ``{"score": ...}``, ``{"text": ...}``, ``{"both": [...]}``,
    ``{"undecidable": true}``; None where nothing was answered."""
    reason: Mapped[str | None] = mapped_column(String(40))
    """Why it was skipped."""
    note: Mapped[str] = mapped_column(Text, default="")
    adopted_from: Mapped[str | None] = mapped_column(Text)
    """Whose answer was taken over."""
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"))
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"))
    """The record that this one undoes or does again."""
    batch: Mapped[str | None] = mapped_column(String(36), index=True)
    """Decisions made at one stroke, which one undo takes back."""
    current: Mapped[bool] = mapped_column(Boolean, default=True)
    """Whether nothing superseded it."""
    older_evidence: Mapped[bool] = mapped_column(Boolean, default=False)
    """The consensus was computed anew since."""
    run_id: Mapped[int | None]
    """The run that was shown."""
    content: Mapped[str] = mapped_column(String(64))
    """What was decided about, see `Item.content`."""
    blind: Mapped[bool] = mapped_column(Boolean, default=False)
    seconds: Mapped[float] = mapped_column(Float, default=0.0)
    """Active time."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class Reservation(Base):
    """Someone looks at an item until the lease ends."""

    __tablename__ = "reservation"
    __table_args__ = (UniqueConstraint("item_id", "user_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    until: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Comment(Base):
    """What someone remarked on an item."""

    __tablename__ = "comment"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    place: Mapped[int | None]
    author_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    resolved_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class Snapshot(Base):
    """The state of a project at a time, told by hashes."""

    __tablename__ = "snapshot"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)


class Export(Base):
    """An export that was asked for, and how far it is."""

    __tablename__ = "export"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    format: Mapped[str] = mapped_column(String(20))
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[str] = mapped_column(String(12), default="waiting")
    """waiting, running, done, failed, interrupted; removed when its file was deleted, being old"""
    until: Mapped[datetime | None]
    """Until when it is believed to run without another sign of life."""
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    path: Mapped[str] = mapped_column(Text, default="")
    sha256: Mapped[str] = mapped_column(String(64), default="")
    head: Mapped[str] = mapped_column(String(64), default="")
    """Head of the audit log when it was made."""
    problem: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]


class Audit(Base):
    """One change; see `audit_log`. Rows are only ever added."""

    __tablename__ = "audit"
    __table_args__ = (
        UniqueConstraint("chain", "seq"),
        Index("ix_audit_object", "chain", "object"),
        Index("ix_audit_actor", "chain", "actor"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    chain: Mapped[int] = mapped_column(Key)
    """The project; 0 for what belongs to none, such as a login."""
    seq: Mapped[int] = mapped_column(Key)
    at: Mapped[str] = mapped_column(String(27))
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(60))
    object: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    """Canonical JSON, as it was hashed."""
    hash: Mapped[str] = mapped_column(String(64))
