"""The composition root: the only place that builds clients, clocks and endpoints, and connects them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from etl.app.alarms import alarmed as alarmed
    from etl.app.doctoring import doctor as doctor
    from etl.app.history import past_runs as past_runs
    from etl.app.key_texts import parse_keys as parse_keys
    from etl.app.leases import break_lease as break_lease
    from etl.app.leases import lease as lease
    from etl.app.opening import Access as Access
    from etl.app.opening import open_session as open_session
    from etl.app.overviews import overview as overview
    from etl.app.pairs import pair as pair
    from etl.app.pipelines import compile_pipeline as compile_pipeline
    from etl.app.pipelines import translator as translator
    from etl.app.plans import apply_plan as apply_plan
    from etl.app.plans import plan as plan
    from etl.app.replaying import Selection as Selection
    from etl.app.replaying import acknowledge as acknowledge
    from etl.app.replaying import drop as drop
    from etl.app.replaying import letters as letters
    from etl.app.replaying import replay as replay
    from etl.app.resolving import Choice as Choice
    from etl.app.resolving import Resolution as Resolution
    from etl.app.resolving import conflicts as conflicts
    from etl.app.resolving import drop_conflicts as drop_conflicts
    from etl.app.resolving import resolve as resolve
    from etl.app.runs import BATCH_SIZE as BATCH_SIZE
    from etl.app.runs import BOTH as BOTH
    from etl.app.runs import Options as Options
    from etl.app.runs import Watch as Watch
    from etl.app.runs import run as run
    from etl.app.sample_edits import edit_sample as edit_sample
    from etl.app.sample_edits import sample_document as sample_document
    from etl.app.samples import write_sample as write_sample
    from etl.app.states import Unkeyed as Unkeyed
    from etl.app.states import forget_unkeyed as forget_unkeyed
    from etl.app.states import rebuild_state as rebuild_state
    from etl.app.states import state as state
    from etl.app.states import unkeyed as unkeyed
    from etl.app.statuses import status as status
    from etl.app.trying import Explanation as Explanation
    from etl.app.trying import RoundTrip as RoundTrip
    from etl.app.trying import explain_record as explain_record
    from etl.app.trying import round_trip as round_trip
    from etl.app.undoing import undo as undo
    from etl.app.verifying import verify as verify
    from etl.app.watching import Timing as Timing
    from etl.app.watching import Watching as Watching
    from etl.app.workers import Workers as Workers

_HOMES = {
    "Access": "etl.app.opening",
    "BATCH_SIZE": "etl.app.runs",
    "BOTH": "etl.app.runs",
    "Choice": "etl.app.resolving",
    "Explanation": "etl.app.trying",
    "Options": "etl.app.runs",
    "Resolution": "etl.app.resolving",
    "RoundTrip": "etl.app.trying",
    "Selection": "etl.app.replaying",
    "Unkeyed": "etl.app.states",
    "Watch": "etl.app.runs",
    "Timing": "etl.app.watching",
    "Watching": "etl.app.watching",
    "Workers": "etl.app.workers",
    "acknowledge": "etl.app.replaying",
    "alarmed": "etl.app.alarms",
    "apply_plan": "etl.app.plans",
    "break_lease": "etl.app.leases",
    "compile_pipeline": "etl.app.pipelines",
    "conflicts": "etl.app.resolving",
    "doctor": "etl.app.doctoring",
    "drop": "etl.app.replaying",
    "drop_conflicts": "etl.app.resolving",
    "edit_sample": "etl.app.sample_edits",
    "explain_record": "etl.app.trying",
    "forget_unkeyed": "etl.app.states",
    "lease": "etl.app.leases",
    "letters": "etl.app.replaying",
    "open_session": "etl.app.opening",
    "overview": "etl.app.overviews",
    "pair": "etl.app.pairs",
    "parse_keys": "etl.app.key_texts",
    "past_runs": "etl.app.history",
    "plan": "etl.app.plans",
    "rebuild_state": "etl.app.states",
    "replay": "etl.app.replaying",
    "resolve": "etl.app.resolving",
    "round_trip": "etl.app.trying",
    "run": "etl.app.runs",
    "sample_document": "etl.app.sample_edits",
    "state": "etl.app.states",
    "status": "etl.app.statuses",
    "translator": "etl.app.pipelines",
    "undo": "etl.app.undoing",
    "unkeyed": "etl.app.states",
    "verify": "etl.app.verifying",
    "write_sample": "etl.app.samples",
}

__all__ = [  # noqa: PLE0604 - the names are strings, listed once above
    *_HOMES
]


if not TYPE_CHECKING:  # which would take any name for one of these

    def __getattr__(name: str) -> Any:
        """Import a name when it is first used, so that a command imports what it needs, and no more."""
        if name not in _HOMES:
            raise AttributeError(f"module 'etl.app' has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)
