"""What are the metrics called, and what exactly does each say?

`METRICS` has every name that `evaluate` takes with its family; `ALIASES` the names that it goes by elsewhere;
`definition` the passport of a number: its name with every choice that it hangs on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from psephos.errors import InputError
from psephos.metrics.recommendation.conventions import Convention

ACCURACY = (
    "precision",
    "recall",
    "f1",
    "hit_rate",
    "mrr",
    "arhr",
    "ap",
    "mean_precision",
    "mean_recall",
    "ndcg",
    "dcg",
)
LISTS = ("novelty", "diversity", "serendipity", "popularity", "tail_items", "tail_share")
FOUND = ("epc", "efd")
CATALOGUE = (
    "catalogue_coverage",
    "item_coverage",
    "user_coverage",
    "entropy",
    "entropy_share",
    "effective_items",
    "gini",
    "pop_reo",
    "pop_rsp",
)
AREAS = ("gauc",)
FAULTS = ("unmatched_share", "repeat_share", "seen_share", "outside_share", "stray_share")
RATINGS = ("rmse", "mse", "mae", "mape", "r2", "explained_variance", "auc", "log_loss")
METRICS: Mapping[str, str] = MappingProxyType(
    {
        name: family
        for family, names in (
            ("accuracy", ACCURACY),
            ("lists", LISTS),
            ("found", FOUND),
            ("catalogue", CATALOGUE),
            ("areas", AREAS),
            ("faults", FAULTS),
            ("ratings", RATINGS),
        )
        for name in names
    }
)
"""Every metric and its family: the order of hits, what is in lists, hits weighed by novelty, all lists together,
areas under curves of whole lists, rows that should not be in a list, and predicted ratings."""

UNCUT = frozenset({"areas", "faults", "ratings"})
"""Families that are not cut at k."""

NEED_TRAIN = frozenset(
    {*LISTS, *FOUND, *CATALOGUE, "seen_share", "outside_share"}
    - {"diversity", "entropy", "effective_items", "user_coverage"}
)
"""Metrics that cannot be had without train data; diversity can, with features of the items."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "p": "precision",
        "hit": "hit_rate",
        "hits": "hit_rate",
        "hr": "hit_rate",
        "success": "hit_rate",
        "reciprocal_rank": "mrr",
        "recip_rank": "mrr",
        "map": "ap",
        "map_cut": "ap",
        "average_precision": "ap",
        "map_elliot": "mean_precision",
        "mar": "mean_recall",
        "ndcg_cut": "ndcg",
        "arp": "popularity",
        "averagepopularity": "popularity",
        "aclt": "tail_items",
        "aplt": "tail_share",
        "tailpercentage": "tail_share",
        "itemcoverage": "item_coverage",
        "coverage": "catalogue_coverage",
        "sentropy": "entropy",
        "shannonentropy": "entropy",
        "distributional_coverage": "entropy",
        "giniindex": "gini",
        "popreo": "pop_reo",
        "poprsp": "pop_rsp",
        "group_auc": "gauc",
    }
)

_SHOWN = {
    "precision": "P",
    "recall": "R",
    "f1": "F1",
    "hit_rate": "HR",
    "mrr": "MRR",
    "arhr": "ARHR",
    "ap": "AP",
    "mean_precision": "mean P@n",
    "mean_recall": "mean R@n",
    "ndcg": "nDCG",
    "dcg": "DCG",
    "epc": "EPC",
    "efd": "EFD",
    "gini": "Gini",
    "pop_reo": "PopREO",
    "pop_rsp": "PopRSP",
    "gauc": "GAUC",
    "rmse": "RMSE",
    "mse": "MSE",
    "mae": "MAE",
    "mape": "MAPE",
    "r2": "R2",
    "auc": "AUC",
}
_CATALOGUES = {"train": "", "all": "of all data", "padded": "of all data and padding"}
_DIVISORS = {"relevant": "/|R|", "cut": "/min(k,|R|)", "positions": "mean of P@n"}


def metric_names(metrics: str | Iterable[str]) -> tuple[str, ...]:
    """The canonical names of metrics, each once.

    Examples
    --------
    >>> metric_names(["MAP", "ndcg"])
    ('ap', 'ndcg')
    """
    given = [metrics] if isinstance(metrics, str) else list(metrics)
    found = []
    for name in given:
        low = str(name).lower().strip().replace(" ", "_")
        known = low if low in METRICS else ALIASES.get(low)
        if known is None:
            raise InputError("metrics", f"there is no metric {name!r}", hint=f"known are {', '.join(METRICS)}")
        found.append(known)
    if not found:
        raise InputError("metrics", "name at least one")
    return tuple(dict.fromkeys(found))


def definition(metric: str, k: int | None, rule: Convention, *, sampled: int | None = None) -> str:
    """The passport of a number: its name with the choices that it hangs on.

    Examples
    --------
    >>> from psephos.metrics.recommendation.conventions import convention
    >>> definition("ap", 10, convention()), definition("ndcg", None, convention("recbole"))
    ('AP[/|R|]@10', 'nDCG[binary gain; hit from 0; seen dropped if irrelevant]')
    """
    level = "" if rule.level is None else f"hit from {rule.level:g}"
    ties = "" if rule.ties == "order" else f"ties {rule.ties}"
    tail = "least tenth" if rule.tail == "tenth" else ""
    rated = ["of hits, 0 where not predicted", level] if rule.rated == "hits" else []
    choices = {
        "precision": [f"/{rule.divide}" if rule.divide != "k" else "", level, ties],
        "recall": [level, ties],
        "f1": ["of means" if rule.f1 == "means" else "mean of users", level, ties],
        "hit_rate": [level, ties],
        "mrr": ["users with a hit" if rule.reciprocal_rank == "hits" else "all users", level, ties],
        "arhr": ["mean over hits" if rule.arhr == "hits" else "", level, ties],
        "ap": [_DIVISORS[rule.average_precision], level, ties],
        "mean_precision": [level, ties],
        "mean_recall": [level, ties],
        "ndcg": [f"{rule.gain.replace('_', ' ')} gain", level, ties],
        "dcg": [f"{rule.gain.replace('_', ' ')} gain", level, ties],
        "novelty": [f"unseen {rule.unseen}"],
        "serendipity": ["of hits", level] if rule.serendipity == "hits" else [],
        "catalogue_coverage": ["outside counted" if rule.coverage == "all" else "", _CATALOGUES[rule.catalogue]],
        "entropy": [rule.entropy.replace("_", " ")],
        "gini": [rule.gini, f"/{rule.gini_divisor}", _CATALOGUES[rule.catalogue]],
        "tail_items": [tail],
        "tail_share": [tail],
        "pop_reo": [tail],
        "pop_rsp": [tail],
        "epc": [level],
        "efd": [level],
        "gauc": [*_area_in_words(rule), level],
        "rmse": rated,
        "mse": rated,
        "mae": rated,
    }.get(metric, ["of all rows"] if METRICS[metric] == "faults" else [])
    lists = "" if METRICS[metric] in ("faults", "ratings") else _lists_in_words(rule)
    whose = "users of the truth" if rule.users == "judged" and METRICS[metric] in ("lists", "catalogue") else ""
    said = "; ".join(filter(None, [*choices, lists, whose, f"{sampled} sampled" if sampled else ""]))
    name = _SHOWN.get(metric, metric.replace("_", " "))
    cut = "" if k is None or METRICS[metric] in UNCUT else f"@{k}"
    return f"{name}[{said}]{cut}" if said else f"{name}{cut}"


def _lists_in_words(rule: Convention) -> str:
    """What was done to the lists where it is not the usual."""
    parts = []
    if rule.repeats == "keep":
        parts.append("repeats kept")
    if rule.seen != "keep":
        parts.append("seen dropped" if rule.seen == "drop" else "seen dropped if irrelevant")
    if rule.outside == "drop":
        parts.append("outside dropped")
    return ", ".join(parts)


def _area_in_words(rule: Convention) -> list[str]:
    """What GAUC pairs and counts where it is not the usual."""
    return [
        "pairs of the catalogue" if rule.auc_pairs == "catalogue" else "",
        "mean of users" if rule.auc_weight == "users" else f"users by {rule.auc_weight}",
        "one class .5" if rule.one_class == "half" else "",
    ]
