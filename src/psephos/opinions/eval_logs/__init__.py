"""What did models answer, in the logs of the programs that evaluate them?

| log | file | recognised by | known versions |
|---|---|---|---|
| lm-evaluation-harness | ``samples_*.jsonl`` | ``filtered_resps`` | 0.4, with and without ``filter`` |
| Inspect | ``.eval``, ``.json`` | ``eval`` beside ``version`` | 2 |
| promptfoo | ``.json``, ``.jsonl`` | ``promptIdx`` beside ``testIdx`` | 3 |
| every-eval-ever | ``*_samples.jsonl`` | ``schema_version`` | ``instance_level_eval_0.2`` |

Each log is read as ``samples``: every draw is a row of its own, whatever the program reduced it to. With
``kind="results"`` it is read as one row for each item, metric and draw; a graded score is never made right or wrong.
Right answers and prompts become the table about the items. What is not read is said, and a log of another version is
refused with a word on what to do. None of the programs is needed.
"""

from __future__ import annotations

from psephos.opinions.eval_logs.inspect_archive import read_eval
from psephos.opinions.eval_logs.shapes import lines_shape, log_shape, read_lines, read_log

__all__ = ["lines_shape", "log_shape", "read_eval", "read_lines", "read_log"]
