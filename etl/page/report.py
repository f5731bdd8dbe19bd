"""What the report of a run says, section by section, without any markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Counts
from datetime import datetime
from typing import Any, Final

from etl import lengths
from etl.page.charts import number
from etl.page.left import conflicts_of, letters_of
from etl.page.model import (
    TONES,
    Bar,
    Bars,
    Block,
    Bullets,
    Code,
    Column,
    Columns,
    Heading,
    Inline,
    Page,
    Paragraph,
    Part,
    Row,
    Section,
    Table,
    Tile,
    Tiles,
)
from etl.transfer.overview import Overview
from etl.transfer.run_history import Command, RunRecord, State
from etl.transfer.status import ago
from etl.version import __version__

_MINUTE: Final = 60
_COMPARED: Final = 2
"""From so many runs on there is something to compare."""


def report_of(seen: Overview) -> Page:
    """Return the report of the run that an overview is about; it says so where there is none."""
    run = seen.run
    sections = (
        *(() if run is None else (Section("What became of the records", tuple(_outcomes(run))),)),
        Section("Runs until now", runs_of(seen.runs)),
        *run_sections(seen, run),
        Section("Conflicts that wait", conflicts_of(seen)),
        Section("Rejected records that wait", letters_of(seen)),
        *(() if run is None else (Section("How it ran", (_facts(run),)),)),
    )
    title = f"Report of {seen.mapping.name}" if run is None else f"{run.command.capitalize()} of {seen.mapping.name}"
    note: Inline = (f"Made at {moment(seen.now)} UTC by ", Code("etl report"), f", etl {__version__}.")
    return Page(title, lead_of(seen, run), tuple(section for section in sections if section.blocks), note)


def lead_of(seen: Overview, run: RunRecord | None) -> tuple[Block, ...]:
    """Return what is said first: how the run ended, and what waits."""
    tiles = [] if run is None else _tiles(run)
    conflict, rejected = "conflict" if seen.open_conflicts else "", "rejected" if seen.dead_letters else ""
    new = seen.status.new_letters
    tiles += [
        Tile("Conflicts open", number(seen.open_conflicts), "wait for a person", conflict),
        Tile("Dead letters", number(seen.dead_letters), f"{number(new)} of them new" if new else "rejected", rejected),
        _waiting(seen),
    ]
    said = Paragraph(("No run is known yet.",)) if run is None else Paragraph(_ending(run))
    now = [*seen.status.failures, *seen.status.concerns] if run is not None else []
    stands: Inline = (f"{seen.mapping.name} stands so now: ", seen.status.verdict.value)
    return said, Tiles(tuple(tiles)), Paragraph((*stands, ": " if now else ".", "; ".join(now), "." if now else ""))


def _waiting(seen: Overview) -> Tile:
    waiting = seen.status.waiting
    least = "at least " if waiting.at_least else ""
    oldest = f", for {ago(seen.now - waiting.oldest)}" if waiting.oldest else ""
    return Tile("To go out", f"{least}{number(waiting.count)}", f"wait in {seen.mapping.inside.name}{oldest}")


def _ending(run: RunRecord) -> Inline:
    began: Inline = ("The ", run.command, " ", Code(run.id), f" began at {moment(run.started)} UTC")
    if run.state is State.RUNNING:
        return (*began, " and is at work.")
    if run.state is State.DIED:
        return (*began, f" and died: it was last heard of at {moment(run.heard)} UTC. Run again to go on from there.")
    why = f": {run.error}" if run.error else ""
    why += f". Wanted by {run.by}{f': {run.note}' if run.note else ''}" if run.by else ""
    return (*began, f" and ended after {duration(run.seconds)} with exit code {run.exit_code}{why}.")


def _tiles(run: RunRecord) -> list[Tile]:
    counts = totals(run)
    read, seconds = counts.get("read", 0), run.seconds
    ended = {State.RUNNING: "at work", State.DIED: "died"}.get(run.state, f"exit {run.exit_code}")
    tone = "" if run.state is State.RUNNING else "created" if run.exit_code == 0 else "rejected"
    rate = f"{number(round(read / seconds))} a second" if seconds and read else ""
    return [
        Tile("The run", ended, "" if run.command == Command.RUN else run.command, tone),
        Tile("Took", duration(seconds)),
        Tile("Read", number(read), rate),
    ]


def totals(run: RunRecord) -> dict[str, int]:
    """Return the counts of a run over its directions, by name, `read` first."""
    found: dict[str, int] = {}
    for direction in run.directions.values():
        for name, count in direction["counts"].items():
            found[name] = found.get(name, 0) + count
    return found


def run_sections(seen: Overview, run: RunRecord | None) -> Iterator[Section]:
    """Yield the sections about one run alone, after what became of the records."""
    if run is None:
        return
    yield Section("Which fields changed", tuple(_changes(seen, run)))
    yield Section("Why records were rejected", tuple(_causes(run, "rejected")))
    yield Section("Why records are in conflict", tuple(_causes(run, "conflict")))
    yield Section("What else was said", tuple(_notes(run)))


def _outcomes(run: RunRecord) -> Iterator[Block]:
    bars = []
    for way, found in run.directions.items():
        counts = found["counts"]
        parts = tuple(Part(name, counts[name]) for name in TONES if counts.get(name))
        files = f", from {plural(found['files'], 'file')}" if found["files"] else ""
        known = {name: _known(counted) for name, counted in found.get("novelty", {}).items()}
        said = ", ".join(f"{number(part.count)} {part.name}{known.get(part.name, '')}" for part in parts)
        bars.append(Bar((way,), parts, (f"{number(counts['read'])} read{f' = {said}' if said else ''}{files}",)))
    if bars:
        yield Bars(("direction", "share", "records"), tuple(bars))
        yield Paragraph(("Read is the sum of all outcomes.",))


def _known(counted: Counts[str, int]) -> str:
    """Return how many are as they were before."""
    said = ", ".join(f"{number(count)} {word}" for word, count in counted.items() if count and word != "new")
    return f" ({said})" if said else ""


def _changes(seen: Overview, run: RunRecord) -> Iterator[Block]:
    """Yield how many of the updated records had another value of a field, by the side that changed it."""
    names = {"inbound": seen.mapping.outside.name, "outbound": seen.mapping.inside.name}
    for way, found in run.directions.items():
        if changed := found.get("changed"):
            yield Heading((f"Changed by {names.get(way, way)}",))
            bars = [
                Bar((Code(one["field"]),), (Part("updated", one["count"]),), (plural(one["count"], "record"),))
                for one in changed
            ]
            yield Bars((f"field of {seen.mapping.inside.name}", "records", "updated"), tuple(bars))


def _causes(run: RunRecord, outcome: str) -> Iterator[Block]:
    bars = []
    for way, found in run.directions.items():
        for cause in found.get(outcome, ()):
            more = ", …" if cause["count"] > len(cause["named"]) else ""
            where: Inline = (Code(cause["path"]), ": ") if cause["path"] else ()
            label: Inline = (*where, cause["message"] or "other reasons", f" ({way})")
            said = f"{number(cause['count'])}: {', '.join(cause['named'])}{more}"
            bars.append(Bar(label, (Part(outcome, cause["count"]),), (said,)))
    if bars:
        yield Bars(("reason", "share", "records"), tuple(bars))


def _notes(run: RunRecord) -> Iterator[Block]:
    said = [
        (f"{way}: {text}",)
        for way, found in run.directions.items()
        for text in (*(f"{number(count)} {note}" for note, count in found["notes"].items()), *found["notices"])
    ]
    if said:
        yield Bullets(tuple(said))


def _facts(run: RunRecord) -> Table:
    facts: list[tuple[str, Any]] = [
        ("engine", f"etl {run.engine} on {run.host}"),
        ("mapping and schemas", run.mapping_hash),
        *run.settings.items(),
    ]
    return Table((("what",), ("how",)), tuple(Row(((name,), (Code(str(value)),))) for name, value in facts))


def runs_of(runs: Sequence[RunRecord]) -> tuple[Block, ...]:
    """Return runs as charts, the first at the left: what became of records, how many a second, how long it took."""
    timed = [run for run in reversed(runs) if run.state is not State.RUNNING]
    if len(timed) < _COMPARED:
        return ()
    return (
        Columns("Records by outcome", "records", tuple(_column(run, _parts(run)) for run in timed)),
        Columns(
            "Throughput", "records a second", tuple(_column(run, (Part("speed", round(speed(run))),)) for run in timed)
        ),
        Columns("Duration", "seconds", tuple(_column(run, (Part("seconds", run.seconds),)) for run in timed)),
    )


def _parts(run: RunRecord) -> tuple[Part, ...]:
    counts = totals(run)
    return tuple(Part(name, counts.get(name, 0)) for name in TONES)


def speed(run: RunRecord) -> float:
    """Return how many records a second a run has read."""
    return totals(run).get("read", 0) / run.seconds if run.seconds else 0.0


def _column(run: RunRecord, parts: tuple[Part, ...]) -> Column:
    said = ", ".join(f"{number(part.count)} {part.name}" for part in parts if part.count)
    return Column(moment(run.started), parts, f"{run.command} {run.id}, {duration(run.seconds)}: {said or 'nothing'}")


def moment(at: datetime) -> str:
    """Return a time as people read it."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def duration(seconds: float) -> str:
    """Return a duration as people say it; below a minute with tenths, by which short runs are compared."""
    return f"{seconds:.1f} s" if seconds < _MINUTE else lengths.duration(seconds)


def plural(count: int, word: str) -> str:
    """Return a count with its word."""
    return f"{number(count)} {word}{'' if count == 1 else 's'}"
