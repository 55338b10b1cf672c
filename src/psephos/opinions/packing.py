"""How do texts and findings become plain arrays, so that a finished part of the work can be kept on disk?

As the bytes of a Parquet file in an array of bytes: compact, and read without executing anything.
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.opinions.issues import Issue, Issues

Packed = npt.NDArray[np.uint8]


def pack(frame: pl.DataFrame) -> Packed:
    """A table as an array of bytes.

    Examples
    --------
    >>> unpack(pack(pl.DataFrame({"item": ["a", None]}))).rows()
    [('a',), (None,)]
    """
    file = io.BytesIO()
    frame.write_parquet(file, compression="lz4")
    return np.frombuffer(file.getvalue(), dtype=np.uint8)


def unpack(packed: Packed) -> pl.DataFrame:
    """The table that `pack` packed.

    Examples
    --------
    >>> unpack(pack(pl.DataFrame({"count": [1, 2]}))).rows()
    [(1,), (2,)]
    """
    return pl.read_parquet(io.BytesIO(packed.tobytes()))


def pack_issues(issues: Issues) -> Packed:
    """Findings as an array of bytes.

    Examples
    --------
    >>> found = Issues((Issue("no item", "set aside", "votes.csv", np.array([3]), "x"),))
    >>> print(unpack_issues(pack_issues(found)))
    1 set aside: no item, such as 'x' (votes.csv, row 3)
    """
    found = list(issues)
    columns = {
        name: [getattr(issue, name) for issue in found] for name in ("reason", "action", "source", "example", "hint")
    }
    texts = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    rows = pl.Series("rows", [issue.rows.tolist() for issue in found], dtype=pl.List(pl.Int64))
    return pack(texts.with_columns(rows, pl.Series("count", [issue.count for issue in found], dtype=pl.Int64)))


def unpack_issues(packed: Packed) -> Issues:
    """The findings that `pack_issues` packed.

    Examples
    --------
    >>> len(unpack_issues(pack_issues(Issues())))
    0
    """
    return Issues(
        tuple(
            Issue(reason, action, source, np.array(rows, dtype=np.int64), example, count, hint)
            for reason, action, source, example, hint, rows, count in unpack(packed).iter_rows()
        )
    )
