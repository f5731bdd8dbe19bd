"""Files of many records and their marker: an export is told once and whole, wherever the run dies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fault import parts
from tests.fault.sections import Section

pytestmark = pytest.mark.long

Problems = Callable[[Section], list[str]]


def test_a_killed_run_leaves_no_file_without_a_marker_and_no_marker_before_its_files(problems: Problems) -> None:
    assert problems(parts.killed) == []
