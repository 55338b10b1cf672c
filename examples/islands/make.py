"""Write the islands of Orrin: six sources, of which some are often wrong, on facts that nobody outside knows.

    python make.py            documents.csv, questions.csv, sources.csv, says.csv
    python make.py --ask      also asks the local language model and writes answers.jsonl (minutes)

Everything here is invented, so that no model can know it: an answer comes from a document or is made up. What each
source says of each fact is drawn first, with the probability of sources.csv that it is right; the text is then written
around it. `says.csv` keeps what was drawn.
"""

import csv
import random
import sys
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20

LIGHTHOUSES = ("Skerry Light", "Pell Head Light", "Cold Ness Light", "Harrow Light")
BRIDGES = ("Tern Bridge", "Cormorant Bridge", "Millrace Bridge", "Saltmarsh Bridge")
FERRIES = ("Grey Gull", "Lady Orrin", "Storm Petrel", "Western Star")
PEOPLE = (
    "Agnes Pell",
    "Tobias Wren",
    "Martha Quill",
    "Edmund Sorrel",
    "Ida Lark",
    "Jonas Fenn",
    "Clara Moss",
    "Silas Birch",
    "Ruth Hazel",
    "Amos Crane",
    "Nora Tallow",
    "Peter Dunlin",
)
COLOURS = ("red", "white", "green", "blue", "black", "yellow")
MATERIALS = ("granite", "timber", "iron", "brick", "limestone", "steel")
HARBOURS = ("Kelp Bay", "Anchor Point", "Sandwick", "Otter Cove", "Long Quay", "Brindle Haven")

YEARS = range(1802, 1931)

# Each fact: its name, the question, what may stand there, and two ways to say it.
FACTS = {
    "lighthouse": (
        (
            "lit",
            "In which year was {name} first lit?",
            YEARS,
            ("It was first lit in {x}.", "Its lamp was first lit in {x}."),
        ),
        (
            "height",
            "How tall is {name} in metres?",
            range(14, 62),
            ("The tower is {x} metres tall.", "It stands {x} metres tall."),
        ),
        (
            "keeper",
            "Who was the first keeper of {name}?",
            PEOPLE,
            ("The first keeper was {x}.", "Its first keeper was {x}."),
        ),
        (
            "colour",
            "Which colour is the tower of {name}?",
            COLOURS,
            ("The tower is painted {x}.", "Its colour is {x}."),
        ),
    ),
    "bridge": (
        (
            "opened",
            "In which year was the {name} opened?",
            YEARS,
            ("It was opened in {x}.", "The bridge was opened in {x}."),
        ),
        (
            "length",
            "How long is the {name} in metres?",
            range(40, 320),
            ("It is {x} metres long.", "The bridge is {x} metres long."),
        ),
        (
            "engineer",
            "Who designed the {name}?",
            PEOPLE,
            ("It was designed by {x}.", "The bridge was designed by {x}."),
        ),
        ("material", "What is the {name} built of?", MATERIALS, ("It is built of {x}.", "The bridge is built of {x}.")),
    ),
    "ferry": (
        (
            "launched",
            "In which year was the ferry {name} launched?",
            YEARS,
            ("She was launched in {x}.", "The ferry was launched in {x}."),
        ),
        (
            "carries",
            "How many passengers does the ferry {name} carry?",
            range(30, 400),
            ("She carries {x} passengers.", "The ferry carries {x} passengers."),
        ),
        (
            "captain",
            "Who was the first captain of the ferry {name}?",
            PEOPLE,
            ("Her first captain was {x}.", "The first captain was {x}."),
        ),
        (
            "harbour",
            "Which harbour is the home of the ferry {name}?",
            HARBOURS,
            ("Her home harbour is {x}.", "The home harbour of the ferry is {x}."),
        ),
    ),
}

# Each source: the probability that what it says is right, that it has a page on a thing, and its way of writing.
SOURCES = {
    "archive": (
        0.96,
        0.8,
        "Entry in the register of the island archive: {name}.",
        "The entry was checked against the ledger.",
    ),
    "surveyor": (
        0.88,
        0.85,
        "{name}, as noted by the harbour surveyor on his rounds.",
        "The next visit is due in spring.",
    ),
    "gazette": (0.72, 0.90, "Readers of the Orrin Gazette will know {name}.", "More on this in our Saturday edition."),
    "guide": (0.55, 1.00, "No visit to the islands is complete without {name}.", "Bring stout shoes and a warm coat."),
    "almanac": (
        0.35,
        0.85,
        "The pocket almanac lists {name} among its notable sights.",
        "The tide tables follow overleaf.",
    ),
    "tales": (
        0.25,
        1.00,
        "At the Tar Barrel Inn they tell many a story about {name}.",
        "Whether it is so, the teller did not swear.",
    ),
}
SILENT = 0.12  # a page says nothing of a fact
WRONG = 3  # each fact has so many wrong answers
POPULAR = 0.5  # those who err repeat the first of them this often, and so err alike


def things():
    return [(kind, name) for kind, names in zip(FACTS, (LIGHTHOUSES, BRIDGES, FERRIES), strict=True) for name in names]


def called(kind, name):
    return name if kind == "lighthouse" else f"the {name}" if kind == "bridge" else f"the ferry {name}"


def invented(rng):
    """The truth of each fact, and its wrong answers."""
    truth, wrong = {}, {}
    for kind, name in things():
        for fact, _, pool, _ in FACTS[kind]:
            drawn = rng.sample(list(pool), 1 + WRONG)
            truth[name, fact], wrong[name, fact] = drawn[0], drawn[1:]
    return truth, wrong


def main():
    rng = random.Random(SEED)
    truth, wrong = invented(rng)
    documents, says = [], []
    for source, (reliability, covers, opening, closing) in SOURCES.items():
        for place, (kind, name) in enumerate(things()):
            if rng.random() >= covers:
                continue
            sentences = [opening.format(name=called(kind, name))]
            for fact, _, _, ways in FACTS[kind]:
                right, silent = rng.random() < reliability, rng.random() < SILENT
                rumour, any_other = rng.random() < POPULAR, rng.choice(wrong[name, fact])
                said = truth[name, fact] if right else wrong[name, fact][0] if rumour else any_other
                way = rng.choice(ways)
                if not silent:
                    sentences.append(way.format(x=said))
                    says.append((source, item(name, fact), said, int(right)))
            text = " ".join([*sentences, closing])
            documents.append(
                (source, f"{source}-{place + 1:02d}", called(kind, name).removeprefix("the ").title(), text)
            )
    questions = [
        (item(name, fact), question.format(name=name), truth[name, fact], kind)
        for kind, name in things()
        for fact, question, _, _ in FACTS[kind]
    ]
    write("documents.csv", ("source", "document", "title", "text"), documents)
    write("questions.csv", ("item", "question", "gold", "group"), questions)
    write("says.csv", ("source", "item", "says", "right"), says)
    rows = [(source, reliability, covers) for source, (reliability, covers, *_) in SOURCES.items()]
    write("sources.csv", ("source", "reliability", "covers"), rows)
    if "--ask" in sys.argv:
        ask({row[0]: row[1] for row in questions})


def item(name, fact):
    return f"{name.lower().replace(' ', '-')}-{fact}"


def write(name, header, rows):
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def ask(questions):
    """Let the local model read what each source has on each question, and keep what it says."""
    import polars as pl

    from psephos.judges import collect_answers, document_sources
    from psephos.voters.language_model import LocalModel, Recording

    (HERE / "answers.jsonl").unlink(missing_ok=True)
    model = Recording(LocalModel(), HERE / "answers.jsonl", requests=False)
    sources = document_sources(pl.read_csv(HERE / "documents.csv"), model)
    collect_answers(questions, sources, least_relevance=0.5, support=None, workers=1, label="asking the local model")


if __name__ == "__main__":
    main()
