"""Sites whose mapping says otherwise who wins, and what is left of a conflict."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from etl import load_mapping
from tests.support.command_line import Done, etl
from tests.support.site import MAPPING_FILE, ROOT, Site

Policy = Callable[..., Site]
Wider = Callable[..., Site]


def with_other_policies(site: Site, folder: Path, conflicts: str = "{wins: client}", **lines: str) -> Site:
    """Give a site a copy of the shipped mapping with other `conflicts`, and with lines that replace others."""
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    (folder / "mappings").mkdir()
    text = MAPPING_FILE.read_text().replace("conflicts: {wins: client}", f"conflicts: {conflicts}")
    for old, new in {"title": "tracos: title}", "files": "files: {inbound"}.items():
        text = text.replace(new, lines.get(old, new))
    file = folder / "mappings" / "m.yaml"
    file.write_text(text)
    site.mapping = load_mapping(file)
    return site


def with_more_rules(policy: Policy, folder: Path, rules: str, client: dict[str, Any], tracos: dict[str, Any]) -> Site:
    """Give a site under `wins: review` more rules, and both schemas more properties."""
    site = policy("{wins: review}")
    for system, properties in {"client": client, "tracos": tracos}.items():
        file = folder / "schemas" / f"{system}_workorder.schema.json"
        schema = json.loads(file.read_text())
        schema["properties"] |= properties
        file.write_text(json.dumps(schema))
    file = folder / "mappings" / "m.yaml"
    file.write_text(file.read_text().partition("\nexamples:")[0] + f"\n{rules}")
    site.mapping = load_mapping(file)
    return site


def log(site: Site, **wanted: Any) -> list[dict[str, Any]]:
    """Return the entries of the conflict log."""
    return list(site.database["etl_conflicts"].find(wanted))


def signed(site: Site, **wanted: Any) -> list[tuple[str, str, str]]:
    """Return of what a person has decided the rule, by whom, and the note, as far as it stands."""
    chosen = [
        (rule["rule"], rule["chosen"]) for entry in log(site, **wanted) for rule in entry["rules"] if "chosen" in rule
    ]
    return sorted((rule, one["by"], one["note"]) for rule, one in chosen if not one["over"])


def command(site: Site, *arguments: str) -> Done:
    """Run the command line with the site's mapping."""
    return etl(*arguments, "--mapping", str(site.mapping.file), site=site)
