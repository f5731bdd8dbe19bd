"""Plans that are made and applied at once."""

from __future__ import annotations

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
