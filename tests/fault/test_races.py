"""Edits and runs that meet: no edit is lost, and one run at a time writes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fault import races, runs
from tests.fault.sections import Section

pytestmark = pytest.mark.long

Problems = Callable[[Section], list[str]]


def test_every_last_edit_reaches_its_file_however_many_come_while_runs_go_on(problems: Problems) -> None:
    assert problems(races.edits_raced) == []


def test_an_edit_at_any_boundary_of_a_run_goes_out(problems: Problems) -> None:
    assert problems(races.edits_at_boundaries) == []


def test_a_second_run_is_told_who_is_at_work_or_waits_for_its_turn(problems: Problems) -> None:
    assert problems(runs.two_at_once) == []


def test_a_run_that_slept_until_another_one_took_its_place_writes_nothing_more(problems: Problems) -> None:
    assert problems(runs.sleepers) == []
