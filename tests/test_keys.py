"""Keys of several fields."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl import Direction, RecordError, translator
from etl.app import verify
from etl.transfer.model import Outcome
from tests.support.mappings import make
from tests.support.plans import LOG
from tests.support.site import Site


def test_a_key_of_two_fields_is_verified_where_a_batch_has_no_document_left(site: Site, tmp_path: Path) -> None:
    key = "  - {client: id, tracos: number, key: true}\n  - {client: plant, tracos: plant, key: true}\n"
    folder = tmp_path / "m"
    folder.mkdir()
    site.mapping = make(folder, "  - {client: name, tracos: title}\n", key=key, name="{plant}_{id}")
    (site.inbound / "1.json").write_text('{"id": 1, "plant": "a", "name": "Pump"}')
    site.run()
    assert [result.outcome for result in verify(site.mapping, site.settings, LOG)] == [Outcome.UNCHANGED]


def test_a_key_that_means_absent_on_the_other_side_is_none_in_either_direction(tmp_path: Path) -> None:
    """What is written without a key that can be read never comes back, and is written again and again."""
    key = "  - {client: id, tracos: number, key: true, nulls: {client: [0], tracos: [9]}, lossy: ok}\n"
    mapping = make(tmp_path, "  - {client: name, tracos: title}\n", key=key, name="{id}")
    assert translator(mapping, Direction.OUTBOUND)({"number": 7}) == {"id": 7}
    for direction, record in (
        (Direction.OUTBOUND, {"number": 0}),
        (Direction.OUTBOUND, {"number": 9}),
        (Direction.INBOUND, {"id": 0}),
        (Direction.INBOUND, {"id": 9}),
    ):
        with pytest.raises(RecordError, match="is required: it identifies the record"):
            translator(mapping, direction)(record)
