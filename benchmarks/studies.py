"""How fast are the models of a peer review study, next to statsmodels, and its tables next to pandas?"""

import sys

import numpy as np
from harness import Benchmark, Contender, main

from psephos.statistics import least_squares, logistic
from psephos.studies import peer_review


def panel(tiny: bool) -> peer_review.Reviews:
    return peer_review.sample(items=200 if tiny else 25_000, rng=1)


def matrix(reviews: peer_review.Reviews) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Own score and others' mean, the change, and the item of each review."""
    return np.column_stack([reviews.before, reviews.others]), reviews.change, reviews.item


def ols(data) -> np.ndarray:
    fit = least_squares(data[0], data[1], clusters=data[2])
    return np.concatenate([fit.coefficients, fit.standard_error])


def logit(data) -> np.ndarray:
    fit = logistic(data[0], data[1] > 0, clusters=data[2])
    return np.concatenate([fit.coefficients, fit.standard_error])


def wide(reviews: peer_review.Reviews) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eight predictors with few equal rows."""
    x, change, item = matrix(reviews)
    further = [reviews.number(name) for name in ("confidence", "author_time", "evidence", "courtesy")]
    return np.column_stack([x, (x - x.mean(axis=0)) ** 2, *further]), change, item


def statsmodels_ols(data) -> np.ndarray:
    import statsmodels.api as sm

    fit = sm.OLS(data[1], sm.add_constant(data[0])).fit(cov_type="cluster", cov_kwds={"groups": data[2]})
    return np.concatenate([fit.params, fit.bse])


def statsmodels_logit(data) -> np.ndarray:
    import statsmodels.api as sm

    model = sm.Logit((data[1] > 0).astype(float), sm.add_constant(data[0]))
    fit = model.fit(disp=0, tol=1e-12, cov_type="cluster", cov_kwds={"groups": data[2]})
    return np.concatenate([fit.params, fit.bse])


def tables(reviews: peer_review.Reviews) -> np.ndarray:
    """All tables of movement and the borderline curve, from the scores on."""
    fresh = peer_review.Reviews(
        **{name: getattr(reviews, name) for name in peer_review.Reviews.__dataclass_fields__}  # nothing remembered
    )
    moved, curve = peer_review.movement(fresh), peer_review.borderline(fresh)
    parts = [moved.transitions["reviews"], moved.by_score["up"], moved.by_gap["mean_change"], curve.bins["up"]]
    return np.concatenate([part.to_numpy().astype(float) for part in parts])


def pandas_tables(frame) -> np.ndarray:
    """The same four tables."""
    import pandas as pd

    frame = frame.copy()
    by_item = frame.groupby("item")["before"]
    total, number = by_item.transform("sum"), by_item.transform("size")
    frame["gap"] = ((total - frame["before"]) / (number - 1) - frame["before"]).round(9)
    frame["mean"] = (total / number).round(9)
    frame["change"] = frame["after"] - frame["before"]
    frame["up"] = frame["change"] > 0
    transitions = frame.groupby(["before", "after"]).size()
    negative = pd.cut(frame["gap"], [-np.inf, -2, -1], labels=[0, 1]).astype(float)
    positive = pd.cut(frame["gap"], [0, 1, 2, np.inf], labels=[4, 5, 6]).astype(float)
    place = negative.fillna(positive)
    place[(frame["gap"] > -1) & (frame["gap"] < 0)] = 2
    place[frame["gap"] == 0] = 3
    bins = pd.cut(frame["mean"], [-np.inf, 4, 5, 5.5, 6, 6.5, 7, np.inf])
    parts = [
        transitions,
        frame.groupby("before")["up"].mean(),
        frame.groupby(place)["change"].mean(),
        frame.groupby(bins, observed=True)["up"].mean(),
    ]
    return np.concatenate([part.to_numpy().astype(float) for part in parts])


def pandas_frame(reviews: peer_review.Reviews):
    import pandas as pd

    return pd.DataFrame({"item": reviews.item, "before": reviews.before, "after": reviews.after})


PACKAGES = ("statsmodels", "pandas", "scipy")
SIZE = "100,000 reviews of 25,000 items"

BENCHMARKS = [
    Benchmark(
        "studies-peer-review-ols",
        "Least squares of a change with errors clustered by item",
        f"{SIZE}, 2 predictors",
        make=panel,
        ours=Contender("psephos", ols, prepare=matrix, packages=("psephos", "numpy")),
        peers=(Contender("statsmodels", statsmodels_ols, prepare=matrix, packages=PACKAGES),),
        tolerance=1e-9,
    ),
    Benchmark(
        "studies-peer-review-logit",
        "Logit of a rise with errors clustered by item",
        f"{SIZE}, 2 predictors",
        make=panel,
        ours=Contender("psephos", logit, prepare=matrix, packages=("psephos", "numpy")),
        peers=(Contender("statsmodels", statsmodels_logit, prepare=matrix, packages=PACKAGES),),
        tolerance=1e-6,
    ),
    Benchmark(
        "studies-peer-review-logit-wide",
        "Logit of a rise with errors clustered by item, hardly any two rows equal",
        f"{SIZE}, 8 predictors",
        make=panel,
        ours=Contender("psephos", logit, prepare=wide, packages=("psephos", "numpy")),
        peers=(Contender("statsmodels", statsmodels_logit, prepare=wide, packages=PACKAGES),),
        tolerance=1e-6,
    ),
    Benchmark(
        "studies-peer-review-tables",
        "Tables of who moves, with intervals; of pandas four columns of them without",
        SIZE,
        make=panel,
        ours=Contender("psephos", tables, packages=("psephos", "polars")),
        peers=(Contender("pandas", pandas_tables, prepare=pandas_frame, packages=("pandas",)),),
        tolerance=1e-12,
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
