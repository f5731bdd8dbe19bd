"""Ends that compare and write nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from etl.app.opening import Access, connect_ends
from etl.mapping.fields import written_paths
from etl.mapping.terms import Direction, Side
from etl.settings import Settings
from etl.transfer.dry import DrySink, NoLetters
from etl.transfer.echo import lasting_paths
from etl.transfer.loop import Ends
from etl.transfer.model import Result, Sink
from etl.transfer.plan import PlannedRecord, Planner

if TYPE_CHECKING:
    from etl.endpoints.mongodb.planned import Planned
    from etl.endpoints.mongodb.store import Store

Describe: TypeAlias = Callable[[Result], PlannedRecord]


def dry_ends(
    store: Store, settings: Settings, direction: Direction, planned: Planned, access: Access = Access()
) -> tuple[Ends, Describe]:
    """Return the ends of one direction without their writes, and what describes their results."""
    from etl.endpoints.mongodb.planned import PlannedSink, PlannedSource  # noqa: PLC0415 - see open_store

    ends = connect_ends(store, settings, direction, access)
    describe = describer(store, ends.sink, direction)
    if direction is Direction.INBOUND:
        return Ends(ends.source, PlannedSink(store, planned), NoLetters()), describe
    return Ends(PlannedSource(store, planned), DrySink(ends.sink), NoLetters()), describe


def describer(store: Store, sink: Sink, direction: Direction) -> Describe:
    """Return what describes the results of a dry transfer to a sink."""
    from etl.endpoints.files.parts import PartsSink  # noqa: PLC0415 - see open_store
    from etl.endpoints.files.sink import FilesSink  # noqa: PLC0415

    mapping = store.mapping
    lines = {
        (side, path): rule.where.line for side in Side for rule in mapping.rules for path in written_paths(rule, side)
    }
    names = {side: mapping.system(side).name for side in Side}
    planner = Planner(store.merger, names, lines, lasting_paths(mapping))
    if direction is Direction.INBOUND or not isinstance(sink, FilesSink | PartsSink):
        return planner.inbound

    def describe(result: Result) -> PlannedRecord:
        return planner.outbound(result, None if result.change is None else sink.present(result.change))

    return describe
