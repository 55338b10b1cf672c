"""How fast are ratings from battles, next to evalica and choix? Lists of names and arrays of codes apart."""

import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from harness import SHARED, Benchmark, Contender, SubprocessContender, main, on_real_data

from psephos.opinions import battles
from psephos.ranking import BattleTable, bradley_terry, coded_battles, eigenvector, elo, newman

OUTCOMES = ("left", "right", "tie")
FROM_FILES = """
import sys
from psephos.opinions import read, scan_battles
from psephos.ranking import bradley_terry
if __name__ == "__main__":
    battles = (scan_battles if sys.argv[2] == "in-parts" else read)(sys.argv[1])
    made = bradley_terry(battles, intervals="none", least_games=0)
    print(*made.names, *(f"{rating:.6f}" for rating in made.ratings))
"""


def votes(n: int, size: int, ties: float, tiny: bool, seed: int = 0) -> dict:
    """Battles of random pairs whose ends follow known strengths."""
    n, size = (400, 6) if tiny else (n, size)
    rng = np.random.default_rng(seed)
    strength = rng.normal(size=size)
    left = rng.integers(size, size=n)
    right = (left + rng.integers(1, size, size=n)) % size
    chance = 1 / (1 + np.exp(strength[right] - strength[left]))
    outcome = np.where(rng.random(n) < ties, 2, np.where(rng.random(n) < chance, 0, 1))
    names = [f"model {i:03d}" for i in range(size)]
    return {"left": left, "right": right, "outcome": outcome, "names": names}


def of_people(tiny: bool) -> dict:
    """The votes of an arena of 59 models (sheet 30)."""
    if tiny:
        return votes(0, 0, 0.1, tiny)
    table = pl.read_csv(SHARED / "30-genai-arena" / "llmfao.csv").select("left", "right", "winner")
    names = sorted({*table["left"], *table["right"]})
    place, end = ({word: code for code, word in enumerate(words)} for words in (names, OUTCOMES))
    codes = {side: np.array([place[name] for name in table[side]]) for side in ("left", "right")}
    return {**codes, "outcome": np.array([end[word] for word in table["winner"]]), "names": names}


def in_files(tiny: bool) -> str:
    """The folder of a log in ten Parquet files."""
    folder, files = Path(tempfile.mkdtemp()), 2 if tiny else 10
    for number in range(files):
        data = votes(2_000_000, 200, 0.1, tiny, seed=number)
        names, ends = pl.Series(data["names"]), pl.Series(OUTCOMES)
        codes = {"model_a": data["left"], "model_b": data["right"]}
        columns = {name: names.gather(code) for name, code in codes.items()}
        table = pl.DataFrame({**columns, "winner": ends.gather(data["outcome"])})
        table.write_parquet(folder / f"part-{number}.parquet")
    return str(folder)


def from_files(how: str) -> SubprocessContender:
    script = Path(tempfile.mkdtemp(), "from_files.py")
    script.write_text(FROM_FILES)
    command = [sys.executable, str(script)]
    return SubprocessContender(
        "psephos" if how == "in-parts" else "psephos, read whole",
        lambda folder: [*command, folder, how],
        parse=str.split,
    )


def as_lists(data: dict) -> tuple[list[str], list[str], list[str]]:
    names = data["names"]
    return (
        [names[i] for i in data["left"].tolist()],
        [names[i] for i in data["right"].tolist()],
        [OUTCOMES[i] for i in data["outcome"].tolist()],
    )


def as_table(data: dict) -> BattleTable:
    return coded_battles(data["left"], data["right"], data["outcome"], candidates=data["names"])


def fresh(data: dict) -> BattleTable:
    """A table whose counts were not made yet, from codes that are there."""
    table = data["table"]
    return BattleTable(table.candidates, table.left, table.right, table.outcome)


def coded(data: dict) -> dict:
    return {"table": as_table(data)}


PLAIN = {"intervals": "none", "least_games": 0, "repeats": 0}


def from_lists(data):
    return bradley_terry(battles(*data), **PLAIN)


def from_codes(data):
    return bradley_terry(fresh(data), **PLAIN)


def strengths(made) -> list[float]:
    return (np.log(10) / 400 * (made.ratings - 1000)).tolist()


def ratings(made) -> list[float]:
    return made.ratings.tolist()


def their_lists(data: dict):
    import evalica

    kinds = {"left": evalica.Winner.X, "right": evalica.Winner.Y, "tie": evalica.Winner.Draw}
    left, right, winner = as_lists(data)
    return left, right, [kinds[word] for word in winner]


def their_codes(data: dict):
    import evalica

    left, right, winner = their_lists(data)
    index = evalica.indexing(left, right)[2]
    return left, right, winner, index, data["names"]


def their_fit(data):
    import evalica

    left, right, winner = data[:3]
    options = {"index": data[3]} if len(data) > 3 else {}
    return evalica.bradley_terry(left, right, winner, tie_weight=0.5, tolerance=1e-10, limit=10_000, **options)


def their_strengths(made) -> list[float]:
    scores = np.log(made.scores.sort_index().to_numpy())
    return (scores - scores.mean()).tolist()


def our_elo(data):
    return elo(fresh(data), repeats=0, least_games=0)


def their_elo(data):
    import evalica

    left, right, winner = data[:3]
    return evalica.elo(left, right, winner, initial=1000.0, base=10.0, scale=400.0, k=4.0, index=data[3])


def our_newman(data):
    return newman(fresh(data), prior=0, repeats=0, least_games=0)


def our_eigenvector(data):
    return eigenvector(fresh(data), repeats=0, least_games=0)


def our_bootstrap(rounds: int, data):
    return bradley_terry(fresh(data), repeats=rounds, least_games=0, rng=0)


def their_bootstrap(rounds: int, data):
    import evalica

    left, right, winner, index = data[:4]
    made = evalica.bootstrap(
        evalica.bradley_terry, left, right, winner, index=index, n_resamples=rounds, bootstrap_method="percentile",
        random_state=0, tolerance=1e-10, limit=10_000,
    )  # fmt: skip
    return made.result


def decided(data: dict):
    won = np.where(data["outcome"] == 0, data["left"], data["right"])
    lost = np.where(data["outcome"] == 0, data["right"], data["left"])
    return len(data["names"]), list(zip(won.tolist(), lost.tolist(), strict=True))


def choix_fit(data):
    import choix

    return choix.opt_pairwise(*data, alpha=0, tol=1e-10)


def centred(found) -> list[float]:
    return (found - found.mean()).tolist()


def counted(function, name):
    return Contender(name, function, answer=their_strengths, prepare=their_codes, packages=("evalica",))


resampled_1_000 = partial(our_bootstrap, 1_000)
MILLION = partial(votes, 1_000_000, 100, 0.1)

BENCHMARKS = [
    Benchmark(
        "ranking-bradley-terry-lists",
        "Bradley-Terry from lists of names",
        "1,000,000 battles of 100 models, 10 % ties",
        make=MILLION,
        ours=Contender("psephos", from_lists, prepare=as_lists, answer=strengths, packages=("psephos",)),
        peers=(Contender("evalica", their_fit, prepare=their_lists, answer=their_strengths, packages=("evalica",)),),
        tolerance=1e-4,
    ),
    *on_real_data(
        "30-genai-arena",
        [
            Benchmark(
                "ranking-bradley-terry-real",
                "The same of real votes",
                "8,931 battles of 59 models by people",
                make=of_people,
                ours=Contender("psephos", from_lists, prepare=as_lists, answer=strengths, packages=("psephos",)),
                peers=(
                    Contender("evalica", their_fit, prepare=their_lists, answer=their_strengths, packages=("evalica",)),
                ),
                tolerance=1e-4,
            ),
            Benchmark(
                "ranking-bradley-terry-real-codes",
                "The same from arrays of codes with both standard errors; evalica with its index given",
                "8,931 battles of 59 models by people",
                make=of_people,
                ours=Contender("psephos", from_codes, prepare=coded, answer=strengths, packages=("psephos",)),
                peers=(counted(their_fit, "evalica"),),
                tolerance=1e-4,
            ),
        ],
    ),
    Benchmark(
        "ranking-bradley-terry-codes",
        "Bradley-Terry with both standard errors from arrays of codes; evalica with its index given",
        "1,000,000 battles of 100 models, 10 % ties",
        make=MILLION,
        ours=Contender("psephos", from_codes, prepare=coded, answer=strengths, packages=("psephos",)),
        peers=(counted(their_fit, "evalica"),),
        tolerance=1e-4,
    ),
    Benchmark(
        "ranking-elo-codes",
        "Elo in the order of the file from arrays of codes; evalica with its index given",
        "1,000,000 battles of 100 models, 10 % ties",
        make=MILLION,
        ours=Contender(
            "psephos", our_elo, prepare=coded, answer=lambda made: made.ratings.tolist(), packages=("psephos",)
        ),
        peers=(
            Contender(
                "evalica",
                their_elo,
                prepare=their_codes,
                answer=lambda made: made.scores.sort_index().tolist(),
                packages=("evalica",),
            ),
        ),
        tolerance=1e-6,
    ),
    Benchmark(
        "ranking-bradley-terry-choix",
        "Bradley-Terry of decided battles",
        "20,000 battles of 50 models",
        make=partial(votes, 20_000, 50, 0.0),
        ours=Contender("psephos", from_codes, prepare=coded, answer=strengths, packages=("psephos",)),
        peers=(Contender("choix", choix_fit, prepare=decided, answer=centred, packages=("choix",)),),
        tolerance=1e-4,
    ),
    Benchmark(
        "ranking-bradley-terry-bootstrap",
        "Bradley-Terry with 50 resamples, percentile intervals",
        "100,000 battles of 100 models, 10 % ties",
        make=partial(votes, 100_000, 100, 0.1),
        ours=Contender("psephos", partial(our_bootstrap, 50), prepare=coded, answer=strengths, packages=("psephos",)),
        peers=(counted(partial(their_bootstrap, 50), "evalica"),),
        tolerance=1e-4,
    ),
    Benchmark(
        "ranking-bradley-terry-bootstrap-large",
        "Bradley-Terry with 1,000 resamples; no peer gets there",
        "1,000,000 battles of 200 models, 10 % ties",
        make=partial(votes, 1_000_000, 200, 0.1),
        ours=Contender(
            "psephos", partial(our_bootstrap, 1_000), prepare=coded, answer=strengths, packages=("psephos",)
        ),
        tolerance=1e-9,
    ),
    Benchmark(
        "ranking-battles-in-parts",
        "Bradley-Terry of a log that need not fit in memory: counted part by part, against read whole; whole processes",
        "20,000,000 battles of 200 models in 10 Parquet files",
        make=in_files,
        ours=from_files("in-parts"),
        peers=(from_files("whole"),),
    ),
    Benchmark(
        "ranking-newman-eigenvector",
        "Newman's iteration and the eigenvector, one after the other",
        "1,000,000 battles of 100 models, 10 % ties",
        make=MILLION,
        ours=Contender(
            "psephos",
            lambda data: (our_newman(data), our_eigenvector(data)),
            prepare=coded,
            answer=lambda made: [*made[0].ratings, *made[1].ratings],
            packages=("psephos",),
        ),
        tolerance=1e-6,
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
