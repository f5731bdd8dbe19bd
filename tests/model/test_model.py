"""Random histories of both sides, held against an oracle: nothing is lost, doubled, stale, or decided otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.model.campaign import STEPS_EACH, play_histories
from tests.model.figures import Figures
from tests.model.place import open_place
from tests.support.site import FRAGILE

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("steps", [300, pytest.param(1_000, marks=pytest.mark.long)])
def test_a_random_history_of_both_sides_ends_as_the_oracle_says(tmp_path: Path, steps: int) -> None:
    figures = Figures()
    with open_place(os.environ[FRAGILE], f"etl_model_{os.getpid()}", tmp_path) as place:
        play_histories(place, figures, steps // STEPS_EACH, shrink=False)
    assert figures.edits
    assert figures.runs
    assert figures.verified
    assert (figures.drift_alarms, figures.false_alarms) == (0, 0)
