"""The composition root: the only place that builds clients, clocks and endpoints, and connects them."""

from etl.app.conflicts import Choice, Resolution, conflicts, drop_conflicts, resolve
from etl.app.history import past_runs
from etl.app.key_texts import parse_keys
from etl.app.leases import break_lease, lease
from etl.app.letters import drop, letters, replay
from etl.app.opening import Access, open_session
from etl.app.pipelines import compile_pipeline, translator
from etl.app.plans import apply_plan, plan
from etl.app.runs import BATCH_SIZE, BOTH, Options, Watch, run
from etl.app.sample_edits import edit_sample, sample_document
from etl.app.samples import write_sample
from etl.app.states import Unkeyed, forget_unkeyed, rebuild_state, state, unkeyed
from etl.app.undoing import Undone, undo
from etl.app.verifying import verify
from etl.app.workers import Workers

__all__ = [
    "BATCH_SIZE",
    "BOTH",
    "Access",
    "Choice",
    "Options",
    "Resolution",
    "Undone",
    "Unkeyed",
    "Watch",
    "Workers",
    "apply_plan",
    "break_lease",
    "compile_pipeline",
    "conflicts",
    "drop",
    "drop_conflicts",
    "edit_sample",
    "forget_unkeyed",
    "lease",
    "letters",
    "open_session",
    "parse_keys",
    "past_runs",
    "plan",
    "rebuild_state",
    "replay",
    "resolve",
    "run",
    "sample_document",
    "state",
    "translator",
    "undo",
    "unkeyed",
    "verify",
    "write_sample",
]
