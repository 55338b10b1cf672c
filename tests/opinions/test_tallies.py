"""Counting votes: against a count by hand in plain Python, whatever path the counting takes."""

from __future__ import annotations

import tracemalloc
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.opinions import tallies
from psephos.opinions.tallies import leaders, tally
from psephos.opinions.vote_splits import distinct_rows, merge_splits, splits

N_ITEMS, N_CHOICES = 6, 5


def codes(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int32)


votes = st.lists(
    st.tuples(st.integers(0, N_ITEMS - 1), st.integers(-1, N_CHOICES - 1), st.integers(1, 16)), max_size=40
)
"""Rows of (item, choice, weight in quarters): such weights add up exactly in any order."""


@pytest.fixture(params=["dense", "sparse", "compiled"], autouse=True)
def path(request, monkeypatch):
    """All ways of counting; the sparse one is taken by tables of many more cells than votes."""
    monkeypatch.setattr(tallies, "COMPILED_ROWS", 0 if request.param == "compiled" else 10**9)
    monkeypatch.setattr(tallies, "DENSE_CELLS", 2**24 if request.param == "dense" else -1)
    return request.param


def counted(rows, *, weighted: bool = False, n_choices: int = N_CHOICES):
    item, choice, weight = (np.array(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    return tally(
        np.asarray(item, dtype=np.int32),
        np.asarray(choice, dtype=np.int32),
        N_ITEMS,
        n_choices,
        np.asarray(weight, dtype=np.float64) / 4 if weighted else None,
    )


def by_hand(rows):
    """Votes, weight and squared weight of each pair (item, choice) that occurs, pairs in order."""
    found: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for item, choice, weight in rows:
        if choice >= 0:
            pair = found[item, choice]
            pair[0] += 1
            pair[1] += weight / 4
            pair[2] += (weight / 4) ** 2
    return dict(sorted(found.items()))


def splits_by_hand(rows):
    per_item = Counter((item, choice) for item, choice, _ in rows if choice >= 0)
    return [sorted((n for (i, _), n in per_item.items() if i == item), reverse=True) for item in range(N_ITEMS)]


@pytest.mark.parametrize("order", ["as given", "by item"])
@pytest.mark.parametrize("n_choices", [N_CHOICES, 40], ids="{}-choices".format)
@pytest.mark.parametrize("weighted", [False, True], ids=["votes", "weights"])
def test_a_tally_holds_what_is_counted_by_hand(weighted, n_choices, order):
    @given(votes)
    def check(rows):
        rows = rows if order == "as given" else sorted(rows, key=lambda row: row[0])
        table, expected = counted(rows, weighted=weighted, n_choices=n_choices), by_hand(rows)
        assert list(zip(table.item.tolist(), table.choice.tolist(), strict=True)) == list(expected)
        assert table.votes.tolist() == [pair[0] for pair in expected.values()]
        assert table.weight.tolist() == [pair[1 if weighted else 0] for pair in expected.values()]
        assert table.squares.tolist() == [pair[2 if weighted else 0] for pair in expected.values()]
        assert table.starts.tolist() == [sum(item < i for item, _ in expected) for i in range(N_ITEMS + 1)]

    check()


@given(votes, st.lists(st.integers(-1, N_CHOICES - 1), min_size=N_ITEMS, max_size=N_ITEMS))
def test_sums_of_an_item_are_those_of_its_pairs(rows, wanted):
    table, expected = counted(rows, weighted=True), by_hand(rows)
    of = [[pair for (i, _), pair in expected.items() if i == item] for item in range(N_ITEMS)]
    assert table.cast.tolist() == [sum(votes for votes, _, _ in pairs) for pairs in of]
    assert table.per_item(table.weight).tolist() == [sum(weight for _, weight, _ in pairs) for pairs in of]
    given = [expected.get((item, choice), (0,))[0] for item, choice in enumerate(wanted)]
    assert table.votes_for(codes(*wanted)).tolist() == given


def test_many_more_cells_than_votes_are_counted_without_a_table_of_them():
    n_items, n_choices = 100_000, 100_000
    tracemalloc.start()
    table = tally(codes(0, 0, 99_999), codes(7, 7, 99_999), n_items, n_choices)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (table.choice.tolist(), table.votes.tolist()) == ([7, 99_999], [2, 1])
    assert peak < 32e6  # the table of cells would take 80 GB


@given(votes.filter(lambda rows: any(choice >= 0 for _, choice, _ in rows)))
def test_every_vote_finds_its_pair(rows):
    table = counted(rows)
    cast = [(item, choice) for item, choice, _ in rows if choice >= 0]
    assert [pair >= 0 for pair in table.pair] == [choice >= 0 for _, choice, _ in rows]
    place = table.pair[table.pair >= 0]
    found = zip(table.item[place].tolist(), table.choice[place].tolist(), strict=True)
    assert list(found) == cast


@given(votes)
def test_leaders_are_the_two_heaviest_choices_of_each_item(rows):
    found = leaders(counted(rows, weighted=True))
    weights = {pair: weight for pair, (_, weight, _) in by_hand(rows).items()}
    for item in range(N_ITEMS):
        ranked = sorted((-weight, choice) for (i, choice), weight in weights.items() if i == item)
        first, second = (*[choice for _, choice in ranked], -1, -1)[:2]
        first_weight, second_weight = (*[-weight for weight, _ in ranked], 0.0, 0.0)[:2]
        assert (found.first[item], found.second[item]) == (first, second)
        assert (found.first_weight[item], found.second_weight[item]) == (first_weight, second_weight)
        assert found.tied[item] == sum(weight == ranked[0][0] for weight, _ in ranked)


def test_weights_that_differ_by_rounding_only_are_tied():
    weights = np.array([0.1, 0.2, 0.3, 0.3, 0.2, 0.1, 0.6])
    assert sum(weights[:3]) != sum(weights[3:6])
    found = leaders(tally(codes(0, 0, 0, 0, 0, 0, 0), codes(2, 2, 2, 1, 1, 1, 0), 1, 3, weights))
    assert (found.first.tolist(), found.second.tolist(), found.tied.tolist()) == ([0], [1], [3])
    assert found.first_weight == found.second_weight


def test_weights_that_differ_by_more_than_rounding_are_not_tied():
    found = leaders(tally(codes(0, 0), codes(0, 1), 1, 2, np.array([1.0, 1.0 + 1e-6])))
    assert (found.first.tolist(), found.tied.tolist()) == ([1], [1])


@given(votes)
def test_items_with_equal_counts_are_found(rows):
    first, copies = distinct_rows(counted(rows))
    pairs = Counter((item, choice) for item, choice, _ in rows if choice >= 0)
    counts = [tuple(pairs[item, choice] for choice in range(N_CHOICES)) for item in range(N_ITEMS)]
    expected = {row: (counts.index(row), counts.count(row)) for row in counts}
    assert sorted(zip(first.tolist(), copies.tolist(), strict=True)) == sorted(expected.values())


@given(votes, st.permutations(range(N_ITEMS)))
def test_the_order_of_distinct_rows_is_that_of_what_they_hold(rows, new):
    def held(of_rows):
        pairs = Counter((item, choice) for item, choice, _ in of_rows if choice >= 0)
        return [[pairs[item, choice] for choice in range(N_CHOICES)] for item in distinct_rows(counted(of_rows))[0]]

    assert held(rows) == held([(new[item], choice, weight) for item, choice, weight in rows])


@given(votes)
def test_splits_are_the_counts_of_each_item_without_the_names(rows):
    split, items, which = splits(counted(rows), counted(rows).votes)
    expected = splits_by_hand(rows)
    assert [[n for n in split[place] if n] for place in which] == expected
    assert items.tolist() == np.bincount(which, minlength=len(split)).tolist()
    assert len({tuple(row) for row in split}) == len(split)
    assert [tuple(row) for row in split] == sorted((tuple(row) for row in split), reverse=True)


@given(votes, st.integers(0, N_ITEMS))
def test_splits_do_not_depend_on_how_the_items_were_cut(rows, cut):
    whole, items, which = splits(counted(rows), counted(rows).votes)
    parts = [
        splits(part, part.votes)
        for part in (counted([row for row in rows if (row[0] < cut) is low]) for low in (True, False))
    ]
    low = [place for place in range(N_ITEMS) if place < cut]
    high = [place for place in range(N_ITEMS) if place >= cut]
    # Items of the other part are empty in each part: count only those that are in it.
    numbers = [np.bincount(part[2][own], minlength=len(part[0])) for part, own in zip(parts, (low, high), strict=True)]
    merged, merged_items, new = merge_splits([part[0] for part in parts], numbers)
    used = merged_items > 0
    width = whole.shape[1]
    assert merged[used][:, :width].tolist() == whole.tolist()
    assert not merged[:, width:].any()
    assert merged_items[used].tolist() == items.tolist()
    placed = np.concatenate([new[parts[0][2][low]], new[len(parts[0][0]) + parts[1][2][high]]])
    assert merged[placed][:, :width].tolist() == whole[which].tolist()


def test_splits_of_fractions_are_told_apart():
    table = tally(codes(0, 0, 1, 1, 2, 2), codes(0, 1, 0, 1, 0, 1), 3, 2)
    split, items, which = splits(table, np.array([0.25, 1.75, 1.75, 0.25, 1.75, 0.5]))
    assert split.tolist() == [[1.75, 0.5], [1.75, 0.25]]
    assert (items.tolist(), which.tolist()) == ([1, 2], [1, 1, 0])


def test_one_item_with_many_choices_does_not_widen_the_others():
    n_items, wide = 20_000, 20_000
    item = np.concatenate([np.arange(n_items), np.zeros(wide)]).astype(np.int32)
    choice = np.concatenate([np.zeros(n_items), np.arange(1, wide + 1)]).astype(np.int32)
    table = tally(item, choice, n_items, wide + 1)
    tracemalloc.start()
    split, items, _ = splits(table, table.votes)
    first, copies = distinct_rows(table)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (split.shape, items.tolist()) == ((2, wide + 1), [1, n_items - 1])
    assert (first.tolist(), copies.tolist()) == ([1, 0], [n_items - 1, 1])
    assert peak < 64e6  # a table of all items by 20,001 places would take 3.2 GB


def test_no_votes_are_no_pairs():
    table = tally(codes(0, 1), codes(-1, -1), 2, 3)
    found = leaders(table)
    assert (len(table.choice), table.starts.tolist()) == (0, [0, 0, 0])
    assert (found.first.tolist(), found.second.tolist(), found.tied.tolist()) == ([-1, -1], [-1, -1], [0, 0])
    split, items, which = splits(table, table.votes)
    assert (split.tolist(), items.tolist(), which.tolist()) == ([[0.0]], [2], [0, 0])
