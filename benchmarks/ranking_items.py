"""How fast is item response, next to girth and py-irt, and how near to each other are the answers?"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from harness import SHARED, Benchmark, Contender, main, on_real_data

from psephos.ranking import rank_by_ability, simulate_responses


def responses(n_candidates: int, n_items: int):
    def make(tiny: bool) -> np.ndarray:
        size = (12, 8) if tiny else (n_candidates, n_items)
        return simulate_responses(size[0], 1, size[1], wrong_keys=0, rng=25).responses.right

    return make


def law_school(tiny: bool) -> np.ndarray:
    """The answers of 1,000 people to the five questions of a section of the Law School Admission Test (sheet 25)."""
    if tiny:
        return responses(0, 0)(tiny)
    table = pl.read_csv(SHARED / "25-medirt" / "lsat6-patterns.csv")
    return np.repeat(table.drop("count").to_numpy().astype(float), table["count"].to_numpy(), axis=0)


def ours(right: np.ndarray) -> np.ndarray:
    return rank_by_ability(right, model="2pl", errors="none", draws=200, rng=0).scores


def ours_with_errors(right: np.ndarray) -> np.ndarray:
    return rank_by_ability(right, model="2pl", rng=0).scores


def girth(right: np.ndarray) -> np.ndarray:
    from girth import ability_eap, twopl_mml

    table = right.T.astype(int)
    found = twopl_mml(table)
    return ability_eap(table, found["Difficulty"], found["Discrimination"])


def as_lines(right: np.ndarray) -> str:
    import json

    path = Path(tempfile.mkdtemp()) / "responses.jsonlines"
    lines = [
        json.dumps({"subject_id": f"m{i}", "responses": {f"q{j}": int(x) for j, x in enumerate(row)}})
        for i, row in enumerate(right)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def py_irt(path: str) -> np.ndarray:
    from py_irt.config import IrtConfig
    from py_irt.training import IrtModelTrainer

    trainer = IrtModelTrainer(
        config=IrtConfig(model_type="2pl", epochs=500, priors="hierarchical"), data_path=path, verbose=False
    )
    trainer.train(device="cpu")
    names = trainer.best_params["subject_ids"]
    found = np.empty(len(names))
    for place, name in names.items():
        found[int(name[1:])] = trainer.best_params["ability"][int(place)]
    return found


def unlike(one: np.ndarray, other: np.ndarray) -> float:
    """1 less the correlation: scales of the packages differ, places of candidates must not."""
    return 1 - float(np.corrcoef(one, other)[0, 1])


OURS = Contender("psephos", ours, packages=("psephos",))
GIRTH = Contender("girth", girth, packages=("girth",))
PY_IRT = Contender("py-irt", py_irt, prepare=as_lines, packages=("py-irt",))

BENCHMARKS = [
    Benchmark(
        "ranking-items",
        "Abilities and items with two parameters; answers differ by 1 - correlation of the abilities",
        "80 candidates, 100 items",
        make=responses(80, 100),
        ours=OURS,
        peers=(GIRTH, PY_IRT),
        check=unlike,
        tolerance=0.01,
    ),
    *on_real_data(
        "25-medirt",
        [
            Benchmark(
                "ranking-items-real",
                "The same of real answers",
                "1,000 candidates, 5 items",
                make=law_school,
                ours=OURS,
                peers=(GIRTH,),
                check=unlike,
                tolerance=0.01,
            )
        ],
    ),
    Benchmark(
        "ranking-items-wide",
        "The same on more items",
        "80 candidates, 1,100 items",
        make=responses(80, 1100),
        ours=OURS,
        peers=(PY_IRT,),
        check=unlike,
        tolerance=0.01,
    ),
    Benchmark(
        "ranking-items-errors",
        "The same with standard errors of the items by 50 resamples; no peer has them",
        "80 candidates, 1,100 items",
        make=responses(80, 1100),
        ours=Contender("psephos", ours_with_errors, packages=("psephos",)),
        check=unlike,
        tolerance=1e-9,
    ),
    Benchmark(
        "ranking-items-large",
        "The same on a large table; girth does not end on a twentieth of it",
        "2,000 candidates, 10,000 items",
        make=responses(2000, 10_000),
        ours=OURS,
        check=unlike,
        tolerance=1e-9,
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
