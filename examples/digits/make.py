"""Which digit does each of fifteen classifiers see in each image?

Makes the files of this folder: `python examples/digits/make.py` rewrites `votes.csv`, `items.csv`, `voters.csv` and the
part of `README.md` between the two `computed` marks. It needs scikit-learn, which brings the images with it.

Each classifier votes on every image out of fold: the images are cut into 10 folds, and for each fold each classifier is
trained on 18 images of every digit, drawn by a random stream of its own from the other nine folds. So no classifier
votes on an image it was trained on, no two of them learnt from the same images, and all of them make mistakes. Three of
them abstain where their two highest class probabilities lie too close together.
"""

import csv
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import sklearn
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

FOLDER = Path(__file__).parent
SEED = 20260101
FOLDS = 10
IMAGES_PER_DIGIT = 18
ABSTAINS = -1
PIXELS = "0123456789abcdefg"


class Voter(NamedTuple):
    """A classifier that votes; it abstains where its top two probabilities differ by less than `margin`."""

    name: str
    group: str
    description: str
    model: Any
    margin: float = 0.0


def upper_half(images: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Pixels of the upper four rows, shape (n_images, 32)."""
    return images[:, :32]


VOTERS = (
    Voter(
        "bernoulli-bayes",
        "bayes",
        "naive Bayes on pixels made black or white at 7",
        BernoulliNB(binarize=7),
    ),
    Voter(
        "boosting",
        "tree",
        "15 rounds of gradient boosting, trees of depth 2",
        GradientBoostingClassifier(n_estimators=15, max_depth=2, max_features=8, random_state=SEED),
    ),
    Voter("centroid", "neighbours", "digit with the nearest mean image", NearestCentroid()),
    Voter(
        "forest",
        "tree",
        "random forest of 60 trees; abstains when its margin is below 0.05",
        RandomForestClassifier(60, random_state=SEED),
        margin=0.05,
    ),
    Voter("gaussian-bayes", "bayes", "naive Bayes, normal pixel values", GaussianNB(var_smoothing=1e-2)),
    Voter("knn", "neighbours", "3 nearest images", KNeighborsClassifier(3)),
    Voter(
        "lda",
        "discriminant",
        "linear discriminant analysis with shrunken covariance",
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    ),
    Voter("linear-svm", "linear", "linear support vector machine", LinearSVC(C=1e-4, random_state=SEED)),
    Voter(
        "logistic",
        "linear",
        "logistic regression on standardised pixels",
        make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500)),
    ),
    Voter(
        "logistic-upper",
        "linear",
        "logistic regression that sees the upper half of the image; abstains when its margin is below 0.1",
        make_pipeline(FunctionTransformer(upper_half), StandardScaler(), LogisticRegression(C=0.1, max_iter=500)),
        margin=0.1,
    ),
    Voter(
        "network",
        "network",
        "one hidden layer of 16 units, stopped early; abstains when its margin is below 0.1",
        make_pipeline(StandardScaler(), MLPClassifier((16,), alpha=1.0, max_iter=120, random_state=SEED)),
        margin=0.1,
    ),
    Voter("perceptron", "linear", "perceptron, 5 passes", Perceptron(max_iter=5, tol=None, random_state=SEED)),
    Voter(
        "qda",
        "discriminant",
        "quadratic discriminant analysis on 12 principal components",
        make_pipeline(PCA(12, random_state=SEED), QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=0.3)),
    ),
    Voter("rbf-svm", "kernel", "support vector machine with a radial kernel", SVC(C=1.0, gamma=5e-4)),
    Voter("tree", "tree", "one decision tree of depth 12", DecisionTreeClassifier(max_depth=12, random_state=SEED)),
)


def main() -> None:
    """Write the files of this folder."""
    images, gold = load_digits(return_X_y=True)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=ConvergenceWarning)  # the network is stopped early on purpose
        warnings.filterwarnings("ignore", message=".*zero standard deviation")  # pixels in the corners are never inked
        votes = np.column_stack([out_of_fold(voter, number, images, gold) for number, voter in enumerate(VOTERS)])
    items = [f"digit-{number:04d}" for number in range(len(gold))]
    names = [voter.name for voter in VOTERS]
    write(
        "votes.csv",
        ["item", "voter", "label"],
        (
            (item, name, "" if vote == ABSTAINS else vote)
            for item, row in zip(items, votes, strict=True)
            for name, vote in zip(names, row, strict=True)
        ),
    )
    write("items.csv", ["item", "gold", "image"], zip(items, gold, map(as_text, images), strict=True))
    write("voters.csv", ["voter", "group", "description"], (voter[:3] for voter in VOTERS))
    opening, _, rest = (FOLDER / "README.md").read_text(encoding="utf-8").partition("<!-- computed -->\n")
    closing = rest.partition("<!-- /computed -->")[2]
    text = f"{opening}<!-- computed -->\n{summary(votes, gold)}<!-- /computed -->{closing}"
    (FOLDER / "README.md").write_text(text, encoding="utf-8")


def out_of_fold(
    voter: Voter, number: int, images: npt.NDArray[np.float64], gold: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Votes of one classifier, each on an image it was not trained on; shape (n_items,), -1 = abstains."""
    votes = np.full(len(gold), ABSTAINS)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(images, gold)
    for fold, (others, own) in enumerate(folds):
        rng = np.random.default_rng([SEED, number, fold])
        chosen = np.concatenate(
            [rng.choice(others[gold[others] == digit], IMAGES_PER_DIGIT, replace=False) for digit in range(10)]
        )
        voter.model.fit(images[chosen], gold[chosen])
        votes[own] = voter.model.predict(images[own])
        if voter.margin:
            highest = np.sort(voter.model.predict_proba(images[own]), axis=1)
            votes[own[highest[:, -1] - highest[:, -2] < voter.margin]] = ABSTAINS
    return votes


def as_text(image: npt.NDArray[np.float64]) -> str:
    """One character per pixel, 0 to g for 0 to 16; rows from top to bottom with a slash between them."""
    return "/".join("".join(PIXELS[int(pixel)] for pixel in row) for row in image.reshape(8, 8))


def write(name: str, header: list[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write one CSV file."""
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def summary(votes: npt.NDArray[np.int64], gold: npt.NDArray[np.int64]) -> str:
    """Accuracies as Markdown."""
    lines = ["| voter | group | votes | abstains | accuracy of its votes |", "|---|---|---:|---:|---:|"]
    for voter, column in zip(VOTERS, votes.T, strict=True):
        cast = column != ABSTAINS
        accuracy = np.mean(column[cast] == gold[cast])
        lines.append(f"| {voter.name} | {voter.group} | {cast.sum()} | {(~cast).sum()} | {accuracy:.1%} |")
    counts = np.stack([(votes == digit).sum(axis=1) for digit in range(10)], axis=1)
    leads = counts == counts.max(axis=1, keepdims=True)
    tied = leads.sum(axis=1) > 1
    right = leads[np.arange(len(gold)), gold]
    unanimous = (counts > 0).sum(axis=1) == 1
    lines += [
        "",
        f"Most votes: right on {(right & ~tied).sum()} of {len(gold)} images ({np.mean(right & ~tied):.1%}), wrong on "
        f"{(~right & ~tied).sum()}, tied on {tied.sum()} (the right digit is among the tied ones on "
        f"{(right & tied).sum()}).",
        f"With a tie counted as 1 / number of tied digits: {np.mean(right / leads.sum(axis=1)):.1%}.",
        f"All votes agree on {unanimous.sum()} images ({np.mean(unanimous):.1%}); wrong on "
        f"{(unanimous & ~right).sum()} of them.",
        f"Made with scikit-learn {sklearn.__version__} and NumPy {np.__version__}.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
