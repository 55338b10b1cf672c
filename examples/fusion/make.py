"""Let the local language model write five drafts for each of six requests, and fuse them; writes drafts and answers.

    python make.py            drafts.jsonl and answers.jsonl (a few minutes)

The drafts are sampled at temperature 0.9 with seeds; the answers are a cassette, so that tests and pages hear exactly
what the model said, without the model.
"""

import sys
from pathlib import Path

import polars as pl

from psephos.judges import collect_drafts, fuse_dataset
from psephos.voters.language_model import LocalModel, Recording

HERE = Path(__file__).parent
DRAFTS = {"times": 5, "temperature": 0.9, "max_tokens": 48, "seed": 1}
FUSION = {"max_tokens": 96, "seed": 1}


def main() -> None:
    model = LocalModel()
    prompts = dict(pl.read_csv(HERE / "prompts.csv").select("item", "prompt").iter_rows())
    drafts = collect_drafts(prompts, [model], HERE / "drafts.jsonl", **DRAFTS, workers=1, label="drafts")
    made = HERE / "made.jsonl"
    try:
        cassette = Recording(model, HERE / "answers.jsonl", requests=False)
        print(fuse_dataset(prompts, drafts, cassette, made, workers=1, label="fusing", **FUSION))
    finally:
        made.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
