"""How fast is choosing among a million samples, next to scorio and its_hub?"""

import asyncio
import sys

import numpy as np
from harness import Benchmark, Contender, main

from psephos.opinions import samples
from psephos.selection import (
    best_of_majority,
    best_of_n,
    majority_at_k,
    most_common,
    pass_at_k,
    process_scores,
)

OURS, SCORIO, HUB = ("psephos", "numpy", "polars"), ("scorio", "numpy"), ("its-hub",)
QUESTIONS, DRAWS = 10_000, 100
SIZE = f"{QUESTIONS * DRAWS:,} samples of {QUESTIONS:,} questions"
ALPHA, K = 0.05, 15


def answers_and_rewards(tiny: bool):
    """Answers of falling frequency, and rewards without ties, as lists of lists and as matrices."""
    questions = 50 if tiny else QUESTIONS
    rng = np.random.default_rng(0)
    codes = np.minimum(rng.geometric(0.3, (questions, DRAWS)) - 1, 39)
    names = np.array([f"answer {number}" for number in range(40)])
    return names[codes], rng.random((questions, DRAWS))


def as_lists(data):
    return data[0].tolist(), data[1].tolist()


def as_samples(data):
    answers, rewards = data
    questions, draws = answers.shape
    item, draw = np.repeat(np.arange(questions), draws), np.tile(np.arange(draws), questions)
    return samples(item, np.full(len(item), "model"), draw, answers.ravel(), reward=rewards.ravel())


def as_objects(data):
    return data[0].astype(object), data[1]


def scorio(name, **options):
    from scorio import aggregate

    return lambda prepared: getattr(aggregate, name)(*prepared, **options)


def late(name, **options):
    """A function of scorio that is imported when it is called."""
    return lambda prepared: scorio(name, **options)(prepared)


def first_of_each(selection):
    return [taken[0] for taken in selection.chosen]


def replay(algorithm_of):
    """its_hub on stored responses: its orchestrator hands them out, its reward model reads stored rewards."""

    def run(prepared):
        from its_hub.api import AbstractOrchestrator, AbstractOutcomeRewardModel

        answers, scores = prepared

        class Stored(AbstractOrchestrator):
            async def agenerate(self, lm, messages_lst, stop=None, **kwargs):
                return [{"role": "assistant", "content": answer} for answer in answers[lm]]

        class Rewards(AbstractOutcomeRewardModel):
            def score(self, messages, **kwargs):
                return [scores[conversation[-1].content] for conversation in messages]

            async def ascore(self, messages, **kwargs):
                return self.score(messages)

        algorithm = algorithm_of(Rewards(), Stored())

        async def every():
            found = [await algorithm.ainfer(row, "question", len(answers[row])) for row in range(len(answers))]
            return [one["content"] for one in found]

        return asyncio.run(every())

    return run


def hub_majority(rewards, orchestrator):
    from its_hub.core.algorithms.self_consistency import SelfConsistency

    return SelfConsistency(orchestrator=orchestrator)


def hub_best(rewards, orchestrator):
    from its_hub.core.algorithms.bon import BestOfN

    return BestOfN(rewards, orchestrator=orchestrator)


def reward_of_answer(data):
    """Rewards that depend on the answer alone, as its_hub asks for them."""
    answers = data[0]
    names = np.unique(answers)
    score = dict(zip(names.tolist(), np.random.default_rng(1).permutation(len(names)).astype(float), strict=True))
    return answers, np.vectorize(score.get)(answers), score


def share_apart(mine, other):
    return float(np.mean(np.asarray(mine, object) != np.asarray(other, object)))


def apart_without_ties(mine, other):
    """Share of questions without a tie that get another answer: its_hub draws lots for the others."""
    answers, tied = mine if isinstance(mine, tuple) else (mine, None)
    theirs = other[0] if isinstance(other, tuple) else other
    return float(np.mean((np.asarray(answers, object) != np.asarray(theirs, object)) & ~tied))


def right_matrix(tiny: bool):
    questions = 50 if tiny else QUESTIONS
    rng = np.random.default_rng(2)
    return (rng.random((questions, DRAWS)) < rng.beta(1, 2, (questions, 1))).astype(np.int64)


def scorio_eval(name):
    def run(right):
        from scorio import eval as evaluate

        return getattr(evaluate, name)(right, K)

    return run


def two_answers(right):
    answers = np.where(right, "right", "wrong")
    return as_samples((answers, np.zeros(answers.shape))), ["right"] * len(right)


def token_lists(tiny: bool):
    """Log-probabilities of two models, and where the steps of each response end."""
    rng = np.random.default_rng(3)
    lengths = rng.integers(40, 120, 100 if tiny else 20_000)
    own = [(-rng.exponential(1, length)).tolist() for length in lengths]
    other = [(-rng.exponential(1, length)).tolist() for length in lengths]
    ends = [[*range(9, length - 1, 10), int(length) - 1] for length in lengths]
    return own, other, ends


def prm_scores(lists):
    from scorio.aggregate import prm_aggregate

    found = []
    for own, other, ends in zip(*lists, strict=True):
        q = np.cumsum(0.05 * (np.asarray(own) - np.asarray(other)))
        found.append(prm_aggregate(np.diff(q[ends], prepend=0.0), method="min"))
    return np.array(found)


BENCHMARKS = [
    Benchmark(
        "selection-best-of-majority",
        "Best of majority from samples in memory; ours with a reason and a flag for each candidate",
        SIZE,
        make=answers_and_rewards,
        ours=Contender(
            "psephos",
            lambda opinions: best_of_majority(opinions, alpha=ALPHA),
            prepare=as_samples,
            answer=first_of_each,
            packages=OURS,
        ),
        peers=(
            Contender(
                "scorio", late("best_of_majority", alpha=ALPHA), prepare=as_objects, answer=list, packages=SCORIO
            ),
        ),
        check=share_apart,
    ),
    Benchmark(
        "selection-best-of-majority-lists",
        "Best of majority from lists of answers and rewards",
        SIZE,
        make=answers_and_rewards,
        ours=Contender(
            "psephos",
            lambda lists: best_of_majority(*lists, alpha=ALPHA),
            prepare=as_lists,
            answer=first_of_each,
            packages=OURS,
        ),
        peers=(
            Contender("scorio", late("best_of_majority", alpha=ALPHA), prepare=as_lists, answer=list, packages=SCORIO),
        ),
        check=share_apart,
    ),
    Benchmark(
        "selection-best-of-n",
        "Best of n, rewards that depend on the answer alone",
        SIZE,
        make=answers_and_rewards,
        ours=Contender(
            "psephos",
            best_of_n,
            prepare=lambda data: as_samples(reward_of_answer(data)[:2]),
            answer=first_of_each,
            packages=OURS,
        ),
        peers=(
            Contender(
                "scorio",
                late("best_of_n"),
                prepare=lambda data: as_objects(reward_of_answer(data)[:2]),
                answer=list,
                packages=SCORIO,
            ),
            Contender(
                "its_hub BestOfN, stored responses",
                replay(hub_best),
                prepare=lambda data: (data[0].tolist(), reward_of_answer(data)[2]),
                packages=HUB,
            ),
        ),
        check=share_apart,
    ),
    Benchmark(
        "selection-most-common",
        "The most common answer; of ties the first, its_hub draws lots (left out of the check)",
        SIZE,
        make=answers_and_rewards,
        ours=Contender(
            "psephos",
            most_common,
            prepare=as_samples,
            answer=lambda found: (first_of_each(found), found.flags["tie"]),
            packages=OURS,
        ),
        peers=(
            Contender(
                "scorio",
                lambda prepared: scorio("majority_vote")(prepared[:1]),
                prepare=as_objects,
                answer=list,
                packages=SCORIO,
            ),
            Contender(
                "its_hub SelfConsistency, stored responses",
                replay(hub_majority),
                prepare=lambda data: (data[0].tolist(), {}),
                packages=HUB,
            ),
        ),
        check=apart_without_ties,
    ),
    Benchmark(
        "selection-pass-at-k",
        f"pass@{K} without an interval",
        SIZE,
        make=right_matrix,
        ours=Contender("psephos", lambda right: pass_at_k(right, K, repeats=0).at(K).value, packages=OURS),
        peers=(Contender("scorio", scorio_eval("pass_at_k"), packages=SCORIO),),
        tolerance=1e-9,
    ),
    Benchmark(
        "selection-majority-at-k",
        f"maj@{K} of right and wrong, without an interval",
        SIZE,
        make=right_matrix,
        ours=Contender("psephos", lambda right: majority_at_k(right, K, repeats=0).at(K).value, packages=OURS[:2]),
        peers=(Contender("scorio", scorio_eval("maj_at_k"), packages=SCORIO),),
        tolerance=1e-9,
    ),
    Benchmark(
        "selection-majority-at-k-answers",
        f"maj@{K} of two answers without an interval; ours votes by answer, scorio knows right and wrong only",
        SIZE,
        make=right_matrix,
        ours=Contender(
            "psephos",
            lambda prepared: majority_at_k(prepared[0], K, gold=prepared[1], repeats=0).at(K).value,
            prepare=two_answers,
            packages=OURS,
        ),
        peers=(Contender("scorio", scorio_eval("maj_at_k"), packages=SCORIO),),
        tolerance=1e-9,
    ),
    Benchmark(
        "selection-process-scores",
        "Least step reward from log-probabilities of two models; of scorio the last step, the rest is NumPy",
        "20,000 responses, 1,600,000 tokens, 170,000 steps",
        make=token_lists,
        ours=Contender(
            "psephos", lambda lists: process_scores(*lists), answer=lambda found: found.score, packages=OURS
        ),
        peers=(Contender("scorio", prm_scores, packages=SCORIO),),
        tolerance=1e-9,
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
