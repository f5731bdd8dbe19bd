"""Leases that are stolen, lost or doubtful, and workers that are lost: nothing is, and nothing waits for ever."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fault import clusters, leases
from tests.fault.sections import Section

pytestmark = pytest.mark.long

Problems = Callable[[Section], list[str]]


def test_a_run_whose_lease_is_stolen_renames_and_marks_nothing_more(problems: Problems) -> None:
    assert problems(leases.stolen) == []


def test_a_run_goes_on_after_etl_leases_was_dropped(problems: Problems) -> None:
    assert problems(leases.dropped) == []


def test_a_server_clock_that_jumps_ahead_or_behind_does_no_harm(problems: Problems) -> None:
    assert problems(leases.clocks) == []


def test_a_run_that_proc_hides_from_another_user_keeps_its_lease(problems: Problems) -> None:
    assert problems(leases.hidden) == []


def test_a_process_number_that_is_used_again_is_not_taken_for_the_run(problems: Problems) -> None:
    assert problems(leases.reused) == []


def test_a_run_whose_last_worker_or_scheduler_dies_ends_and_says_why(problems: Problems) -> None:
    assert problems(clusters.lost_workers) == []


def test_a_killed_run_leaves_no_worker_behind(problems: Problems) -> None:
    assert problems(clusters.orphans) == []
