"""The sections of the campaign, by what they break."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from tests.fault import (
    bulk,
    clearing,
    clusters,
    commands,
    disk,
    follow_ups,
    formats,
    hostile,
    kills,
    leases,
    parts,
    races,
    runs,
    servers,
    sets,
    unstamped,
)
from tests.fault.lab import Lab
from tests.fault.scale import Scale
from tests.fault.tally import Tally

Section: TypeAlias = Callable[[Lab, Scale, Tally], None]

SECTIONS: Final[dict[str, Section]] = {
    "kill -9 at every I/O boundary": kills.kill_at_every_boundary,
    "kill -9 at random moments": kills.kill_at_random_moments,
    "an echo after a kill at every boundary": follow_ups.echoes,
    "an edit that takes back, after a kill": follow_ups.taken_back,
    "edits after a killed first load": follow_ups.first_loads,
    "killed runs of one direction": follow_ups.one_way,
    "edits after a kill where nothing is stamped": unstamped.limits,
    "kill -9 over files of many records": formats.killed,
    "kill -9 over files with a marker": parts.killed,
    "a delivery replaced in a run": formats.replaced,
    "a delivery torn in a run": formats.torn,
    "kill -9 over deliveries that are cleared away": clearing.killed,
    "a delivery replaced while it is cleared away": clearing.replaced,
    "a command refused in passing": commands.refused_in_passing,
    "a command refused for good": commands.refused_for_good,
    "a document refused for ever": commands.poisoned,
    "mongod killed and restarted": servers.restarts,
    "the primary lost": servers.step_downs,
    "writes of a primary rolled back": sets.rolled_back,
    "kills under other options of the URI": sets.options,
    "a command or its answer lost": servers.lost_messages,
    "a connection cut, silent, slow": servers.cut_connections,
    "edits while runs go on": races.edits_raced,
    "edits at every I/O boundary": races.edits_at_boundaries,
    "two runs at once": runs.two_at_once,
    "a run that slept too long": runs.sleepers,
    "a stolen lease": leases.stolen,
    "leases dropped": leases.dropped,
    "the server's clock ahead or behind": leases.clocks,
    "a holder that /proc hides": leases.hidden,
    "a process number used again": leases.reused,
    "workers or their scheduler killed": clusters.lost_workers,
    "a killed run with workers": clusters.orphans,
    "a full disk": disk.full_disk,
    "a file too large": disk.too_large,
    "a folder of somebody else": disk.not_ours,
    "a broken disk": disk.broken_disk,
    "a name refused": disk.refused_names,
    "hostile deliveries": hostile.hostile_deliveries,
    "large work orders": hostile.large_work_orders,
    "large mapped values": bulk.large_mapped_values,
}


def name_of(section: Section) -> str:
    """Return what a section is called."""
    return next(name for name, one in SECTIONS.items() if one is section)
