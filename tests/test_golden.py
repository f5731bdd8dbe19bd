"""What the shipped mapping does, pinned: client record in, work order, client record out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl import Direction, Mapping, translator
from etl.mapping.mongodb import Stamp
from etl.mapping.schemas.validation import native_form

GOLDEN = Path(__file__).parent / "golden" / "tracos_client"
CASES = [json.loads(line) for file in sorted(GOLDEN.glob("*.jsonl")) for line in file.read_text().splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_client_record_becomes_the_work_order_and_comes_back(mapping: Mapping, case: dict[str, Any]) -> None:
    native = native_form(mapping.inside.schema)
    expected = native(case["tracos"])
    stamped = {name for name, stamp in mapping.mongodb.on_import.items() if stamp is Stamp.NOW}

    work_order = translator(mapping, Direction.INBOUND)(case["client"])
    back = translator(mapping, Direction.OUTBOUND)(expected)

    assert work_order == {name: value for name, value in expected.items() if name not in stamped}
    assert back == case["back"]
    assert list(back) == list(case["back"])


def test_the_goldens_cover_all_statuses_and_all_flag_combinations() -> None:
    flags = ("isDeleted", "isDone", "isCanceled", "isOnHold", "isPending")
    assert {case["tracos"]["status"] for case in CASES} == {
        "deleted", "completed", "cancelled", "on_hold", "pending", "in_progress",
    }  # fmt: skip
    assert len({tuple(case["client"].get(flag) or False for flag in flags) for case in CASES}) == 32
