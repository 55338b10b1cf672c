import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from psephos.errors import InputError
from psephos.statistics import bootstrap, kendall_statistic, kendall_tau, spearman_rho, spearman_statistic

HUMAN, METRIC = [5, 3, 4, 1, 2, 2, 5, 4], [0, -4, -1, -12, -4.5, -4.5, -0.5, -1]
POOLED_HUMAN = [5, 3, 4, 1, 2, 2, 5, 4, 3, 5, 1, 2]
POOLED_METRIC = [0, -4, -1, -12, -4.5, -4.5, -0.5, -1, -2, 0, -9, -6]


def tau_c(x, y):
    return kendall_tau(x, y, variant="c")


def tau_c_statistic(x, y):
    return kendall_statistic(x, y, variant="c")


MEASURES = {
    "tau-b": (kendall_tau, kendall_statistic, lambda x, y: stats.kendalltau(x, y).statistic),
    "tau-c": (tau_c, tau_c_statistic, lambda x, y: stats.kendalltau(x, y, variant="c").statistic),
    "rho": (spearman_rho, spearman_statistic, lambda x, y: stats.spearmanr(x, y).statistic),
}
each_measure = pytest.mark.parametrize(("measure", "weighted", "peer"), MEASURES.values(), ids=MEASURES.keys())


@st.composite
def columns(draw, low=2, high=25):
    """Two columns with ties, neither constant."""
    rows = draw(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=low, max_size=high))
    rows += [(0, 1), (1, 0), (2, 2)]
    return tuple(np.array(column, float) for column in zip(*rows, strict=True))


@pytest.mark.parametrize(
    ("measure", "x", "y", "expected"),
    [
        pytest.param(kendall_tau, HUMAN, METRIC, 0.9805806757, id="sheet33-3-tau-b"),
        pytest.param(tau_c, HUMAN, METRIC, 0.9765625, id="sheet33-3-tau-c"),
        pytest.param(spearman_rho, HUMAN, METRIC, 0.9938837347, id="sheet33-3-rho"),
        pytest.param(kendall_tau, POOLED_HUMAN, POOLED_METRIC, 0.9511897312, id="sheet33-4-tau-b"),
        pytest.param(spearman_rho, POOLED_HUMAN, POOLED_METRIC, 0.9857643982, id="sheet33-4-rho"),
        pytest.param(kendall_tau, [3.25, 3.25, 2.75], [-4.25, -2.625, -4.25], 0.5, id="sheet33-4-systems-tau-b"),
        pytest.param(kendall_tau, [0, 1, 2], [1, 0, 2], 1 / 3, id="sheet12-lists-by-positions"),
        pytest.param(spearman_rho, [5, 3, 4, 4, 1], [3, 1, 2, 3, 3], 0.2294157, id="sheet02-rho"),
    ],
)
def test_vectors(measure, x, y, expected):
    assert measure(x, y).value == pytest.approx(expected, abs=1e-7)


@given(columns())
@each_measure
def test_equals_scipy(measure, weighted, peer, xy):
    assert measure(*xy).value == pytest.approx(peer(*xy), abs=1e-9)
    assert weighted(*xy)(np.ones((1, len(xy[0])))) == pytest.approx([peer(*xy)], abs=1e-9)


@given(columns(), st.data())
@each_measure
def test_whole_weights_are_copies(measure, weighted, peer, xy, data):
    x, y = xy
    weights = np.array(
        data.draw(st.lists(st.lists(st.integers(0, 4), min_size=len(x), max_size=len(x)), min_size=1, max_size=4))
    )
    values = weighted(x, y)(weights)
    for row, value in zip(weights, values, strict=True):
        copies_x, copies_y = np.repeat(x, row), np.repeat(y, row)
        if min(np.unique(copies_x).size, np.unique(copies_y).size) < 2:
            assert math.isnan(value)
        else:
            assert value == pytest.approx(peer(copies_x, copies_y), abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 9, 33, 64])
def test_weighted_tau_is_its_definition(n):
    rng = np.random.default_rng(n)
    x, y = rng.integers(0, 9, n).astype(float), rng.integers(0, 9, n).astype(float)
    x[0], y[0] = -1, -1
    weights = rng.exponential(size=(5, n))
    signs = [np.sign(np.subtract.outer(column, column)) for column in (x, y)]
    for w, value in zip(weights, kendall_statistic(x, y)(weights), strict=True):
        pairs = np.outer(w, w)
        above = (pairs * signs[0] * signs[1]).sum()
        below = math.sqrt((pairs * signs[0] ** 2).sum() * (pairs * signs[1] ** 2).sum())
        assert value == pytest.approx(above / below if below else math.nan, nan_ok=True, abs=1e-12)


@each_measure
def test_weights_that_leave_one_value_leave_no_correlation(measure, weighted, peer):
    rng = np.random.default_rng(6)
    x, y = np.repeat([1.0, 2.0], [13, 10]), rng.normal(size=23)
    weights = rng.exponential(size=(200, 23)) * (x == 1)
    assert np.isnan(weighted(x, y)(weights)).all()
    assert np.isnan(weighted(y, x)(weights)).all()


@given(columns())
@each_measure
def test_monotone_maps_and_order_do_not_matter(measure, weighted, peer, xy):
    x, y = xy
    plain = measure(x, y)
    assert measure(np.exp(x), y**3) == plain
    assert measure(y, x).value == pytest.approx(plain.value, abs=1e-12)
    assert measure(-x, y).value == pytest.approx(-plain.value, abs=1e-12)
    order = np.random.default_rng(0).permutation(len(x))
    assert measure(x[order], y[order]).value == pytest.approx(plain.value, abs=1e-12)


@each_measure
def test_rows_with_a_gap_are_left_out_and_counted(measure, weighted, peer):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 30))
    x[[3, 7]], y[[7, 11]] = np.nan, np.nan
    kept = ~np.isnan(x + y)
    found, whole = measure(x, y), measure(x[kept], y[kept])
    assert (found.n, found.missing) == (27, 3)
    assert (found.value, found.low, found.high) == (whole.value, whole.low, whole.high)
    assert "27, 3 missing" in str(found)
    weights = rng.integers(0, 3, (4, 30))
    assert weighted(x, y)(weights) == pytest.approx(weighted(x[kept], y[kept])(weights[:, kept]))


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ([1, 1, 1], [1, 2, 3], "x is constant"),
        ([1, 2, 3], [2, 2, 2], "y is constant"),
        ([1, 1], [2, 2], "x and y are constant"),
        ([1, 2, 3, math.nan], [2, 2, 2, 5], "y is constant"),
        ([1], [1], "needs two rows, got 1"),
        ([], [], "needs two rows, got 0"),
        ([math.nan, 1], [1, math.nan], "needs two rows, got 0"),
    ],
)
@each_measure
def test_undefined_has_a_reason_and_no_warning(measure, weighted, peer, x, y, reason):
    found = measure(x, y)
    assert np.isnan([found.value, found.low, found.high]).all()
    assert found.reason == reason
    assert reason in str(found)
    assert np.isnan(weighted(x, y)(np.ones((2, len(x))))).all()


@given(columns())
@each_measure
def test_interval_holds_the_value_and_has_width(measure, weighted, peer, xy):
    found = measure(*xy)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high
    assert found.reason is None


@pytest.mark.parametrize(
    ("measure", "error"),
    [
        (kendall_tau, lambda r, n: math.sqrt(0.437 / (n - 4))),
        (spearman_rho, lambda r, n: math.sqrt((1 + r**2 / 2) / (n - 3))),
    ],
    ids=["tau", "rho"],
)
def test_interval_is_normal_on_the_scale_of_artanh(measure, error):
    x, y = np.random.default_rng(2).normal(size=(2, 25))
    found = measure(x, y + x, level=0.9)
    ends = np.arctanh([found.low, found.high]) - np.arctanh(found.value)
    reach = special.ndtri(0.95) * error(found.value, 25)
    assert ends == pytest.approx([-reach, reach])
    assert found.level == 0.9


@pytest.mark.parametrize(
    ("measure", "truth"),
    [(kendall_tau, 2 / math.pi * math.asin(0.5)), (spearman_rho, 6 / math.pi * math.asin(0.25))],
    ids=["tau", "rho"],
)
def test_coverage_and_width_of_normal_pairs(measure, truth):
    """Correlation .5, 800 samples: a coverage of .95 has a standard error of .008; width falls as 1 / sqrt(n)."""
    rng = np.random.default_rng(3)
    widths = []
    for n in (40, 160):
        x = rng.normal(size=(800, n))
        y = 0.5 * x + math.sqrt(0.75) * rng.normal(size=(800, n))
        found = [measure(a, b) for a, b in zip(x, y, strict=True)]
        covered = np.mean([one.low <= truth <= one.high for one in found])
        assert 0.92 < covered < 0.98
        widths.append(np.mean([one.half_width for one in found]))
    assert widths[0] / widths[1] == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("measure", [kendall_tau, spearman_rho])
def test_perfect_order_is_not_certainty(measure):
    x = np.arange(12)
    up, down = measure(x, x), measure(x, -x)
    assert (up.value, up.high) == (1, 1)
    assert 0.5 < up.low < 1
    assert (down.low, down.high) == (-1, pytest.approx(-up.low))
    assert measure(np.arange(50), np.arange(50)).low > up.low


@pytest.mark.parametrize(
    ("measure", "nearest", "error"),
    [
        # half of what one exchange of neighbours takes away from 10 rows in perfect order
        (kendall_tau, 1 - 0.5 * (1 - 43 / 45), math.sqrt(0.437 / 6)),
        (spearman_rho, 1 - 0.5 * 6 * 2 / 990, math.sqrt(1.5 / 7)),
    ],
)
def test_perfect_order_is_half_a_swap_from_certainty(measure, nearest, error):
    neighbours = np.array([1, 0, 2, 3, 4, 5, 6, 7, 8, 9])
    assert measure(neighbours, np.arange(10)).value == pytest.approx(2 * nearest - 1)
    found = measure(np.arange(10), np.arange(10))
    assert found.low == pytest.approx(math.tanh(math.atanh(nearest) - special.ndtri(0.975) * error))


@pytest.mark.parametrize(("measure", "few"), [(kendall_tau, 4), (spearman_rho, 3)])
def test_few_rows_tell_nothing(measure, few):
    found = measure(np.arange(few), np.arange(few))
    assert (found.value, found.low, found.high) == (1, -1, 1)
    assert measure(np.arange(few + 1), np.arange(few + 1)).low > -1


@pytest.mark.parametrize(
    ("measure", "statistic"), [(kendall_tau, kendall_statistic), (spearman_rho, spearman_statistic)]
)
def test_bootstrap_of_a_rank_correlation(measure, statistic):
    """Without ties and at n = 150 the bootstrap and the closed form speak of the same error."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=150)
    y = 0.5 * x + math.sqrt(0.75) * rng.normal(size=150)
    closed, resampled = measure(x, y), bootstrap(statistic(x, y), 150, method="percentile", rng=5)
    assert resampled.value == pytest.approx(closed.value)
    assert (resampled.high - resampled.low) / 2 == pytest.approx(closed.half_width, rel=0.25)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: kendall_tau([1, 2], [1, 2, 3]), "y"),
        (lambda: kendall_tau([1, math.inf], [1, 2]), "x"),
        (lambda: kendall_tau([1, 2], ["low", "high"]), "y"),
        (lambda: kendall_tau([[1, 2]], [1, 2]), "x"),
        (lambda: kendall_tau([1, 2], [1, 2], variant="a"), "variant"),
        (lambda: kendall_tau([1, 2], [1, 2], level=1.5), "level"),
        (lambda: spearman_rho([1, 2, 3], [1, 2]), "y"),
        (lambda: spearman_rho([1, 2], [1, -math.inf]), "y"),
        (lambda: spearman_rho([1, 2], [1, 2], level=0), "level"),
        (lambda: kendall_statistic([1, 2], [1]), "y"),
        (lambda: kendall_statistic([1, 2], [1, 2], variant="d"), "variant"),
        (lambda: spearman_statistic([1, math.inf], [1, 2]), "x"),
    ],
)
def test_bad_input_is_named(call, argument):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument
