"""The benchmarks compare like with like: engine, script and other tools make the same of the same records."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from benchmarks.cases import CASES
from benchmarks.translations import check_same_translation


@pytest.fixture(autouse=True)
def usual_depth() -> Iterator[None]:
    """One of the other tools lets Python nest ten times as deep from then on, where other tests expect it to stop."""
    limit = sys.getrecursionlimit()
    yield
    sys.setrecursionlimit(limit)


def test_engine_script_and_other_tools_translate_alike() -> None:
    check_same_translation()


def test_cases_have_names_of_their_own() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
