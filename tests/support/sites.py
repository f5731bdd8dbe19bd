"""Sites of small mappings of their own: a client whose schema a test says, and documents that a technician edits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from etl.app import verify
from etl.logs import make_log
from etl.mapping.load import load_mapping
from etl.transfer.model import Outcome
from tests.support.proofs import mapping as written
from tests.support.site import Site

LOG = make_log("error", "text", str)


class Shop:
    """A site whose mapping, of a client `c` on `t`, a test has written."""

    def __init__(self, site: Site, rules: str, c: dict[str, Any], t: dict[str, Any], **said: str) -> None:
        """Write the mapping. said: more lines for `outside` and `inside`."""
        folder = site.folder / "mapping"
        folder.mkdir(exist_ok=True)
        file = written(folder, rules, c, t)
        text = file.read_text()
        for side, anchor in (("outside", "schema: c.json, "), ("inside", "  schema: t.json\n")):
            text = text.replace(anchor, anchor + said.get(side, ""))
        file.write_text(text)
        site.mapping = load_mapping(file)
        self.site = site
        self.folder = folder

    def client_says(self, key: Any, **fields: Any) -> None:
        (self.site.inbound / f"{key}.json").write_text(json.dumps({"id": key, **fields}))

    def client_is_told(self, key: Any) -> dict[str, Any]:
        return dict(json.loads((self.site.outbound / f"o_{key}.json").read_text()))

    def told(self) -> list[str]:
        """Return the names of the files that were written."""
        return sorted(path.name for path in self.site.outbound.iterdir()) if self.site.outbound.is_dir() else []

    def document(self, number: int) -> dict[str, Any]:
        found = self.site.database["w"].find_one({"number": number})
        assert found is not None
        return {name: value for name, value in found.items() if name not in ("_id", "isSynced", "number")}

    def technician_creates(self, number: int, **fields: Any) -> None:
        self.site.database["w"].insert_one({"number": number, **fields})

    def technician_edits(self, number: int, **fields: Any) -> None:
        self.site.database["w"].update_one({"number": number}, {"$set": {"isSynced": False, **fields}})

    def technician_clears(self, number: int, name: str) -> None:
        self.site.database["w"].update_one({"number": number}, {"$set": {"isSynced": False}, "$unset": {name: ""}})

    def run(self, **options: Any) -> dict[str, dict[str, int]]:
        return self.site.run(**options)

    def verified(self) -> dict[str, Outcome]:
        return {result.item.origin: result.outcome for result in verify(self.site.mapping, self.site.settings, LOG)}


def clear(folder: Path) -> None:
    """Remove the files of a folder, as whoever took them does."""
    for path in folder.iterdir() if folder.is_dir() else ():
        path.unlink()
