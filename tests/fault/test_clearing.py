"""Deliveries that are cleared away: whenever the run dies, or another file takes their place, nothing goes unread."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fault import clearing
from tests.fault.sections import Section

pytestmark = pytest.mark.long

Problems = Callable[[Section], list[str]]


def test_a_run_that_is_killed_while_it_clears_deliveries_away_loses_none(problems: Problems) -> None:
    assert problems(clearing.killed) == []


def test_a_delivery_that_comes_while_another_one_is_cleared_away_is_read(problems: Problems) -> None:
    assert problems(clearing.replaced) == []
