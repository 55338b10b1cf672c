"""What did each candidate score on each task? The door of the methods that rank by orders or means.

Scores come as an array of candidates by tasks, as one array of candidates by instances for each task, or as opinions:
``results`` (a task with several items is a task with instances; several metrics of a task are tasks of their own),
``scores`` (items are the candidates, each voter is a task) or ``rankings`` (each voter is a task, a better rank a
higher score). Inside, higher is always better and NaN is a hole.

Source: sheet 14. Differs: draws, runs and variants of one item are averaged, and it is said; duplicates of one key were
refused or settled when the opinions were read.
"""

from psephos.ranking.score_tables.directions import lower_is_better, turned_results
from psephos.ranking.score_tables.making import Scores, score_table, unused_weights
from psephos.ranking.score_tables.opinions import numbers_of
from psephos.ranking.score_tables.table import ScoreTable

__all__ = [
    "ScoreTable",
    "Scores",
    "lower_is_better",
    "numbers_of",
    "score_table",
    "turned_results",
    "unused_weights",
]
