from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psephos.consensus.transcripts import alignment
from psephos.consensus.transcripts.alignment import COSTS, INSERT, PAIR, SKIP, Times, align, places
from psephos.consensus.transcripts.anchors import anchors, distance, passages
from psephos.errors import InputError

MISS_GAP, MISS_FULL, SKIP_GAP, SKIP_FULL, INSERTED = COSTS.tolist()


def cost_of(columns: np.ndarray, words: np.ndarray, steps: np.ndarray) -> int:
    total = 0
    for column, word in zip(*places(steps), strict=True):
        if column < 0:
            total += INSERTED
            continue
        gap = (columns[column] == 0).any()
        if word < 0:
            total += SKIP_GAP if gap else SKIP_FULL
        elif words[word] not in columns[column]:
            total += MISS_GAP if gap else MISS_FULL
    return total


def cheapest(columns: np.ndarray, words: np.ndarray, allowed: np.ndarray | None = None) -> int:
    """The least cost by the plain recursion."""
    far = 10**9
    best = np.full((len(columns) + 1, len(words) + 1), far)
    best[0, 0] = 0
    for i in range(len(columns) + 1):
        for j in range(len(words) + 1):
            if i and j and (allowed is None or allowed[i - 1, j - 1]):
                gap = (columns[i - 1] == 0).any()
                pair = 0 if words[j - 1] in columns[i - 1] else MISS_GAP if gap else MISS_FULL
                best[i, j] = min(best[i, j], best[i - 1, j - 1] + pair)
            if i:
                gap = (columns[i - 1] == 0).any()
                best[i, j] = min(best[i, j], best[i - 1, j] + (SKIP_GAP if gap else SKIP_FULL))
            if j:
                best[i, j] = min(best[i, j], best[i, j - 1] + INSERTED)
    return int(best[-1, -1])


@st.composite
def merges(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    merged = draw(st.integers(1, 3))
    column = st.lists(st.integers(0, 4), min_size=merged, max_size=merged).filter(any)
    columns = draw(st.lists(column, max_size=9))
    words = draw(st.lists(st.integers(1, 4), max_size=9))
    return np.array(columns, np.int32).reshape(-1, merged), np.array(words, np.int32)


@st.composite
def timed(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, Times]:
    columns, words = draw(merges())
    moment = st.floats(0, 10).map(lambda x: round(x, 2))
    unknown = st.booleans()

    def spans(n: int) -> tuple[np.ndarray, np.ndarray]:
        start = np.sort(np.array(draw(st.lists(moment, min_size=n, max_size=n)), float))
        end = start + np.array(draw(st.lists(st.floats(0, 1), min_size=n, max_size=n)), float)
        lost = np.array(draw(st.lists(unknown, min_size=n, max_size=n)), bool) & (n > 0) & draw(unknown)
        return np.where(lost, np.nan, start), np.where(lost, np.nan, end)

    return columns, words, Times(*spans(len(columns)), *spans(len(words)), draw(st.floats(0, 6)))


def bounded(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times of what has none: from the start of the last one ahead that has one to the end of the next."""
    low, high = start.copy(), end.copy()
    for place in range(len(start)):
        if np.isnan(start[place]):
            low[place] = next((x for x in start[:place][::-1] if not np.isnan(x)), -np.inf)
        if np.isnan(end[place]):
            high[place] = next((x for x in end[place:] if not np.isnan(x)), np.inf)
    return low, np.maximum(high, low)


@given(merges())
def test_the_path_is_cheapest_and_whole(case: tuple[np.ndarray, np.ndarray]) -> None:
    columns, words = case
    steps = align(columns, words)
    column, word = places(steps)
    assert column[column >= 0].tolist() == list(range(len(columns)))
    assert word[word >= 0].tolist() == list(range(len(words)))
    assert cost_of(columns, words, steps) == cheapest(columns, words)


UNTIMED_BETWEEN = Times(*(np.array(x, float) for x in ([0, 0, np.nan, 0], [0, 0, np.nan, 0], [1], [1])), 0.0)


@given(timed())
@example((np.ones((4, 1), np.int32), np.ones(1, np.int32), UNTIMED_BETWEEN))
def test_a_band_of_time_loses_nothing_and_forbids_what_is_far(case: tuple[np.ndarray, np.ndarray, Times]) -> None:
    columns, words, times = case
    column_low, column_high = bounded(times.column_start, times.column_end)
    word_low, word_high = bounded(times.word_start, times.word_end)
    late = word_low[None, :] - column_high[:, None] > times.collar + 1e-9
    far = late | (column_low[:, None] - word_high[None, :] > times.collar + 1e-9)
    steps = align(columns, words, times=times)
    column, word = places(steps)
    paired = (column >= 0) & (word >= 0)
    assert not far[column[paired], word[paired]].any()
    assert cost_of(columns, words, steps) == cheapest(columns, words, ~far)


@settings(deadline=None)
@given(st.one_of(merges(), timed()))
def test_the_compiled_kernel_takes_the_same_path(case: tuple[np.ndarray, ...]) -> None:
    columns, words, *times = case
    one = align(columns, words, times=times[0] if times else None)
    other = align(columns, words, times=times[0] if times else None, compiled=True)
    assert one.tolist() == other.tolist()


@pytest.mark.parametrize(
    ("columns", "words", "steps"),
    [
        pytest.param([[1], [2]], [3], [SKIP, PAIR], id="pair before skip, skip before insert, from the end"),
        pytest.param([[1]], [1, 1], [INSERT, PAIR], id="the later of equal words is paired"),
        pytest.param([[1, 2]], [3], [PAIR], id="4000 is less than skipping and inserting"),
        pytest.param([[1, 0], [2, 2]], [2], [SKIP, PAIR], id="a column with NULL is skipped for next to nothing"),
    ],
)
def test_ties_and_costs(columns: list[list[int]], words: list[int], steps: list[int]) -> None:
    assert align(np.array(columns, np.int32), np.array(words, np.int32)).tolist() == steps


def noisy(base: np.ndarray, rng: np.random.Generator, rate: float = 0.1) -> np.ndarray:
    said = base[rng.random(len(base)) > rate / 2].copy()
    wrong = rng.random(len(said)) < rate / 2
    said[wrong] = rng.integers(1, 400, int(wrong.sum()))
    return said


@pytest.mark.parametrize("compiled", [False, True])
def test_cuts_keep_the_path_on_them_and_groups_change_nothing(monkeypatch: pytest.MonkeyPatch, compiled: bool) -> None:
    rng = np.random.default_rng(4)
    base = rng.integers(1, 400, 600).astype(np.int32)
    one, other = noisy(base, rng), noisy(base, rng)
    first, second = anchors(passages(one), passages(other))
    cuts = first + 3, second + 3
    full = cost_of(one[:, None], other, align(one[:, None], other))
    steps = align(one[:, None], other, cuts=cuts, compiled=compiled)
    assert full <= cost_of(one[:, None], other, steps) <= 1.02 * full
    monkeypatch.setattr(alignment, "FULL_CELLS", 500)
    parts = align(one[:, None], other, cuts=cuts, compiled=compiled)
    assert cost_of(one[:, None], other, parts) <= 1.02 * full


def test_a_table_that_is_too_large_asks_for_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "MOST_CELLS", 100)
    with pytest.raises(InputError, match="give times and a collar"):
        align(np.ones((20, 1), np.int32), np.ones(20, np.int32))


@given(st.lists(st.integers(1, 3), max_size=40), st.lists(st.integers(1, 3), max_size=40))
def test_passages_shared_are_equal_and_rise(left: list[int], right: list[int]) -> None:
    one, other = np.array(left, np.int32), np.array(right, np.int32)
    first, second = anchors(passages(one), passages(other))
    assert (np.diff(first) > 0).all()
    assert (np.diff(second) > 0).all()
    for a, b in zip(first, second, strict=True):
        assert one[a : a + 6].tolist() == other[b : b + 6].tolist()


def test_a_distance_between_anchors_is_near_the_exact_one_from_above() -> None:
    from rapidfuzz.distance import Levenshtein

    rng = np.random.default_rng(5)
    base = rng.integers(1, 400, 6000).astype(np.int32)
    one, other = noisy(base, rng), noisy(base, rng)
    exact = Levenshtein.distance(one.tolist(), other.tolist())
    assert exact <= distance(one, other, passages(one), passages(other)) <= 1.01 * exact
