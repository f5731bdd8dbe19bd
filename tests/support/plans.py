"""Plans that are made and applied at once; and all that a plan must not change."""

from __future__ import annotations

from typing import Any

import bson
from pymongo.database import Database

from etl import Options
from etl.app import apply_plan, plan
from etl.logs import make_log
from tests.support.site import Site

LOG = make_log("error", "text", str)


def applied(site: Site, batch_size: int = 500) -> tuple[list[dict[str, int]], list[str]]:
    """Plan and apply; return the outcomes that are not zero, and what was missing."""
    options = Options(batch_size=batch_size)
    made = plan(site.mapping, site.settings, LOG, options)
    reports, missing = apply_plan(site.mapping, site.settings, LOG, made, options)
    return [{name: count for name, count in report.as_dict().items() if count} for report in reports], missing


def everything(site: Site) -> dict[str, Any]:
    """All that there is: every document of every collection, every index, every file with its time."""
    database: Database[Any] = site.database
    raw = {name: [bson.encode(d) for d in database[name].find()] for name in sorted(database.list_collection_names())}
    indexes = {name: database[name].index_information() for name in raw}
    files = [file for folder in (site.inbound, site.outbound) if folder.exists() for file in folder.iterdir()]
    return {**raw, "indexes": indexes, "files": {str(f): (f.read_bytes(), f.stat().st_mtime_ns) for f in sorted(files)}}
