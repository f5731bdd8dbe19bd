"""Which outside a mapping has: the only place that chooses one."""

from __future__ import annotations

from etl.endpoints.files.endpoint import Files
from etl.endpoints.files.limits import FileLimits
from etl.mapping.model import Mapping
from etl.settings import Settings
from etl.transfer.model import Notify


def choose_outside(mapping: Mapping, settings: Settings, notify: Notify) -> Files:
    """Return the outside of a mapping, as the settings say where it is."""
    limits = FileLimits(settings.max_record_bytes, settings.max_depth, settings.max_record_values)
    return Files(settings.inbound, settings.outbound, mapping, limits, notify)
