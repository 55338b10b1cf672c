"""Let the local language model label the texts of test_labelling.py; writes the cassette that the test plays.

python tests/studies/record_labels.py
"""

from __future__ import annotations

from pathlib import Path

from psephos.studies.peer_review import REBUTTAL_LABELS, REVIEW_LABELS, ModelLabeller
from psephos.voters.language_model import LanguageModel, LocalModel, Recording

CASSETTE = Path(__file__).parent / "recorded" / "labels.jsonl"

REVIEWS = (
    "The idea is not new: the same loss was published three years ago.",
    "Baselines are missing, and the results are reported for a single seed.",
    "Section 3 is hard to follow, and the notation changes twice.",
    "The paper is well written and the problem matters.",
)
REBUTTALS = (
    "We ran the experiment on five seeds: the gain is 2.1 points, see the new Table 4.",
    "The reviewer may have missed that the bound holds for every step size, as Lemma 2 says.",
    "You are right, the claim was too strong. We will change it.",
    "Thank you for your careful reading.",
)
WORDING = "Name only what the text says outright."


def readers(model: LanguageModel) -> dict[str, ModelLabeller]:
    """Two readers of rebuttals that differ in their words, and one of reviews."""
    return {
        "reviews": ModelLabeller(model, REVIEW_LABELS, workers=1),
        "first": ModelLabeller(model, REBUTTAL_LABELS, workers=1),
        "second": ModelLabeller(model, REBUTTAL_LABELS, workers=1, wording=WORDING),
    }


def main() -> None:
    made = readers(Recording(LocalModel(), CASSETTE, requests=False))
    for name, reader in made.items():
        print(name, reader(REVIEWS if name == "reviews" else REBUTTALS), reader.unread)


if __name__ == "__main__":
    main()
