"""What the review app remembers: items, opinions, verdicts, decisions, people, and a log that can be checked.

`open_store` opens a SQLite file or a PostgreSQL; everything else is a function of a session of it, one file per
question. Needs ``pip install 'psephos[web]'``, and ``'psephos[postgres]'`` for PostgreSQL.
"""

from psephos.errors import MissingPartError

try:
    import sqlalchemy  # noqa: F401 - only to say what is missing
except ModuleNotFoundError:
    raise MissingPartError("sqlalchemy", "web", "review stores") from None

from psephos.review.store.opening import Store, open_store

__all__ = ["Store", "open_store"]
