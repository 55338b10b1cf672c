r"""Which of these items belong together, by how unlike they are?

The k smallest eigenvectors of the normalised Laplacian of the affinity exp(-S_ab / median S), rows at length 1, are
clustered by k-means; k is the one with the largest silhouette on the distance sqrt(S), the smaller of equals. Of very
many items a random sample is clustered, and each of the others joins the group to which it is nearest on average.

Source: Uzunoglu, Li and Khashabi (2025), arXiv 2509.25671; Ng, Jordan and Weiss (2001). Differs: the scale of the
affinity is reconstructed; the sample is ours.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import linalg

from psephos.metrics.harmony.group_scores import Floats
from psephos.metrics.harmony.item_similarity import BLOCK, Similarity
from psephos.statistics import k_means

LARGEST = 5000
"""Items that are clustered; of more a random sample is, and the others join the cluster nearest on average."""

RESTARTS = 10
ALIKE = 1e-12

Codes = npt.NDArray[np.int64]


def clustered(
    similarity: Similarity,
    items: npt.NDArray[np.intp],
    most: int,
    sample_stream: np.random.Generator,
    stream: np.random.Generator,
) -> tuple[Codes, list[tuple[int, float]], npt.NDArray[np.intp]] | None:
    """Group of each of these items, 0 the largest; k and its silhouette; the places of the items that were clustered.

    None if all are alike. Of more items than `LARGEST` a sample is clustered.
    """
    n = len(items)
    chosen = np.arange(n)
    if n > LARGEST:
        chosen = np.sort(sample_stream.choice(n, LARGEST, replace=False))
    between = similarity(items[chosen], items[chosen])
    if between.max() <= ALIKE:
        return None
    found, scores = _best(between, most, stream)
    labels = np.empty(n, dtype=np.int64)
    labels[chosen] = found
    if n > LARGEST:
        members = np.eye(found.max() + 1)[found] / np.bincount(found)
        rest = np.setdiff1d(np.arange(n), chosen)
        for start in range(0, len(rest), BLOCK):
            part = rest[start : start + BLOCK]
            labels[part] = np.argmin(similarity(items[part], items[chosen]) @ members, axis=1)
    order = np.argsort(-np.bincount(labels), kind="stable")
    return np.argsort(order)[labels], scores, chosen


def _best(
    between: Floats, most: int, stream: np.random.Generator
) -> tuple[npt.NDArray[np.int64], list[tuple[int, float]]]:
    vectors, distance = eigenvectors(between, most), np.sqrt(between)
    best, scores, labels = -2.0, [], np.zeros(len(between), dtype=np.int64)
    for k in range(2, most + 1):
        found = grouped(vectors[:, :k], k, stream)
        score = _silhouette(distance, found)
        scores.append((k, score))
        if score > best + 1e-12:
            best, labels = score, found
    return labels, scores


def eigenvectors(between: Floats, most: int) -> Floats:
    """The smallest eigenvectors of the normalised Laplacian, which serve every number of groups."""
    n = len(between)
    off = between[~np.eye(n, dtype=bool)]
    scale = float(np.median(off)) or float(off[off > 0].mean())
    affinity = np.exp(-between / scale)
    degree = 1 / np.sqrt(affinity.sum(axis=1))
    found = linalg.eigh(affinity * degree[:, None] * degree, subset_by_index=(n - most, n - 1))[1]
    return np.asarray(found[:, ::-1])


def grouped(vectors: Floats, k: int, stream: np.random.Generator) -> npt.NDArray[np.int64]:
    """Group of each row among k, by k-means of rows at length 1."""
    rows = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-300)
    return k_means(rows, k, restarts=RESTARTS, rng=stream).labels


def _silhouette(distance: Floats, labels: npt.NDArray[np.int64]) -> float:
    """Mean of (b - a) / max(a, b), 0 for items alone in their group; -1 if there is one group only."""
    sizes = np.bincount(labels).astype(np.float64)
    if len(sizes) < 2:
        return -1.0
    sums = distance @ np.eye(len(sizes))[labels]
    place = np.arange(len(labels))
    own = sums[place, labels] / np.maximum(sizes[labels] - 1, 1)
    means = sums / sizes
    means[place, labels] = np.inf
    other = means.min(axis=1)
    top = np.maximum(own, other)
    value = np.divide(other - own, top, out=np.zeros_like(top), where=top > 0)
    return float(np.where(sizes[labels] > 1, value, 0.0).mean())
