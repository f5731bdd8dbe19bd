"""The shipped mapping under other conflict policies, each beside what it means."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from etl import Mapping, load_mapping
from tests.model.words import Terms
from tests.support.site import MAPPING_FILE, ROOT

_NEWEST = "{wins: newest, newest: {client: lastUpdateDate, tracos: updatedAt, tolerance: 5}}"
_RULES = {"title": "tracos: title", "createdAt": "tracos: createdAt", "status": "- tracos: status"}
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Variant:
    """One mapping, and its terms."""

    mapping: Mapping
    terms: Terms


def load_variants(folder: Path) -> dict[str, Variant]:
    """Write the variants into a folder, and load them; all have the shipped mapping's name, and share its memory."""
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    (folder / "mappings").mkdir()
    return {
        "client": _variant(folder, {"": "client"}),
        "tracos": _variant(folder, {"": "tracos"}),
        "newest": _variant(folder, {"": "newest"}),
        "review": _variant(folder, {"": "review"}),
        "mixed": _variant(folder, {"": "client", "title": "tracos", "status": "tracos"}),
        "partly reviewed": _variant(folder, {"": "tracos", "title": "client", "status": "review"}),
        "without echo": _variant(folder, {"": "client"}, echo=False),
    }


def _variant(folder: Path, wins: dict[str, str], *, echo: bool = True) -> Variant:
    conflicts = _NEWEST if wins[""] == "newest" else f"{{wins: {wins['']}}}"
    text = MAPPING_FILE.read_text().replace("conflicts: {wins: client}", f"conflicts: {conflicts}")
    for rule, place in _RULES.items():
        if rule in wins:
            separator = "\n    " if place.startswith("-") else ", "
            text = text.replace(place, f"{place}{separator}wins: {wins[rule]}", 1)
    if not echo:
        text = text.replace("  files: {inbound", "  echo: false\n  files: {inbound")
    file = folder / "mappings" / f"{len(list((folder / 'mappings').iterdir()))}.yaml"
    file.write_text(text)
    return Variant(load_mapping(file), Terms(wins, _NEVER, echo))
