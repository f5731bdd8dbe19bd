"""The garbage collector rests while records move, and works as before afterwards."""

from __future__ import annotations

import gc
from contextlib import ExitStack

from etl.app.garbage_collection import collecting_less


def test_the_collector_works_as_before_whatever_the_order_in_which_runs_end() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    one, two = ExitStack(), ExitStack()
    one.enter_context(collecting_less())
    two.enter_context(collecting_less())
    one.close()
    assert gc.get_threshold() != before
    two.close()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, frozen)


def test_what_a_program_has_frozen_stays_frozen() -> None:
    gc.freeze()
    try:
        with collecting_less():
            pass
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()
