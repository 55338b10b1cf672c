"""
Which of many samples to hand in
================================

Thirty questions with sixty scored samples each; the score is right on average and overrates some rare answers.
"""

import numpy as np

import psephos
from psephos.selection import best_of_majority, majority_at_k, pass_at_k, success_curves, tune_alpha

rng = np.random.default_rng(0)
share = np.array([0.3, 0.42, 0.12, 0.08, 0.05, 0.03])
answers = [rng.choice(list("abcdef"), 60, p=share).tolist() for _ in range(30)]
worth = {"a": 0.7, "b": 0.4, "c": 0.3, "d": 0.5, "e": 0.55, "f": 0.95}
rewards = [[worth[one] + 0.1 * rng.standard_normal() for one in question] for question in answers]
gold = ["a"] * 30

# %%
# The question to check first: the best scored answer is too rare for its score to be trusted.

chosen = best_of_majority(answers, rewards, alpha=0.15, repeats=200)
candidates = psephos.plot(chosen)
print(chosen)

# %%
# Do the rules get better with more samples?

curves = success_curves(answers, rewards, gold, sizes=[2, 4, 8, 16, 32, 60], alpha=0.15, draws=100)
rules = psephos.plot(curves)

# %%
# How often must an answer be seen? Tuned on questions whose answer is known:

tuned = psephos.plot(tune_alpha(answers, rewards, gold))

# %%
# What any rule could reach at most (pass@k), and what votes reach (maj@k):

some = [1, 2, 4, 8, 16, 32]
bounds = psephos.plot(pass_at_k(answers, some, gold=gold).joined(majority_at_k(answers, some, gold=gold)))
