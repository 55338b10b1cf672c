"""How fast are coefficients of agreement, next to krippendorff, evalica, crowd-kit, irrCAC, statsmodels and pingouin?

Where answers differ by rule: evalica draws its interval of alpha from resampled pairs after KALPHA, which narrows with
the number of pairs and not of items, so intervals are timed and only the values compared; irrCAC's standard error of
alpha is that of Fleiss' kappa, ours is smaller by (n - 1) / n for n votes, so alpha is compared by value.
"""

import sys

import numpy as np
from harness import Benchmark, Contender, main

from psephos.agreement import (
    conger_kappa,
    fleiss_kappa,
    gwet_ac,
    intraclass_correlation,
    krippendorff_alpha,
)
from psephos.agreement.icc import FORMS


def labels(items: int, voters: int = 3, levels: int = 5, missing: float = 0.1) -> np.ndarray:
    """Codes of voters that are right on 70 % of the items and else guess; -1 where a vote is missing."""
    rng = np.random.default_rng(0)
    truth, size = rng.integers(0, levels, (items, 1)), (items, voters)
    votes = np.where(rng.random(size) < 0.7, truth, rng.integers(0, levels, size))
    votes[rng.random(size) < missing] = -1
    return votes.astype(np.int32)


def million(tiny: bool) -> np.ndarray:
    return labels(300 if tiny else 370_370)


def hundred_thousand(tiny: bool) -> np.ndarray:
    return labels(300 if tiny else 37_037)


def complete(tiny: bool) -> np.ndarray:
    return labels(100 if tiny else 10_000, 5, missing=0)


def numbers(tiny: bool) -> np.ndarray:
    rng = np.random.default_rng(0)
    items = 30 if tiny else 2_000
    return rng.normal(size=(items, 1)) + rng.normal(size=(1, 5)) / 2 + rng.normal(size=(items, 5))


def few_numbers(tiny: bool) -> np.ndarray:
    """As many as krippendorff has memory for: of 2,000 items it asks for a table of 1.46 TiB."""
    return numbers(tiny)[:100]


def distinct_numbers(tiny: bool) -> np.ndarray:
    """Values of which nearly all differ."""
    rng = np.random.default_rng(0)
    items = 300 if tiny else 333_334
    return rng.normal(size=(items, 1)) + rng.normal(size=(items, 3))


def by_observer(votes: np.ndarray) -> np.ndarray:
    """Observers by units with NaN where a vote is missing, as krippendorff and evalica take them."""
    return np.where(votes < 0, np.nan, votes).T


def frame(votes: np.ndarray):
    import pandas as pd

    return pd.DataFrame(by_observer(votes))


def answers(votes: np.ndarray):
    """A row per vote, as crowd-kit takes them."""
    import pandas as pd

    item, voter = np.nonzero(votes >= 0)
    return pd.DataFrame({"task": item, "worker": voter, "label": votes[item, voter]})


def krippendorff_value(votes: np.ndarray) -> float:
    import krippendorff

    return krippendorff.alpha(reliability_data=votes, level_of_measurement="nominal")


def evalica_value(data) -> float:
    import evalica

    return evalica.alpha(data).alpha


def evalica_interval(data) -> float:
    import evalica

    return evalica.alpha_bootstrap(data, n_resamples=1000, random_state=0).alpha


def crowd_kit(data) -> float:
    from crowdkit.metrics.data import alpha_krippendorff

    return alpha_krippendorff(data)


def rater_frame(votes: np.ndarray):
    import pandas as pd

    return pd.DataFrame(votes)


def irr_cac(data) -> list[float]:
    from irrCAC.raw import CAC

    found = CAC(data, digits=12)
    said = [getattr(found, name)()["est"] for name in ("fleiss", "gwet", "conger")]
    return [one[key] for one in said for key in ("coefficient_value", "se")]


def ours_by_formula(votes: np.ndarray) -> list[float]:
    found = [measure(votes, interval="analytic") for measure in (fleiss_kappa, gwet_ac, conger_kappa)]
    return [number for one in found for number in (one.value, one.standard_error)]


def statsmodels_fleiss(votes: np.ndarray) -> float:
    from statsmodels.stats.inter_rater import aggregate_raters
    from statsmodels.stats.inter_rater import fleiss_kappa as theirs

    return theirs(aggregate_raters(votes)[0])


def long_frame(table: np.ndarray):
    import pandas as pd

    return pd.DataFrame(table).reset_index().melt(id_vars="index", var_name="rater", value_name="score")


def pingouin_icc(data) -> list[list[float]]:
    import pingouin

    found = pingouin.intraclass_corr(data, targets="index", raters="rater", ratings="score")
    order = [
        found["Type"].tolist().index(name)
        for name in ("ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)")
    ]
    return found[["ICC", "F"]].to_numpy(dtype=float)[order].tolist()


def ours_icc(table: np.ndarray) -> list[list[float]]:
    found = [intraclass_correlation(table, form=form, interval="analytic") for form in FORMS]
    return [[one.value, one.f] for one in found]


def krippendorff_interval_metric(values: np.ndarray) -> float:
    import krippendorff

    return krippendorff.alpha(reliability_data=values, level_of_measurement="interval")


PANDAS = ("pandas",)
BENCHMARKS = [
    Benchmark(
        "agreement-alpha",
        "Krippendorff's alpha, nominal, no interval",
        "1,000,000 votes, 370,370 items, 5 labels",
        make=million,
        ours=Contender("psephos", lambda votes: krippendorff_alpha(votes, repeats=0).value, packages=("psephos",)),
        peers=(
            Contender("krippendorff", krippendorff_value, prepare=by_observer, packages=("krippendorff",)),
            Contender("evalica", evalica_value, prepare=frame, packages=("evalica", *PANDAS)),
        ),
        tolerance=1e-9,
    ),
    Benchmark(
        "agreement-alpha-small",
        "The same of fewer votes, for a slower peer",
        "100,000 votes, 37,037 items, 5 labels",
        make=hundred_thousand,
        ours=Contender("psephos", lambda votes: krippendorff_alpha(votes, repeats=0).value, packages=("psephos",)),
        peers=(Contender("crowd-kit", crowd_kit, prepare=answers, packages=("crowd-kit", "nltk", *PANDAS)),),
        tolerance=1e-9,
    ),
    Benchmark(
        "agreement-bootstrap",
        "Krippendorff's alpha, nominal, with 1,000 resamples",
        "1,000,000 votes, 370,370 items, 5 labels",
        make=million,
        ours=Contender("psephos", lambda votes: krippendorff_alpha(votes).value, packages=("psephos",)),
        peers=(Contender("evalica", evalica_interval, prepare=frame, packages=("evalica", *PANDAS)),),
        tolerance=1e-9,
    ),
    Benchmark(
        "agreement-bootstrap-interval",
        "Krippendorff's alpha of numbers, with 1,000 resamples; the peer's tables of all pairs of values do not fit",
        "1,000,002 values, nearly all different, 333,334 items",
        make=distinct_numbers,
        ours=Contender(
            "psephos", lambda values: krippendorff_alpha(values, metric="interval").value, packages=("psephos",)
        ),
        tolerance=1e-9,
    ),
    Benchmark(
        "agreement-interval-small",
        "Krippendorff's alpha of numbers, no interval",
        "100 items, 5 raters, all values different",
        make=few_numbers,
        ours=Contender(
            "psephos",
            lambda values: krippendorff_alpha(values, metric="interval", repeats=0).value,
            packages=("psephos",),
        ),
        peers=(
            Contender("krippendorff", krippendorff_interval_metric, prepare=np.transpose, packages=("krippendorff",)),
        ),
        tolerance=1e-9,
    ),
    Benchmark(
        "agreement-by-formula",
        "Fleiss' kappa, AC1 and Conger's kappa with standard errors by formula",
        "10,000 items, 5 voters, 5 labels",
        make=complete,
        ours=Contender("psephos", ours_by_formula, packages=("psephos",)),
        peers=(Contender("irrCAC", irr_cac, prepare=rater_frame, packages=("irrCAC", *PANDAS)),),
        tolerance=1e-9,
    ),
    Benchmark(
        "agreement-fleiss",
        "Fleiss' kappa, no interval",
        "10,000 items, 5 voters, 5 labels",
        make=complete,
        ours=Contender("psephos", lambda votes: fleiss_kappa(votes, repeats=0).value, packages=("psephos",)),
        peers=(Contender("statsmodels", statsmodels_fleiss, packages=("statsmodels",)),),
        tolerance=1e-9,
    ),
    Benchmark(
        "agreement-icc",
        "Six intraclass correlations with F-tests and intervals by formula",
        "2,000 items, 5 raters",
        make=numbers,
        ours=Contender("psephos", ours_icc, packages=("psephos",)),
        peers=(Contender("pingouin", pingouin_icc, prepare=long_frame, packages=("pingouin", *PANDAS)),),
        tolerance=1e-8,
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
