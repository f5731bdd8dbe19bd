"""The composition root: the only place that builds clients, clocks and endpoints, and connects them."""

from etl.app.letters import drop, letters, replay
from etl.app.opening import Access, open_store
from etl.app.pipelines import compile_pipeline, translator
from etl.app.runs import BATCH_SIZE, BOTH, Options, Watch, run
from etl.app.samples import write_sample

__all__ = [
    "BATCH_SIZE",
    "BOTH",
    "Access",
    "Options",
    "Watch",
    "compile_pipeline",
    "drop",
    "letters",
    "open_store",
    "replay",
    "run",
    "translator",
    "write_sample",
]
