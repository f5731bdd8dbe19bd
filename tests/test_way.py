"""How far a record goes: a person who follows one through the engine opens few files."""

from __future__ import annotations

from benchmarks.lab import Place
from benchmarks.way import passed
from etl import Direction
from tests.support.site import Site

MOST = 70


def test_a_record_passes_few_files_from_being_read_to_being_acknowledged(site: Site) -> None:
    site.client_sends(1)
    found = passed(Place(str(site.settings.uri), site.database.name, site.inbound, site.outbound))
    for direction in Direction:
        assert {"transfer/loop.py", "transfer/pipeline.py", "transfer/agreement.py"} <= found[direction]
        assert len(found[direction]) <= MOST, sorted(found[direction])
