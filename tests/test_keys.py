"""Keys of several fields."""

from __future__ import annotations

from pathlib import Path

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
