"""What does the server write down of its own troubles, and how?

One line of JSON each on standard error, with its time and level. JSON in ASCII escapes every line end, so that nothing
that came from outside can pose as a line of its own. A line holds names of routes, ids, counts and kinds of errors;
never what an item says, what somebody typed, or a secret. Who did what stands in the log of the store (`audit_log`),
which is another thing: it is complete, chained, and not for whoever runs the machine to rotate away.

Source: sheet 90 section 8 (V16). Differs: nothing.
"""

from __future__ import annotations

import sys

import structlog


def write_lines_of_json() -> None:
    """From now on the loggers of this process write so."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=True, default=lambda value: type(value).__name__),
        ],
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
    )
