"""The collections in which the engine keeps what it remembers: their names are known here alone."""

from __future__ import annotations

from typing import Final

LEDGER: Final = "etl_state"
INTENTS: Final = "etl_intents"
CONFLICTS: Final = "etl_conflicts"
LETTERS: Final = "etl_dead_letters"
RUNS: Final = "etl_runs"
LEASES: Final = "etl_leases"
REPLACED: Final = "etl_replaced"

OURS: Final = frozenset({LEDGER, INTENTS, CONFLICTS, LETTERS, RUNS, LEASES, REPLACED})
