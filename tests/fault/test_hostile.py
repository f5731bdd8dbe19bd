"""Whatever is delivered, no command takes more memory than it may, and what is good arrives."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fault import bulk, hostile
from tests.fault.sections import Section

pytestmark = pytest.mark.long


def test_whatever_is_delivered_no_command_takes_more_memory_than_it_may(
    problems: Callable[[Section], list[str]],
) -> None:
    assert problems(hostile.hostile_deliveries) == []


def test_however_large_the_work_orders_are_that_little_comes_for_no_command_takes_more_memory_than_it_may(
    problems: Callable[[Section], list[str]],
) -> None:
    assert problems(hostile.large_work_orders) == []


def test_however_much_mapped_fields_carry_no_command_takes_more_memory_than_it_may(
    problems: Callable[[Section], list[str]],
) -> None:
    assert problems(bulk.large_mapped_values) == []
