"""What comes after a run that died, or while it reads: an edit stays one, and nothing is made of halves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fault import follow_ups, formats, sets, unstamped
from tests.fault.sections import Section

pytestmark = pytest.mark.long

Problems = Callable[[Section], list[str]]


def test_what_the_client_echoes_of_a_killed_run_undoes_no_later_edit(problems: Problems) -> None:
    assert problems(follow_ups.echoes) == []


def test_an_edit_that_takes_back_what_a_killed_run_wrote_or_sent_stays(problems: Problems) -> None:
    assert problems(follow_ups.taken_back) == []


def test_edits_of_what_a_killed_first_load_has_made_stay(problems: Problems) -> None:
    assert problems(follow_ups.first_loads) == []


def test_killed_runs_of_one_direction_are_completed_by_those_of_the_other(problems: Problems) -> None:
    assert problems(follow_ups.one_way) == []


def test_what_a_run_replaces_for_want_of_stamps_is_kept(problems: Problems) -> None:
    assert problems(unstamped.limits) == []


@pytest.mark.parametrize("section", [formats.killed, formats.replaced, formats.torn])
def test_a_run_over_files_of_many_records_that_dies_or_whose_files_change_is_completed(
    problems: Problems, section: Section
) -> None:
    assert problems(section) == []


def test_what_a_primary_wrote_alone_and_was_rolled_back_is_done_again(problems: Problems) -> None:
    assert problems(sets.rolled_back) == []


def test_a_run_killed_under_any_options_of_the_uri_is_completed(problems: Problems) -> None:
    assert problems(sets.options) == []
