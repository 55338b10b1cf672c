"""Which of twelve classifiers is right on which item of eight data sets?

Makes the files of this folder: `python examples/models/make.py` rewrites `results.parquet` and the part of `README.md`
between the two `computed` marks. It needs scikit-learn, which brings or draws the data.

Each classifier answers every item out of fold: five folds, the same for all classifiers, so that they can be compared
item by item.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import sklearn
from sklearn import datasets
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

FOLDER = Path(__file__).parent
SEED = 20260101
Data = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]


def diabetes() -> Data:
    """Whether the disease has progressed further than in half of the patients."""
    features, progress = datasets.load_diabetes(return_X_y=True)
    return features, (progress > np.median(progress)).astype(np.int64)


def noisy_moons() -> Data:
    """Two half circles that reach into each other."""
    return datasets.make_moons(400, noise=0.3, random_state=SEED)


def rings() -> Data:
    """One ring inside another."""
    return datasets.make_circles(400, noise=0.15, factor=0.6, random_state=SEED)


def sphere() -> Data:
    """Whether a point of ten dimensions lies outside a sphere."""
    features, side = datasets.make_hastie_10_2(500, random_state=SEED)
    return features, (side > 0).astype(np.int64)


TASKS: dict[str, Callable[[], Data]] = {
    "breast-cancer": lambda: datasets.load_breast_cancer(return_X_y=True),
    "diabetes": diabetes,
    "digits": lambda: datasets.load_digits(return_X_y=True),
    "iris": lambda: datasets.load_iris(return_X_y=True),
    "moons": noisy_moons,
    "rings": rings,
    "sphere": sphere,
    "wine": lambda: datasets.load_wine(return_X_y=True),
}

MODELS: dict[str, Any] = {
    "bayes": GaussianNB(),
    "boosting": GradientBoostingClassifier(n_estimators=30, max_depth=2, random_state=SEED),
    "centroid": NearestCentroid(),
    "extra-trees": ExtraTreesClassifier(100, random_state=SEED),
    "forest": RandomForestClassifier(100, random_state=SEED),
    "lda": LinearDiscriminantAnalysis(),
    "logistic": LogisticRegression(max_iter=500),
    "network": MLPClassifier((32,), max_iter=150, random_state=SEED),
    "neighbours": KNeighborsClassifier(5),
    "perceptron": Perceptron(random_state=SEED),
    "rbf-svm": SVC(),
    "tree": DecisionTreeClassifier(random_state=SEED),
}


def right() -> pl.DataFrame:
    """One row per classifier, data set and item: 1 where the classifier is right."""
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    parts = []
    for task, load in TASKS.items():
        features, truth = load()
        for name, model in MODELS.items():
            said = cross_val_predict(make_pipeline(StandardScaler(), model), features, truth, cv=folds)
            n = len(truth)
            parts.append(
                pl.DataFrame(
                    {
                        "candidate": [name] * n,
                        "task": [task] * n,
                        "item": [f"{task}-{number:04}" for number in range(n)],
                        "score": (said == truth).astype(np.int8),
                    }
                )
            )
    return pl.concat(parts)


def described(rows: pl.DataFrame) -> str:
    """Accuracies as a Markdown table, and what made them."""
    wide = rows.group_by("candidate", "task").agg(pl.col("score").mean()).sort("task").pivot("task", index="candidate")
    names = wide.columns[1:]
    lines = [f"| classifier | {' | '.join(names)} |", "|---|" + "---:|" * len(names)]
    lines += [
        f"| {row['candidate']} | " + " | ".join(f"{row[name]:.3f}" for name in names) + " |"
        for row in wide.sort("candidate").iter_rows(named=True)
    ]
    items = rows["item"].n_unique()
    return "\n".join(
        [*lines, "", f"{items:,} items, {rows.height:,} rows. Made with scikit-learn {sklearn.__version__}."]
    )


def main() -> None:
    """Rewrite the files."""
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="Variables are collinear")
        rows = right()
    rows.write_parquet(FOLDER / "results.parquet", compression="zstd", compression_level=19)
    readme = FOLDER / "README.md"
    before, _, rest = readme.read_text().partition("<!-- computed -->\n")
    after = rest.partition("<!-- /computed -->")[2]
    readme.write_text(f"{before}<!-- computed -->\n{described(rows)}\n<!-- /computed -->{after}")


if __name__ == "__main__":
    main()
