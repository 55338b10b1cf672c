r"""Why this choice: how it came about, who it hangs on, what would change it, and how to get it again?

Of labels and answers those voters count most that are the most reliable, and the choice falls with so many votes more
for the next. Of scores, with P = 1 / s^2 and t of the estimate with its standard error s, and p_v = 1 / s_v^2, b_v of
each voter that scored it x_v,

    share = p_v / P  (the rest: the mean of all items),        without it t' = (P t - p_v (x_v - b_v)) / (P - p_v).

Of transcripts the voters count that heard most of what was elected, and so many words hang on one vote.

Source: sheet 90 section 3.2. Differs: nothing. The voters' parameters are held as the run found them.
"""

from __future__ import annotations

import itertools
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from psephos.plots.style import decimal, share
from psephos.review.languages import counted, translated
from psephos.review.languages.numbers import figures
from psephos.review.store.tables import Consensus, Opinion, Run
from psephos.review.transcript_view import bare

MOST_NAMED = 3
"""Voters that are named as those who count most."""

READING = frozenset({"kind", "wide", "repeated", "encoding", "format", "layout", "strict"})
"""Options of the command line that `psephos.read` takes in the same words."""

DECIDING = frozenset(
    {"method", "ties", "rule", "equivalence", "copies", "vote", "order", "realign", "collar", "meant", "numbers"}
    | {"language", "queue_by", "longest_span"}
)
"""Those that `psephos.decide` takes in the same words."""

_ONE_MORE = "%(n)s more vote for %(choice)s gives it the most votes"
_MORE = "%(n)s more votes for %(choice)s give it the most votes"
_WORD = "one vote less for it and another is level on %(n)s word"
_WORDS = "one vote less for it and another is level on %(n)s words"
_OTHER, _OTHERS = "%(names)s and %(n)s more", "%(names)s and %(n)s more"

Rows = list[tuple[str, str]]


def because(run: Run) -> dict[str, Any]:
    """How the choice came about, and how to get it again."""
    made = run.provenance
    parameters = ", ".join(f"{name}={value}" for name, value in dict(made.get("parameters", {})).items())
    rows = [
        ("method", run.method),
        ("parameters", parameters),
        ("certainty means", run.certainty_means),
        ("seed", "" if made.get("seed") is None else str(made["seed"])),
        ("version", str(made.get("version", ""))),
        ("inputs (SHA-256)", run.sha256),
        *(("note", str(note)) for note in made.get("notes", [])),
    ]
    command = str(made.get("command", ""))
    return {"because": [row for row in rows if row[1]], "command": command, "snippet": snippet(command)}


def snippet(command: str) -> str:
    """The command of a decision as Python; empty where it says what Python does not say in the same words.

    Examples
    --------
    >>> print(snippet("psephos decide 'my votes.csv' --kind labels --method dawid-skene --equivalence exact"))
    import psephos
    opinions = psephos.read('my votes.csv', kind='labels')
    verdict = psephos.decide(opinions, method='dawid-skene', equivalence='exact')
    >>> snippet(""), snippet("psephos decide votes.csv --about items=items.csv")
    ('', '')
    """
    words = shlex.split(command)
    first = next((place for place, word in enumerate(words) if word.startswith("--")), len(words))
    paths, stated = words[2:first], _options(words[first:])
    if words[:2] != ["psephos", "decide"] or not stated.keys() <= READING | DECIDING:
        return ""
    source = ", ".join([repr(paths[0] if len(paths) == 1 else paths), *_given(stated, READING)])
    how = ", ".join(["opinions", *_given(stated, DECIDING)])
    return f"import psephos\nopinions = psephos.read({source})\nverdict = psephos.decide({how})"


def who_counts(kind: str, opinions: Sequence[Opinion], consensus: Consensus, run: Run, language: str) -> Rows:
    """Whose word weighs most in this choice, and most against it."""
    if kind == "scores":
        shares = {name: part for name, (part, _) in leaving_out(opinions, consensus, run).items()}
        shares[translated(language, "the mean of all items")] = 1 - sum(shares.values())
        return [("counts most", _named(shares, language, share))] if len(shares) > 1 else []
    if kind == "transcripts":
        columns = [one for one in consensus.detail.get("columns", []) if one["text"] and one["type"] != "format"]
        voters = consensus.detail.get("voters", [])
        heard = {
            voter: sum(bare(one["slots"][place]) == bare(one["text"]) for one in columns) / len(columns)
            for place, voter in enumerate(voters)
            if columns
        }
        return [("heard most of it", _named(heard, language, share))] if heard else []
    known, what = _reliability(run)
    if not known:
        return [("counts most for it", translated(language, "every vote counts alike"))]
    sides: dict[str, set[str]] = {"counts most for it": set(), "counts most against it": set()}
    for one in opinions:
        if one.value is not None and one.voter is not None and one.voter in known:
            sides["counts most for it" if one.value == consensus.choice else "counts most against it"].add(one.voter)
    word = translated(language, what)
    return [
        (says, f"{word} {_named({name: known[name] for name in voters}, language, decimal)}")
        for says, voters in sides.items()
        if voters
    ]


def what_would_change_it(kind: str, opinions: Sequence[Opinion], consensus: Consensus, run: Run, language: str) -> Rows:
    """The smallest change of the votes that changes the choice, or how far one voter moves it."""
    if kind in ("labels", "samples"):
        return [("what would change it", flip(consensus.detail.get("candidates", []), opinions, language))]
    if kind == "scores":
        found = {name: value for name, (_, value) in leaving_out(opinions, consensus, run).items() if value is not None}
        if not found:
            return []
        score = consensus.detail["score"]
        name = max(found, key=lambda voter: abs(found[voter] - score))
        text = translated(language, "without %(voter)s it is %(score)s instead of %(before)s")
        said = {"voter": name, "score": figures(decimal(found[name]), language)}
        return [("what would change it", text % (said | {"before": figures(decimal(score), language)}))]
    close = sum(map(_hangs_on_one, consensus.detail.get("columns", [])))
    text = counted(language, _WORD, _WORDS, close) % {"n": close}
    return [("what would change it", text if close else translated(language, "no word hangs on one vote"))]


def leaving_out(opinions: Sequence[Opinion], consensus: Consensus, run: Run) -> dict[str, tuple[float, float | None]]:
    """Of each voter of a score its share in the estimate, and the estimate without it; see the module.

    Nothing where rows have weights, or where a voter is not in the run.
    """
    detail, voters = consensus.detail, {row["voter"]: row for row in run.voters if row.get("deviation")}
    said = [one for one in opinions if one.number is not None]
    if detail.get("score") is None or not detail.get("standard_error"):
        return {}
    if any(one.detail.get("weight") is not None or one.voter not in voters for one in said):
        return {}
    sharp, score = detail["standard_error"] ** -2, detail["score"]
    own: dict[str, tuple[float, float]] = {}
    for one in said:
        voter = voters[one.voter]
        precision, pull = own.get(one.voter or "", (0.0, 0.0))
        weight = voter["deviation"] ** -2
        own[one.voter or ""] = precision + weight, pull + weight * (float(one.number or 0.0) - voter["bias"])
    return {
        name: (
            precision / sharp,
            (sharp * score - pull) / (sharp - precision) if len(own) > 1 and precision < sharp else None,
        )
        for name, (precision, pull) in own.items()
    }


def flip(candidates: Sequence[dict[str, Any]], opinions: Sequence[Opinion], language: str = "en") -> str:
    """What would change a choice by the most votes: more votes for the next, or one voter less.

    Examples
    --------
    >>> flip([{"choice": "A", "votes": 5, "weight": 5.0}, {"choice": "B", "votes": 3, "weight": 3.0}], [])
    '3 more votes for B give it the most votes'
    """
    ranked = sorted(candidates, key=lambda one: -one["weight"])
    if len(ranked) < 2:
        return translated(language, "nobody says anything else")
    first, second = ranked[:2]
    ahead = first["weight"] - second["weight"]
    need = int(ahead) + 1
    alone = [one.voter for one in opinions if one.value == first["choice"] and one.voter]
    text = counted(language, _ONE_MORE, _MORE, need) % {"n": need, "choice": second["choice"]}
    if 0 < ahead <= 1 and alone:
        level = translated(language, "without any one of %(voters)s the two are level")
        text += f"; {level % {'voters': _listed(alone, language, most=5)}}"
    return text


def _options(words: Sequence[str]) -> dict[str, str | float | bool]:
    """Options of a command line by their names in Python; a switch is true."""
    found: dict[str, str | float | bool] = {}
    for word, after in itertools.zip_longest(words, words[1:], fillvalue="--"):
        if word.startswith("--"):
            name = word.removeprefix("--").replace("-", "_")
            numeric = name in ("collar", "longest_span")
            found[name] = True if after.startswith("--") else float(after) if numeric else after
    return found


def _given(stated: Mapping[str, Any], known: frozenset[str]) -> list[str]:
    return [f"{name}={value!r}" for name, value in stated.items() if name in known]


def _reliability(run: Run) -> tuple[Mapping[str, float], str]:
    """What each voter counts: its weight if weights were given, else how reliable it was found."""
    if run.weights:
        return {name: float(weight) for name, weight in run.weights.items()}, "weight"
    found = {row["voter"]: row["reliability"] for row in run.voters if row.get("reliability") is not None}
    return found, "reliability"


def _named(values: Mapping[str, float], language: str, written: Callable[[float], str]) -> str:
    """The voters with the highest values, each with its own."""
    ranked = sorted(values, key=lambda name: (-values[name], name))
    return _listed([f"{name} {figures(written(values[name]), language)}" for name in ranked], language)


def _listed(names: Iterable[str], language: str, *, most: int = MOST_NAMED) -> str:
    every = list(names)
    more = len(every) - most
    first = ", ".join(every[:most])
    return counted(language, _OTHER, _OTHERS, more) % {"names": first, "n": more} if more > 0 else first


def _hangs_on_one(column: Mapping[str, Any]) -> bool:
    """Whether the elected word would be level with another if one voter more had not heard it."""
    votes = Counter(bare(said) for said in column["slots"])
    own = votes.pop(bare(column["text"]), 0)
    return bool(votes) and column["type"] == "content" and 0 <= own - max(votes.values()) <= 1
