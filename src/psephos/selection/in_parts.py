"""How is selected from samples that do not fit in memory?

Part by part: a part holds all samples of its questions, so a rule says of it what it would say of all. What is kept of
a part are its candidates, each with the one sample that stands for it; the other samples are dropped before the next
part is read. The result is of the size of the candidates, not of the samples.

Whether an answer is taken does not depend on how the data are cut, nor on where the parts are worked on. Sureness is
measured by random resamples: each part has a stream of its own, so it does not depend on the workers, but a part cut in
another way draws others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Engine, Rng, map_shards, seed_of
from psephos.errors import InputError
from psephos.opinions.coding import Coded
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions, frozen
from psephos.opinions.outcomes import command_for, option_name
from psephos.opinions.selections import Selection
from psephos.opinions.sharding import Shards, all_issues

_OF_CANDIDATES = ("answer", "votes", "share", "score", "place", "sureness", "reason")
_KEPT_NUMBERS = ("draw", "reward")


@dataclass(frozen=True, eq=False)
class _Part:
    """The selection of one part, with the rows that stand for its candidates alone; `row` is the first of each item."""

    found: Selection
    row: npt.NDArray[np.int64]
    voter: npt.NDArray[np.int32]
    numbers: Mapping[str, npt.NDArray[np.float64]]


def select_in_parts(
    rule: Callable[..., Selection],
    samples: Shards,
    rewards: object,
    *,
    equivalence: Equivalence,
    repeats: int,
    rng: Rng,
    engine: int | str | Engine,
    **options: Any,
) -> Selection:
    """What a rule selects of samples in parts.

    Parameters
    ----------
    rule : callable
        A function of this room, called with the samples of a part and `options`.
    samples : Shards
    rewards
        Must be None: rewards are those of the samples.
    equivalence, repeats, rng, engine
        As in `psephos.selection.best_of_majority`.
    **options
        Options of the rule.

    Raises
    ------
    InputError
        If the opinions are no samples, rewards are given, or no sample is left.
    """
    if samples.kind != "samples":
        raise InputError("answers", f"must be samples, got {samples.kind}")
    if rewards is not None:
        raise InputError("rewards", "of samples in parts are those of their column", hint="write them to the files")
    merged = samples.merged(equivalence)
    seed = seed_of(rng) if repeats else None
    done = map_shards(
        _select_part,
        merged.parts(engine),
        shared={"samples": merged, "rule": partial(rule, repeats=repeats, **options), "random": bool(repeats)},
        rng=0 if seed is None else seed,
        engine=engine,
        label="selecting",
    )
    parts = [part for part in done if part is not None]
    if not parts:
        raise InputError("answers", all_issues(merged, merged.parts(engine)).explain("are none: no row is left"))
    return _joined(parts, merged, equivalence, seed)


def _select_part(
    part: Any, *, samples: Shards, rule: Callable[..., Selection], random: bool, rng: np.random.Generator
) -> _Part | None:
    opinions, row = samples.load(part)
    if not len(opinions):
        return None
    found = rule(opinions, rng=rng) if random else rule(opinions)
    numbers = {name: opinions.numbers[name][found.sample] for name in _KEPT_NUMBERS if name in opinions.numbers}
    voter = opinions.codes("voter")[found.sample]
    nothing = replace(opinions, coded=frozen({}), numbers=frozen({}), carried=pl.DataFrame(), issues=Issues())
    bare = replace(found, opinions=nothing, answers=pl.Series(dtype=pl.String))
    return _Part(bare, row, voter, numbers)


def _joined(parts: list[_Part], samples: Shards, equivalence: Equivalence, seed: int | None) -> Selection:
    """One selection, items in the order of their first rows."""
    first = parts[0].found
    items = pl.concat([part.found.items for part in parts]).alias("item")
    order = np.argsort(np.concatenate([part.row for part in parts]), kind="stable")
    sizes = np.concatenate([np.diff(part.found.starts) for part in parts])
    begin = np.cumsum(sizes) - sizes
    starts = np.concatenate([[0], np.cumsum(sizes[order])])
    rows = np.repeat(begin[order] - starts[:-1], sizes[order]) + np.arange(starts[-1])

    def of_candidates(name: str) -> npt.NDArray[Any]:
        return np.asarray(np.concatenate([getattr(part.found, name) for part in parts])[rows])

    def of_items(name: str) -> dict[str, npt.NDArray[Any]]:
        found = [getattr(part.found, name) for part in parts]
        return {key: np.concatenate([one[key] for one in found])[order] for key in found[0]}

    items = items.gather(order)
    columns: dict[str, Any] = {name: of_candidates(name) for name in _OF_CANDIDATES}
    voter = np.concatenate([part.voter for part in parts])[rows]
    numbers = {name: np.concatenate([part.numbers[name] for part in parts])[rows] for name in parts[0].numbers}
    answers = samples.vocabulary("answer")
    coded = {
        "item": Coded(np.repeat(np.arange(len(items), dtype=np.int32), sizes[order]), items),
        "voter": Coded(voter, samples.vocabulary("voter")),
        "answer": Coded(columns["answer"], answers),
    }
    kept = Opinions(
        "samples", frozen(coded), frozen(numbers), pl.DataFrame(), about=samples.about, source=samples.source
    )
    made = first.provenance
    stated = {name: value for name, value in made.parameters.items() if name not in ("equivalence", "seed")}
    stated |= {"equivalence": option_name(equivalence)} | ({} if seed is None else {"seed": seed})
    method = made.method.replace(" ", "-")
    command = "" if callable(equivalence) else command_for("select", samples.source, {"method": method, **stated})
    notes = dict.fromkeys(note for part in parts for note in part.found.provenance.notes)
    kept_rows = "samples were read in parts; of each candidate the one sample that stands for it was kept"
    provenance = replace(
        made,
        parameters=stated,
        source=samples.source,
        seed=seed,
        command=command,
        notes=(*notes, kept_rows),
    )
    issues = sum((part.found.issues for part in parts), samples.issues) + samples.issues_with(items)
    return replace(
        first,
        provenance=provenance,
        opinions=kept,
        items=items,
        answers=answers,
        starts=starts.astype(np.int64),
        sample=np.arange(len(rows), dtype=np.int64),
        facts=of_items("facts"),
        flags=of_items("flags"),
        issues=issues,
        **columns,
    )
