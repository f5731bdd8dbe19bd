"""Generated mappings: what `etl check`, `etl test` and a translation say of them is what the documentation says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generated.alike import JUDGED_ALIKE
from tests.generated.campaign import judge_seeds, smallest
from tests.generated.judge import judge
from tests.generated.mappings import make
from tests.generated.written import text

MAPPINGS = 200


@pytest.mark.slow
def test_check_test_and_run_judge_generated_mappings_alike() -> None:
    tally = judge_seeds(range(MAPPINGS))
    shown = {kind: smallest(kind, tally.kinds[kind][1], seconds=20) for kind in tally.counts}
    assert not shown, "\n\n".join(f"{kind}\n{case}" for kind, case in shown.items())
    assert tally.clean > MAPPINGS // 5
    assert tally.records > MAPPINGS * 50


def test_a_number_makes_the_same_mapping_and_the_same_judgement_again(tmp_path: Path) -> None:
    first, second = make(7), make(7)
    assert text(first) == text(second)
    assert judge(first, tmp_path) == judge(second, tmp_path)


@pytest.mark.parametrize("what", JUDGED_ALIKE)
def test_the_oracle_and_check_judge_alike(tmp_path: Path, what: str) -> None:
    assert judge(JUDGED_ALIKE[what], tmp_path).disagreements == []
