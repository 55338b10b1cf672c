"""Ask a very small language model 128 sums, 32 times each.

    python make.py             items.csv
    python make.py --ask       asks the local model, sample by sample, into answers.jsonl (an hour; can be stopped)
    python make.py --pack      samples.parquet out of answers.jsonl

The questions and how hard each is meant to be are drawn before any answer exists. A stopped run goes on where it was.
"""

import json
import random
import re
import secrets
import sys
from importlib.metadata import version
from pathlib import Path

import polars as pl

HERE = Path(__file__).parent
SEED = 39
DRAWS = 32
ROUND = 4  # draws of a question in a row, so that a stopped run has about as many of each
TEMPERATURE = 0.8
LONGEST = 38
MODEL = "SmolLM2-135M-Instruct"

TOLD = "You solve sums. Write one short step on each line. The last line is: Answer: and the number."
SHOWN = (
    ("What is 5 + 4?", "5 + 4 = 9\nAnswer: 9"),
    ("What is 7 + 5 - 2?", "7 + 5 = 12\n12 - 2 = 10\nAnswer: 10"),
    ("Tom has 3 bags with 4 apples in each. How many apples does he have?", "3 * 4 = 12\nAnswer: 12"),
)
ANSWER = re.compile(r"Answer:\s*(-?\d[\d,]*(?:\.\d+)?)\s*$")

NAMES = ("Ann", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana")
THINGS = ("pens", "coins", "shells", "cards", "plums", "stamps", "beads", "marbles")


def questions() -> pl.DataFrame:
    """One row per question: item, level (1 to 4, by how it is made), prompt, gold."""
    stream = random.Random(SEED)
    rows: list[tuple[str, int, str, str]] = []
    seen: set[str] = set()
    for level, makers in LEVELS.items():
        for place in range(32):
            prompt = None
            while prompt is None or prompt in seen:
                prompt, gold = makers[place % len(makers)](stream)
            seen.add(prompt)
            rows.append((f"level-{level}-{place + 1:02}", level, prompt, str(gold)))
    return pl.DataFrame(rows, schema=["item", "level", "prompt", "gold"], orient="row")


def digit_sum(stream):
    a, b = stream.randint(2, 9), stream.randint(2, 9)
    return f"What is {a} + {b}?", a + b


def digit_difference(stream):
    a, b = stream.randint(7, 15), stream.randint(2, 6)
    return f"What is {a} - {b}?", a - b


def told_sum(stream):
    a, b = stream.randint(2, 9), stream.randint(2, 9)
    name, thing = stream.choice(NAMES), stream.choice(THINGS)
    return f"{name} has {a} {thing} and gets {b} more. How many {thing} does {name} have?", a + b


def digit_product(stream):
    a, b = stream.randint(2, 6), stream.randint(2, 6)
    return f"What is {a} * {b}?", a * b


def tens_sum(stream):
    a, b = stream.randint(11, 49), stream.randint(2, 9)
    return f"What is {a} + {b}?", a + b


def tens_difference(stream):
    a, b = stream.randint(21, 59), stream.randint(2, 9)
    return f"What is {a} - {b}?", a - b


def two_steps(stream):
    a, b, c = stream.randint(3, 12), stream.randint(2, 9), stream.randint(2, 5)
    return f"What is {a} + {b} - {c}?", a + b - c


def told_difference(stream):
    a, b = stream.randint(11, 20), stream.randint(2, 9)
    name, thing = stream.choice(NAMES), stream.choice(THINGS)
    return f"{name} has {a} {thing} and gives {b} away. How many {thing} does {name} have left?", a - b


def both_tens(stream):
    a, b = stream.randint(21, 69), stream.randint(13, 29)
    return f"What is {a} + {b}?", a + b


def told_product(stream):
    a, b = stream.randint(3, 9), stream.randint(3, 9)
    name, thing = stream.choice(NAMES), stream.choice(THINGS)
    return f"{name} has {a} bags with {b} {thing} in each. How many {thing} does {name} have?", a * b


def product_and_sum(stream):
    a, b, c = stream.randint(3, 9), stream.randint(3, 9), stream.randint(2, 9)
    return f"What is {a} * {b} + {c}?", a * b + c


def told_two_steps(stream):
    a, b, c = stream.randint(3, 7), stream.randint(3, 8), stream.randint(2, 6)
    name, thing = stream.choice(NAMES), stream.choice(THINGS)
    told = f"{name} has {a} bags with {b} {thing} in each and gives {c} {thing} away."
    return f"{told} How many {thing} does {name} have left?", a * b - c


LEVELS = {
    1: (digit_sum, digit_difference, digit_product),
    2: (tens_sum, told_sum, told_product),
    3: (tens_difference, two_steps, told_difference),
    4: (both_tens, product_and_sum, told_two_steps),
}


def ask(path: Path) -> None:
    """Ask for what is not yet in the file; each sample is written as it comes."""
    import xllamacpp

    from psephos.voters.language_model import model_file

    settings = xllamacpp.CommonParams()
    settings.model.path = str(model_file())
    settings.offline, settings.verbosity, settings.warmup, settings.ui = True, 0, False, False
    settings.n_ctx, settings.n_parallel = 512, 1
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.api_keys = [secrets.token_hex(16)]
    server = xllamacpp.Server(settings)
    known = {(line["item"], line["draw"]) for line in map(json.loads, path.open())} if path.exists() else set()
    rows = list(questions().iter_rows(named=True))
    with path.open("a") as file:
        for start in range(0, DRAWS, ROUND):
            for row in rows:
                for draw in range(start, start + ROUND):
                    if (row["item"], draw) not in known:
                        file.write(json.dumps(sample(server, row, draw)) + "\n")
                        file.flush()


def sample(server, row: dict, draw: int) -> dict:
    turns = [(role, text) for pair in SHOWN for role, text in zip(("user", "assistant"), pair, strict=True)]
    shown = [{"role": role, "content": text} for role, text in turns]
    seed = random.Random(f"{row['item']} {draw}").getrandbits(31)
    found = server.handle_chat_completions(
        {
            "messages": [{"role": "system", "content": TOLD}, *shown, {"role": "user", "content": row["prompt"]}],
            "temperature": TEMPERATURE,
            "max_tokens": LONGEST,
            "seed": seed,
            "logprobs": True,
            "top_logprobs": 1,
            "cache_prompt": True,
        }
    )
    choice = found["choices"][0]
    tokens = choice["logprobs"]["content"]
    return {
        "item": row["item"],
        "draw": draw,
        "text": choice["message"]["content"],
        "stop": choice["finish_reason"],
        "tokens": [token["token"] for token in tokens],
        "logprobs": [round(token["logprob"], 4) for token in tokens],
    }


def packed(path: Path) -> pl.DataFrame:
    """The samples: answer (null where the text does not end with one), log-probability of each token, ends of steps."""
    rows = []
    for line in map(json.loads, path.open()):
        found = ANSWER.search(line["text"])
        ends = [place for place, token in enumerate(line["tokens"]) if "\n" in token]
        if not ends or ends[-1] != len(line["tokens"]) - 1:
            ends.append(len(line["tokens"]) - 1)
        rows.append(
            {
                "item": line["item"],
                "voter": MODEL,
                "draw": line["draw"],
                "answer": found and found[1].replace(",", ""),
                "text": line["text"],
                "status": line["stop"] if found else "no answer",
                "tokens": len(line["tokens"]),
                "logprobs": line["logprobs"],
                "step_ends": ends,
            }
        )
    types = {"draw": pl.Int32, "tokens": pl.Int32, "logprobs": pl.List(pl.Float32), "step_ends": pl.List(pl.Int32)}
    return pl.DataFrame(rows, schema_overrides=types).sort("item", "draw")


def described(samples: pl.DataFrame) -> str:
    """What the samples are like, by level, as a table."""
    asked = questions().select("item", "level", "gold")
    rows = samples.join(asked, on="item").with_columns(right=(pl.col("answer") == pl.col("gold")).fill_null(False))
    votes = rows.drop_nulls("answer").group_by("item", "level", "gold", "answer").agg(pl.len(), pl.col("draw").min())
    first = votes.sort("len", "draw", descending=[True, False]).group_by("item", maintain_order=True)
    majority = first.agg(
        pl.first("level"), answers=pl.len(), top=pl.first("len"), right=pl.first("answer") == pl.first("gold")
    )
    lines = [
        "| level | one sample right | majority right | different answers | share of the most frequent | no answer |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for level in (1, 2, 3, 4):
        of, most = rows.filter(level=level), majority.filter(level=level)
        shares = (of["right"].mean(), most["right"].mean(), most["answers"].mean(), most["top"].mean() / DRAWS)
        one, many, answers, top = shares
        silent = of["answer"].null_count() / of.height
        lines.append(f"| {level} | {one:.1%} | {many:.1%} | {answers:.1f} | {top:.1%} | {silent:.1%} |")
    tokens = rows["tokens"].sum()
    lines.append(f"\n{samples.height:,} samples, {tokens:,} tokens. Made with xllamacpp {version('xllamacpp')}.")
    return "\n".join(lines)


def pack(path: Path) -> None:
    """Write the samples, and what they are like."""
    samples = packed(path)
    samples.write_parquet(HERE / "samples.parquet", compression="zstd", compression_level=19)
    readme = HERE / "README.md"
    before, _, rest = readme.read_text().partition("<!-- computed -->\n")
    after = rest.partition("<!-- /computed -->")[2]
    readme.write_text(f"{before}<!-- computed -->\n{described(samples)}\n<!-- /computed -->{after}")


if __name__ == "__main__":
    if "--ask" in sys.argv:
        ask(HERE / "answers.jsonl")
    elif "--pack" in sys.argv:
        pack(HERE / "answers.jsonl")
    else:
        questions().write_csv(HERE / "items.csv")
