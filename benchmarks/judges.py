"""How fast are documents found, answers kept, and votes of sources counted?"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from harness import Benchmark, Contender, main

from psephos.judges import StoredSource, answer_from_sources, fuse_dataset, sentence_support
from psephos.judges.searching import Search
from psephos.judges.support import content_words
from psephos.voters.language_model import Caching, Reply, Request, Sample, Scripted


def library(tiny: bool):
    """Texts of made-up words whose frequencies fall as those of a language do, and questions drawn from texts."""
    rng = np.random.default_rng(0)
    n_texts, n_words, n_questions = (50, 200, 5) if tiny else (4_000, 10_000, 100)
    share = 1 / np.arange(1, n_words + 1)
    drawn = rng.choice(n_words, size=(n_texts, 80), p=share / share.sum())
    texts = [" ".join(f"w{word}" for word in row) for row in drawn]
    asked = [
        " ".join(f"w{word}" for word in rng.choice(drawn[place], 6)) for place in rng.integers(0, n_texts, n_questions)
    ]
    return texts, asked


def found(data):
    texts, questions = data
    search = Search(texts)
    return [[place for place, _ in search.find(question, 1)] for question in questions]


def bm25s(data):
    import bm25s

    texts, questions = data
    index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    index.index([content_words(text) for text in texts], show_progress=False)
    asked = [list(dict.fromkeys(content_words(question))) for question in questions]
    places, _ = index.retrieve(asked, k=1, show_progress=False)
    return places.tolist()


def same_first(mine, other) -> float:
    """Share of the questions with another first document; equal scores may come in either order."""
    return float(np.mean([one != two for one, two in zip(mine, other, strict=True)]))


def requests(tiny: bool):
    return [Request.of(f"What is {number} + 1?") for number in range(20 if tiny else 2_000)]


REPLY = Reply((Sample("It is one more than it was.", tuple([-0.5] * 20), "stop"),))


def kept(asked):
    with Caching(Scripted(lambda request: REPLY), Path(tempfile.mkdtemp(), "kept.sqlite")) as cache:
        return [cache.complete(request).text for _ in range(2) for request in asked]


def diskcache(asked):
    import diskcache

    with diskcache.Cache(tempfile.mkdtemp(), disk=diskcache.JSONDisk) as cache:
        said = []
        for _ in range(2):
            for request in asked:
                key = request.to_dict()
                reply = cache.get(key)
                if reply is None:
                    reply = REPLY.to_dict()
                    cache.set(key, reply)
                said.append(reply["samples"][0]["text"])
        return said


def panel(tiny: bool):
    rng = np.random.default_rng(0)
    n_sources, n_questions = (6, 40) if tiny else (30, 1_000)
    reliability = rng.beta(2, 2, n_sources)
    questions = {str(number): f"question {number}?" for number in range(n_questions)}
    sources = []
    for place, right in enumerate(reliability):
        answers = {
            text: "right" if rng.random() < right else f"wrong {rng.integers(4)}"
            for text in questions.values()
            if rng.random() < 0.6
        }
        sources.append(StoredSource(f"source {place}", answers))
    weights = {source.name: n_sources * right - 1 for source, right in zip(sources, reliability, strict=True)}
    return questions, sources, weights


def essays(tiny: bool):
    """An answer and drafts of made-up sentences, of which most share words."""
    rng = np.random.default_rng(0)
    n_drafts, n_sentences = (2, 4) if tiny else (7, 60)
    share = 1 / np.arange(1, 3_001)
    drawn = rng.choice(3_000, size=(n_drafts + 1, n_sentences, 18), p=share / share.sum())
    texts = [" ".join(" ".join(letters(word) for word in row) + "." for row in text) for text in drawn]
    return texts[0], texts[1:]


def largest_gap(mine, other) -> float:
    return float(np.max(np.abs(np.subtract(mine, other))))


def letters(number: int) -> str:
    """A word of its own for each number."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number)) + "q"


def supported(data):
    answer, drafts = data
    return sentence_support(answer, drafts)["support"].to_list()


def rouge(data):
    from rouge_score.rouge_scorer import RougeScorer

    from psephos.judges.fusion.sentences import sentences

    answer, drafts = data
    scorer = RougeScorer(["rouge1"])
    theirs = [sentence for draft in drafts for sentence in sentences(draft)]
    return [max(scorer.score(other, one)["rouge1"].fmeasure for other in theirs) for one in sentences(answer)]


def fusing(tiny: bool):
    n = 5 if tiny else 500
    prompts = {str(number): f"question {number}?" for number in range(n)}
    drafts = {item: [f"The {who} thing number {item} of many is here." for who in "abcde"] for item in prompts}
    return prompts, drafts


def fused(data):
    def edit(request):
        mark = request.messages[-1].content.rsplit("<answer-", 1)[1][:10]
        return f"<answer-{mark}>The thing is here.</answer-{mark}>"

    prompts, drafts = data
    return fuse_dataset(prompts, drafts, Scripted(edit), Path(tempfile.mkdtemp(), "fused.jsonl")).rows.height


BENCHMARKS = [
    Benchmark(
        "judges-search",
        "Index documents and find the best one for each question (BM25)",
        "4,000 documents of 80 words, 100 questions; differ by: share of questions with another first document",
        make=library,
        ours=Contender("psephos", found),
        peers=(Contender("bm25s", bm25s, packages=("bm25s",)),),
        check=same_first,
        tolerance=0.01,
    ),
    Benchmark(
        "judges-kept-answers",
        "Keep answers on disk, each before it is handed over, and find them again",
        "2,000 replies with log-probabilities, written once and read once",
        make=requests,
        ours=Contender("psephos", kept),
        peers=(Contender("diskcache", diskcache, packages=("diskcache",)),),
    ),
    Benchmark(
        "judges-sources",
        "Choose four sources for each question, ask them, and weigh their answers",
        "1,000 questions, 30 sources with stored answers",
        make=panel,
        ours=Contender("psephos", lambda data: answer_from_sources(*data, kappa=4).table().height),
    ),
    Benchmark(
        "judges-support",
        "Find the draft on which each sentence of an answer stands (token F1, which is ROUGE-1 without stemming)",
        "an answer and 7 drafts of 60 sentences with 18 words each",
        make=essays,
        ours=Contender("psephos", supported),
        peers=(Contender("rouge-score", rouge, packages=("rouge-score",)),),
        check=largest_gap,
        tolerance=1e-9,
    ),
    Benchmark(
        "judges-fusion",
        "Fuse five drafts of each request into a training set, each row on the disk before it counts",
        "500 requests, a scripted model",
        make=fusing,
        ours=Contender("psephos", fused),
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
