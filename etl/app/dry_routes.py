"""Routes that compare and write nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from etl.app.opening import connect_route
from etl.mapping.fields import written_paths
from etl.mapping.terms import Direction, Side
from etl.settings import Settings
from etl.transfer.dry_run import DrySink, NoLetters
from etl.transfer.echo import lasting_paths
from etl.transfer.loop import Route
from etl.transfer.model import Result, Sink
from etl.transfer.plan import PlannedRecord, Planner

if TYPE_CHECKING:
    from etl.endpoints.mongodb.planned import Planned
    from etl.endpoints.mongodb.store import Store

Describe: TypeAlias = Callable[[Result], PlannedRecord]


def dry_route(store: Store, settings: Settings, direction: Direction, planned: Planned) -> tuple[Route, Describe]:
    """Return the route of one direction without its writes, and what describes its results."""
    from etl.endpoints.mongodb.planned import PlannedSink, PlannedSource  # noqa: PLC0415 - see open_store

    route = connect_route(store, settings, direction)
    describe = describer(store, route.sink, direction)
    if direction is Direction.INBOUND:
        return Route(route.source, PlannedSink(store, planned), NoLetters()), describe
    return Route(PlannedSource(store, planned), DrySink(route.sink), NoLetters()), describe


def describer(store: Store, sink: Sink, direction: Direction) -> Describe:
    """Return what describes the results of a dry transfer to a sink."""
    from etl.endpoints.files.batch_files import BatchFiles  # noqa: PLC0415 - see open_store
    from etl.endpoints.files.record_files import RecordFiles  # noqa: PLC0415

    mapping = store.mapping
    lines = {
        (side, path): rule.where.line for side in Side for rule in mapping.rules for path in written_paths(rule, side)
    }
    names = {side: mapping.system(side).name for side in Side}
    planner = Planner(store.merger, names, lines, lasting_paths(mapping))
    if direction is Direction.INBOUND or not isinstance(sink, RecordFiles | BatchFiles):
        return planner.inbound

    def describe(result: Result) -> PlannedRecord:
        return planner.outbound(result, None if result.change is None else sink.present(result.change))

    return describe
