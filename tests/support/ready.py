"""A ready integration on a real MongoDB: its samples come in, and people edit in TracOS."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from etl import Direction, load_mapping
from etl.app import verify
from etl.logs import make_log
from etl.mapping.paths import get
from etl.mapping.rules.translate import compile_mapping
from etl.record import Record
from etl.transfer.model import Outcome
from tests.support.site import INBOUND, ROOT, Site

LOG = make_log("error", "text", str)
Sent = dict[str, Any]
"""Files that go out, by their names."""


@dataclass(frozen=True)
class Vendor:
    """What is tried of one integration.

    samples: the files that come first, with how many of their records are imported, and how many are none of ours.
    edited: the key of a work order, what a technician sets in it, and what goes out.
    gone: a sample that says that a record is there no more, and the key of that one.
    removed: the key of a work order that is deleted inside, and what goes out.
    resent: what goes out where nobody edited anything.
    """

    name: str
    samples: tuple[str, ...]
    imported: int
    edited: tuple[str, Record, Sent]
    gone: tuple[str, str]
    removed: tuple[str, Sent]
    skipped: int = 0
    resent: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return ROOT / "mappings" / self.name

    @property
    def mapping(self) -> Path:
        return self.folder / f"{self.name}.yaml"

    @property
    def golden(self) -> Path:
        return ROOT / "tests" / "golden" / self.name

    @property
    def rules(self) -> list[str]:
        """The lines of the mapping that say how records correspond."""
        lines = self.mapping.read_text().splitlines()
        block = lines[lines.index("rules:") + 1 :]
        end = next((place for place, line in enumerate(block) if line and line[0] not in " #"), len(block))
        return [line for line in block[:end] if line.strip() and not line.lstrip().startswith("#")]


class Installation(Site):
    """An installation of one integration."""

    vendor: Vendor

    def uses(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.mapping = load_mapping(vendor.mapping)

    def comes(self, *names: str) -> dict[str, int]:
        """Put samples into the inbound folder and import what lies there; return the outcomes."""
        for name in names:
            shutil.copy(self.vendor.folder / "samples" / name, self.inbound / name)
        return self.run(directions=INBOUND)["inbound"]

    def order(self, key: str) -> Record:
        found = self.work_orders.find_one({"externalId": key})
        assert found is not None
        return found

    def edits(self, key: str, fields: Record) -> None:
        """Edit a work order as TracOS does: it becomes unsynced."""
        self.work_orders.update_one({"externalId": key}, {"$set": {"isSynced": False, **fields}})

    def touches_all(self) -> None:
        """Make every work order wait to be exported, without a change."""
        self.work_orders.update_many({}, {"$set": {"isSynced": False}})

    @property
    def sent(self) -> Sent:
        """What lies in the outbound folder, by its name."""
        files = sorted(self.outbound.iterdir()) if self.outbound.is_dir() else []
        return {file.name: json.loads(file.read_text()) for file in files}

    @property
    def differing(self) -> dict[str, Outcome]:
        """The records of which `etl verify` says that both sides are not as they were agreed."""
        found = verify(self.mapping, self.settings, LOG)
        return {one.item.origin: one.outcome for one in found if one.outcome is not Outcome.UNCHANGED}

    @property
    def came(self) -> Iterator[Record]:
        """The records of the samples that came first."""
        for name in self.vendor.samples:
            document = json.loads((self.inbound / name).read_text())
            places = [
                found for path in self.mapping.files.records if isinstance(found := get(document, path), dict | list)
            ]
            lying = places[0] if places else document
            yield from lying if isinstance(lying, list) else [lying]

    def expected(self, came: Record) -> Record | None:
        """Return what is expected of a record that came, by its work order; None where it is none of ours."""
        meant, _, _ = compile_mapping(self.mapping, Direction.INBOUND)(came)
        inside = self.work_orders.find_one({"externalId": meant["externalId"]})
        if inside is None:
            return None
        made, _, _ = compile_mapping(self.mapping, Direction.OUTBOUND)(inside, came)
        return made

    @property
    def deleted(self) -> Record:
        """What a work order has that counts as deleted."""
        return {".".join(map(str, field.path)): accepted[0] for field, accepted in self.mapping.deleted_when}


def parts_of(made: Any, came: Any) -> Any:
    """Return of what came those members that were made, at any depth."""
    if isinstance(made, dict) and isinstance(came, dict):
        return {name: parts_of(made[name], came[name]) for name in made if name in came}
    if isinstance(made, list) and isinstance(came, list):
        return [parts_of(*pair) for pair in zip(made, came, strict=False)]
    return came
