"""A run survives what passes by itself; what does not pass stops it, and the next run completes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fault import commands, servers
from tests.fault.sections import Section

pytestmark = pytest.mark.long

Problems = Callable[[Section], list[str]]


def test_a_run_survives_any_command_refused_in_passing(problems: Problems) -> None:
    assert problems(commands.refused_in_passing) == []


def test_a_command_refused_for_good_stops_the_run_and_the_next_one_completes_it(problems: Problems) -> None:
    assert problems(commands.refused_for_good) == []


def test_a_document_that_mongodb_refuses_is_rejected_alone(problems: Problems) -> None:
    assert problems(commands.poisoned) == []


def test_a_run_survives_a_mongod_that_is_killed_and_started_again(problems: Problems) -> None:
    assert problems(servers.restarts) == []


def test_a_run_survives_a_primary_that_steps_down(problems: Problems) -> None:
    assert problems(servers.step_downs) == []


def test_a_command_whose_answer_is_lost_is_done_once(problems: Problems) -> None:
    assert problems(servers.lost_messages) == []


def test_a_run_survives_connections_that_are_cut_silent_and_slow(problems: Problems) -> None:
    assert problems(servers.cut_connections) == []
