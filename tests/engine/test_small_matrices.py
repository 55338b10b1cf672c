"""Tests of linear algebra on one thread."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from psephos.engine import one_thread


def blas_threads() -> list[int]:
    """Threads of each library of linear algebra that is loaded."""
    np.linalg.solve(np.eye(2), np.ones(2))
    return [int(library["num_threads"]) for library in threadpool_info() if library["user_api"] == "blas"]


def test_linear_algebra_runs_on_one_thread_within_and_as_before_afterwards():
    before = blas_threads()
    with one_thread():
        assert min(blas_threads()) == 1
        with one_thread():
            assert min(blas_threads()) == 1
        assert min(blas_threads()) == 1
    assert blas_threads() == before


def test_threads_are_given_back_after_an_error():
    before = blas_threads()
    with pytest.raises(KeyError), one_thread():
        raise KeyError
    assert blas_threads() == before
