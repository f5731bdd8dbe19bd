"""A run that dies is completed by the next one: nothing is lost, doubled or torn."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fault import kills
from tests.fault.sections import Section

pytestmark = pytest.mark.long

Problems = Callable[[Section], list[str]]


def test_a_run_killed_around_any_command_or_file_is_completed_by_the_next_one(problems: Problems) -> None:
    assert problems(kills.kill_at_every_boundary) == []


def test_a_run_killed_at_any_moment_is_completed_by_the_next_one(problems: Problems) -> None:
    assert problems(kills.kill_at_random_moments) == []
