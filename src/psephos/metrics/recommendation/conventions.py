r"""Which of its many definitions does a ranking metric follow?

Tools print the same names and mean different numbers. A `Convention` states every choice; a preset makes the choices of
a tool, so that its numbers can be had again and compared.

| choice | what it decides |
|---|---|
| gain | nDCG: `linear` g, `exponential` 2^g - 1, `exponential_from_level` 2^(g - level + 1) - 1 (of hits), `binary` |
| level | the least gain that is a hit; None: every gain above 0 |
| average_precision | AP divides by `relevant` = R, by `cut` = min(k, R), or is the mean over `positions` of P@n |
| f1 | harmonic mean of each user, then averaged (`users`), or of the two averages (`means`) |
| reciprocal_rank | averaged over `all` users, or over those with a `hits` |
| arhr | `sum` of h_j / j of a user, averaged; or `hits`: the mean of 1 / rank over all hits |
| divide | precision and popularity shares divide by `k`, or by the `length` of a shorter list |
| repeats | an item twice in a list: `drop` the later, `keep` it (a hit then counts twice), or `error` |
| seen | items of the user's own train data: `keep`, `drop` before the cut, or `drop_irrelevant`: keep hits among them |
| outside | items of no train data: `keep` or `drop` before the cut |
| users | whose lists count where no truth is needed: `all`, or those of users of the truth, `judged` |
| absent | a user of the truth without a list: `zero`, `skip` or `error` |
| empty | a user without a relevant item: `skip`, or `zero` |
| ties | equal scores: `order` as given, `trec` by falling name, `worst`, `best`, or `expected` over all their orders |
| unseen | novelty of an item of no train data: `skip`, `zero`, or `max` as if it had been met once |
| serendipity | every item of a list counts if it is unlike the history, `all`, or only `hits` |
| coverage | catalogue coverage counts recommended items of the `train` data, or `all` of them |
| catalogue | coverage and Gini are over the items of the `train` data, of `all` data, or `padded`: of all plus one |
| tail | the long tail: items outside the short `head` with 80 % of the train data, or the least met `tenth` of items |
| gini | `concentration` G, or `evenness` 1 - G |
| gini_divisor | G divides by `n-1`, so that 1 is reached, or by `n` |
| entropy | in `bits`, in `bits_by_user` with one vote for each list, or `nats_per_item` |
| auc_pairs | GAUC pairs relevant items with the others of the `list`, or of the `catalogue`: see `grouped_area` |
| auc_weight | GAUC is the mean of `users`, or counts each by its `relevant` items or the `length` of its list |
| one_class | a user without such a pair: `skip`, or `half` as if guessed |
| rated | RMSE, MSE and MAE are over the pairs that are `predicted`, or all `hits` of users with a list, else 0 |

Sources: sheets 02 and 12; trec_eval, ranx and the metrics of RecBole 1.2.1 and Elliot 0.3.1, run. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

from psephos.errors import InputError, check_choice, check_number

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gain": ("linear", "exponential", "exponential_from_level", "binary"),
        "average_precision": ("relevant", "cut", "positions"),
        "f1": ("users", "means"),
        "reciprocal_rank": ("all", "hits"),
        "arhr": ("sum", "hits"),
        "divide": ("k", "length"),
        "repeats": ("drop", "keep", "error"),
        "seen": ("keep", "drop", "drop_irrelevant"),
        "outside": ("keep", "drop"),
        "users": ("all", "judged"),
        "absent": ("zero", "skip", "error"),
        "empty": ("skip", "zero"),
        "ties": ("order", "trec", "worst", "best", "expected"),
        "unseen": ("skip", "zero", "max"),
        "serendipity": ("all", "hits"),
        "coverage": ("train", "all"),
        "catalogue": ("train", "all", "padded"),
        "tail": ("head", "tenth"),
        "gini": ("concentration", "evenness"),
        "gini_divisor": ("n-1", "n"),
        "entropy": ("bits", "bits_by_user", "nats_per_item"),
        "auc_pairs": ("list", "catalogue"),
        "auc_weight": ("users", "relevant", "length"),
        "one_class": ("skip", "half"),
        "rated": ("predicted", "hits"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Convention:
    """Every choice of a definition; see the module for what each says.

    Attributes
    ----------
    name : str
        Of the preset, or of what was made of it.
    level : float or None
        The least gain that is a hit; None: every gain above 0.
    gain, average_precision, f1, reciprocal_rank, arhr, divide : str
        What the formulas are.
    repeats, seen, outside, absent, empty, ties : str
        What is done with lists and users that are not as they should be.
    users, unseen, serendipity, coverage, catalogue, tail, gini, gini_divisor, entropy : str
        What is meant by novelty, serendipity, coverage, popularity and concentration.
    auc_pairs, auc_weight, one_class, rated : str
        What GAUC and the errors of predicted ratings are over.
    """

    name: str = "psephos"
    level: float | None = None
    gain: str = "linear"
    average_precision: str = "relevant"
    f1: str = "users"
    reciprocal_rank: str = "all"
    arhr: str = "sum"
    divide: str = "k"
    repeats: str = "drop"
    seen: str = "keep"
    outside: str = "keep"
    users: str = "all"
    absent: str = "zero"
    empty: str = "skip"
    ties: str = "order"
    unseen: str = "skip"
    serendipity: str = "all"
    coverage: str = "train"
    catalogue: str = "train"
    tail: str = "head"
    gini: str = "concentration"
    gini_divisor: str = "n-1"
    entropy: str = "bits"
    auc_pairs: str = "list"
    auc_weight: str = "users"
    one_class: str = "skip"
    rated: str = "predicted"

    def __post_init__(self) -> None:
        for choice, allowed in CHOICES.items():
            check_choice(choice, getattr(self, choice), allowed)
        if self.level is not None:
            check_number("level", self.level)
        if self.level is None and self.gain == "exponential_from_level":
            raise InputError("gain", "'exponential_from_level' needs a level")

    def to_dict(self) -> dict[str, Any]:
        """Every choice by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


PRESETS: Mapping[str, Convention] = MappingProxyType(
    {
        one.name: one
        for one in (
            Convention(),
            Convention(name="trec_eval", level=1, absent="skip", empty="zero", ties="trec"),
            Convention(name="ranx", level=1, empty="zero"),
            Convention(
                name="recbole",
                level=0,
                gain="binary",
                average_precision="cut",
                seen="drop_irrelevant",
                users="judged",
                coverage="all",
                catalogue="padded",
                tail="tenth",
                gini_divisor="n",
                entropy="nats_per_item",
                auc_weight="relevant",
            ),
            Convention(
                name="elliot",
                level=0,
                gain="exponential_from_level",
                average_precision="positions",
                repeats="keep",
                seen="drop",
                outside="drop",
                users="judged",
                absent="skip",
                gini="evenness",
                entropy="bits_by_user",
                coverage="all",
                auc_pairs="catalogue",
                rated="hits",
            ),
            Convention(
                name="survey",
                gain="binary",
                f1="means",
                reciprocal_rank="hits",
                arhr="hits",
                unseen="zero",
                coverage="all",
            ),
        )
    }
)
"""The conventions by name: ours, of four tools, and of the survey's own code with what is odd in it."""


def convention(name: str | Convention = "psephos", **choices: Any) -> Convention:
    """A preset by name, with some of its choices changed.

    Parameters
    ----------
    name : {"psephos", "trec_eval", "ranx", "recbole", "elliot", "survey"} or Convention
        Where to start.
    **choices
        What to change, such as ``ties="expected"``.

    Returns
    -------
    Convention
        What `evaluate` takes as `convention`.

    Raises
    ------
    InputError
        If a name or a choice is unknown.

    See Also
    --------
    evaluate : uses it.
    explain_value : which convention gives a number that somebody else has printed.

    Examples
    --------
    >>> convention("elliot").average_precision
    'positions'
    >>> convention("recbole", ties="worst").name
    'recbole, ties worst'
    """
    start = name if isinstance(name, Convention) else PRESETS[check_choice("convention", name, tuple(PRESETS))]
    known = {field.name for field in fields(Convention)} - {"name"}
    for choice in choices:
        check_choice("convention", choice, tuple(sorted(known)))
    changed = [f"{choice} {value}" for choice, value in choices.items() if getattr(start, choice) != value]
    return replace(start, name=", ".join([start.name, *changed]), **choices)
