"""Does each model have groups of items of its own, and are they alike?

`discover_groups` makes one partition for all models, from the mean of how unlike they find two items. Here each model
makes its own, by its own probabilities; `rand_index` says how alike two partitions are.

Source: Uzunoglu, Li and Khashabi (2025), arXiv 2509.25671, whose readers could not tell which of the two is meant.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy.typing as npt

from psephos.engine.streams import Rng, seed_of
from psephos.errors import InputError
from psephos.metrics.harmony.item_groups import ItemGroups, discover_groups
from psephos.metrics.harmony.item_similarity import tables_of


def discover_groups_by_model(
    probs: Mapping[str, npt.ArrayLike], *, most: int = 20, stability: bool = True, rng: Rng = 0
) -> dict[str, ItemGroups]:
    """Find groups of items for each model by its own probabilities.

    Parameters
    ----------
    probs : mapping of str to array_like of float, shape (n_items, n_answers)
        Probabilities of each model on the same items, rows summing to 1; answers may differ in number.
    most : int, default 20
        Largest number of groups to try.
    stability : bool, default True
        Whether to cluster resampled answers ten times.
    rng : int, Generator or None, default 0
        Source of the random numbers; a model alone has the groups that `discover_groups` finds with it.

    Returns
    -------
    dict of str to ItemGroups
        Groups by model. `harmony` of a model over its own groups: ``harmony(scores, found[model].labels)``.

    Raises
    ------
    InputError
        As `discover_groups`, with the model; if there is none, or they have different items.

    See Also
    --------
    discover_groups : one partition for all models.
    rand_index : how alike two partitions are.

    Examples
    --------
    >>> near, far = [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]
    >>> found = discover_groups_by_model({"a": [near, near, near, far], "b": [near, far, far, far]}, stability=False)
    >>> {model: groups.labels.tolist() for model, groups in found.items()}
    {'a': [0, 0, 0, 1], 'b': [1, 0, 0, 0]}
    """
    if not probs:
        raise InputError("probs", "holds no model", hint="give a table of probabilities for each name")
    seed = seed_of(rng)
    tables = {}
    for model, given in probs.items():
        try:
            tables[model] = tables_of(given, "probs")[0]
        except InputError as problem:
            where = f"model {model}" + (f", {problem.where}" if problem.where else "")
            raise InputError(problem.argument, problem.problem, where=where, hint=problem.hint) from None
    if any(len(one) > 1 for one in tables.values()) or len({len(one[0]) for one in tables.values()}) > 1:
        raise InputError("probs", "must have one table of the same items for every model")
    found = {}
    for model, one in tables.items():
        try:
            found[model] = discover_groups(one[0], most=most, stability=stability, rng=seed)
        except InputError as problem:
            raise InputError(problem.argument, problem.problem, where=f"model {model}", hint=problem.hint) from None
    return found
