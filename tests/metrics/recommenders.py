"""Small recommenders whose lists the tests evaluate, as sheet 12 defines them: ties go to the smaller item."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse


def table(folder: Path, name: str, third: str = "rating") -> pl.DataFrame:
    """A file of user, item and a third column."""
    return pl.read_csv(folder / f"{name}.tsv", separator="\t", has_header=False, new_columns=["user", "item", third])


def systems(train: pl.DataFrame, length: int = 50) -> dict[str, pl.DataFrame]:
    """Lists of MostPop, ItemKNN (100 neighbours), UserKNN (60) and EASE (250) for each user of the train data."""
    users, user = np.unique(train["user"].to_numpy(), return_inverse=True)
    items, item = np.unique(train["item"].to_numpy(), return_inverse=True)
    x = sparse.csr_matrix((np.ones(len(user)), (user, item)), shape=(len(users), len(items)))
    popularity = np.asarray(x.sum(axis=0)).ravel()
    dense = x.toarray()
    gram = (x.T @ x).toarray()
    scores = {
        "MostPop": np.broadcast_to(popularity, dense.shape),
        "ItemKNN": x @ _nearest(_cosine(x.T), 100).T,
        "UserKNN": _nearest(_cosine(x), 60) @ dense,
        "EASE": dense @ _ease(gram, 250.0),
    }
    return {name: _lists(score, dense, users, items, length) for name, score in scores.items()}


def _cosine(rows: sparse.spmatrix) -> np.ndarray:
    """Of rows made to length 1 first: which of equally near neighbours is taken hangs on the last digit."""
    rows = sparse.csr_matrix(rows)
    norm = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)))
    unit = rows.multiply(1 / norm).tocsr()
    return (unit @ unit.T).toarray()


def _nearest(similarity: np.ndarray, k: int) -> np.ndarray:
    """The k largest of each row, the diagonal 0, ties to the smaller place."""
    similarity = similarity.copy()
    np.fill_diagonal(similarity, 0.0)
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    kept = np.zeros_like(similarity)
    rows = np.arange(len(similarity))[:, None]
    kept[rows, order] = similarity[rows, order]
    return kept


def _ease(gram: np.ndarray, penalty: float) -> np.ndarray:
    inverse = np.linalg.inv(gram + penalty * np.eye(len(gram)))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def _lists(scores: np.ndarray, held: np.ndarray, users: np.ndarray, items: np.ndarray, length: int) -> pl.DataFrame:
    hidden = np.where(held > 0, -np.inf, scores)
    order = np.argsort(-hidden, axis=1, kind="stable")[:, :length]
    return pl.DataFrame(
        {
            "user": np.repeat(users, length),
            "item": items[order].ravel(),
            "rank": np.tile(np.arange(1, length + 1), len(users)),
        }
    )
