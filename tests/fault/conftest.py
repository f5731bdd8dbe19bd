"""What the experiments of this folder share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.fault.lab import Lab, open_lab
from tests.fault.scale import SMALL
from tests.fault.sections import Section, name_of
from tests.fault.tally import Tally


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    with open_lab() as lab:
        yield lab


@pytest.fixture
def problems(lab: Lab) -> Callable[[Section], list[str]]:
    """Run a section of the campaign on the small scale; return what was lost, doubled, torn or otherwise wrong."""

    def run(section: Section) -> list[str]:
        tally = Tally(name_of(section))
        section(lab, SMALL, tally)
        assert tally.faults, "nothing was broken"
        return tally.problems

    return run
