"""What happened in histories, and what did not hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Figures:
    """What happened in all histories of a process.

    changed: values that the client has changed, and a run read; unheard: those of them that are taken for old values
    although TracOS has others, see the limits of what is remembered. deliveries: of histories of many work orders.
    drift_alarms: what runs and plans have said of drift; false_alarms: those of them that the rule does not demand.
    """

    histories: int = 0
    steps: int = 0
    edits: int = 0
    runs: int = 0
    crashes: int = 0
    races: int = 0
    plans: int = 0
    verified: int = 0
    conflicts: int = 0
    changed: int = 0
    unheard: int = 0
    lost: int = 0
    doubled: int = 0
    stale: int = 0
    misjudged: int = 0
    deliveries: int = 0
    drift_alarms: int = 0
    false_alarms: int = 0
