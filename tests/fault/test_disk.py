"""A file system that fails stops the run with a clear message, or costs one record; it never costs another one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fault import disk
from tests.fault.sections import Section

pytestmark = pytest.mark.long

Problems = Callable[[Section], list[str]]


def test_a_full_disk_stops_the_run_and_once_there_is_room_the_next_one_completes_it(problems: Problems) -> None:
    assert problems(disk.full_disk) == []


def test_a_file_too_large_stops_the_run_and_leaves_no_half(problems: Problems) -> None:
    assert problems(disk.too_large) == []


def test_a_folder_of_somebody_else_stops_the_run(problems: Problems) -> None:
    assert problems(disk.not_ours) == []


def test_any_operation_on_files_may_fail(problems: Problems) -> None:
    assert problems(disk.broken_disk) == []


def test_a_name_that_the_file_system_refuses_costs_that_record_alone(problems: Problems) -> None:
    assert problems(disk.refused_names) == []
