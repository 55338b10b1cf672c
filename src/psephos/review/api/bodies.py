"""What may a request of the API say, and within which bounds?"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from psephos.review.acting import LONGEST_COMMENT
from psephos.review.looking_after import LONGEST_NAME, LONGEST_VIEW
from psephos.review.store.projects import MOST, SHORTEST

Text = Annotated[str, Field(max_length=200_000)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Id = Annotated[int, Field(ge=1, le=2**53)]
Role = Literal["viewer", "annotator", "reviewer", "manager"]


class Body(BaseModel):
    """A body that says nothing unknown, no infinite numbers, and each thing as what it is: no text for a number."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


class Answer(Body):
    """One answer: exactly one of the fields."""

    choice: Text | None = None
    own: Text | None = None
    score: float | None = None
    text: Text | None = None
    both: Annotated[list[Text], Field(min_length=2, max_length=100)] | None = None
    undecidable: Literal[True] | None = None
    joined: Literal[True] | None = None

    @model_validator(mode="after")
    def _one(self) -> Answer:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError("say exactly one of choice, own, score, text, both, undecidable, joined")
        return self

    def said(self) -> dict[str, Any]:
        """The answer as the store keeps it."""
        return self.model_dump(exclude_none=True)


class DecisionBody(Body):
    """A decision: the answer, and the version of the item that was looked at."""

    answer: Answer
    version: Id | None = None
    place: Id | None = None
    note: Text = ""
    seconds: Seconds = 0.0
    adopted_from: Annotated[str, Field(max_length=500)] | None = None
    supersedes: Id | None = None
    batch: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")] | None = None
    override: Annotated[str, Field(max_length=2000)] | None = None
    run: Id | None = None


class SkipBody(Body):
    """Why an item is skipped."""

    reason: Literal["unclear", "bad data", "need expert", "conflict of interest"]
    note: Text = ""
    seconds: Seconds = 0.0
    version: Id | None = None
    run: Id | None = None


class FlagBody(Body):
    """Whether an item is marked."""

    flagged: bool


class LockBody(Body):
    """Whether an item is closed."""

    locked: bool


class PlaceBody(Body):
    """Where in an item somebody stopped: the word of a transcript, the second of the recording."""

    place: Id | None = None
    seconds: Annotated[float, Field(ge=0, le=1e9)] | None = None


class ResolveBody(Body):
    """Whether a remark is dealt with."""

    resolved: bool


class CommentBody(Body):
    """A remark on an item, or on one place of it."""

    body: Annotated[str, Field(min_length=1, max_length=LONGEST_COMMENT)]
    place: Id | None = None


class AcceptBody(Body):
    """From which certainty on to take what voters say together."""

    certainty: Annotated[float, Field(ge=0.5, le=1)]


class ProjectBody(Body):
    """A new project, or other rules for one."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    description: Annotated[str, Field(max_length=10_000)] | None = None
    language: Annotated[str, Field(max_length=35)] | None = None
    sensitive: bool | None = None
    blind: bool | None = None
    overlap: Annotated[int, Field(ge=1, le=100)] | None = None
    lease_seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None
    audit_share: Annotated[float, Field(ge=0, le=1)] | None = None
    cost: Annotated[float, Field(ge=0, le=MOST)] | None = None
    seconds: Annotated[float, Field(ge=SHORTEST, le=86_400)] | None = None
    spread: Annotated[float, Field(ge=0, le=MOST)] | None = None

    def rules(self) -> dict[str, Any]:
        """What is stated."""
        return self.model_dump(exclude_none=True)


class InviteBody(Body):
    """Whom to let in, and as what: by login at once, else by a link."""

    role: Role
    login: Annotated[str, Field(max_length=200)] = ""
    email: Annotated[str, Field(max_length=200)] = ""


class RoleBody(Body):
    """Another role; none takes the person out of the project."""

    role: Role | None


class ViewBody(Body):
    """Filters and order under a name."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    query: Annotated[str, Field(max_length=LONGEST_VIEW)]
    shared: bool = False


class ExportBody(Body):
    """What to export, and how; what is left out is as usual."""

    format: Annotated[str, Field(max_length=20)]
    table: Annotated[str, Field(max_length=40)] | None = None
    only_final: bool | None = None
    history: bool | None = None
    opinions: bool | None = None
    names: bool | None = None
    language: Literal["en", "de"] | None = None
    neutralise: bool | None = None


class WebhookBody(Body):
    """An address to be told, and of what."""

    url: Annotated[str, Field(min_length=8, max_length=2000)]
    events: Annotated[list[Annotated[str, Field(max_length=60)]], Field(min_length=1, max_length=20)]


class MeBody(Body):
    """One's own language, theme, keys, and the panes that are folded away."""

    locale: Annotated[str, Field(max_length=10)] | None = None
    theme: Literal["", "light", "dark"] | None = None
    keys: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=12)]] | None = None
    single_keys: bool | None = None
    folded: Annotated[list[Literal["queue", "decision"]], Field(max_length=2)] | None = None


class ReservationBody(Body):
    """Nothing needs to be said."""
