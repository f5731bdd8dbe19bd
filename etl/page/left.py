"""What is said of what waits for a person: conflicts side by side, and dead letters by cause, with a sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from etl.mapping.model import Mapping
from etl.mapping.paths import format_path
from etl.page.charts import number
from etl.page.model import Bar, Bars, Block, Code, Heading, Inline, Paragraph, Part, Records, Row, Table
from etl.record import ABSENT, json_form, show_key, shown
from etl.transfer.conflicts import Conflict, Dispute
from etl.transfer.overview import LetterCause, Overview

_ONE_BY_ONE: Final = 50
_SAMPLE: Final = 2_000
_SAMPLES: Final = 5


def conflicts_of(seen: Overview) -> tuple[Block, ...]:
    """Return the open conflicts, with both values and what they were when both sides last agreed."""
    if not seen.open_conflicts:
        return ()
    outside, inside = seen.mapping.outside.name, seen.mapping.inside.name
    header: tuple[Inline, ...] = (("record",), ("field",), ("was",), (outside,), (inside,), ("since, UTC",))
    rows = tuple(row for conflict in seen.conflicts[:_ONE_BY_ONE] for row in _rows(conflict))
    more = seen.open_conflicts - min(len(seen.conflicts), _ONE_BY_ONE)
    rest: tuple[Block, ...] = (Paragraph((f"{number(more)} more are not shown.",)),) if more else ()
    how: Inline = ("Each is written on neither side until somebody decides: ", Code("etl conflicts resolve"), ".")
    return Paragraph(how), Table(header, rows), *rest


def _rows(conflict: Conflict) -> Iterator[Row]:
    first = True
    for dispute in conflict.disputes:
        for field, was, theirs, ours in values_of(dispute):
            record: Inline = (f"{show_key(conflict.key)} ({conflict.origin})",) if first else ("",)
            since = f"{conflict.first:%Y-%m-%d %H:%M}" if first else ""
            yield Row((record, (Code(field),), (Code(was),), (Code(theirs),), (Code(ours),), (since,)))
            first = False


def values_of(dispute: Dispute) -> Iterator[tuple[str, str, str, str]]:
    """Yield the fields of a dispute: which, what it was, what the outside has, what the inside has."""
    for path in dispute.inside:
        sides = (dispute.base[path], dispute.outside[path], dispute.inside[path])
        was, theirs, ours = ("nothing" if value is ABSENT else shown(json_form(value), 200) for value in sides)
        yield format_path(path), was, theirs, ours


def letters_of(seen: Overview) -> tuple[Block, ...]:
    """Return the dead letters by cause, and a sample of the commonest."""
    if not seen.letters:
        return ()
    bars = Bars(("reason", "share", "records"), tuple(map(_bar, seen.letters)))
    samples = [block for cause in seen.letters[:_SAMPLES] for block in _sample(cause, seen.mapping)]
    how: Inline = ("Correct the records or the mapping, then ", Code("etl dead-letters replay"), ".")
    return Paragraph(how), bars, *samples


def _bar(cause: LetterCause) -> Bar:
    more = ", …" if cause.count > len(cause.named) else ""
    said = f"{number(cause.count)}: {', '.join(cause.named)}{more}"
    return Bar(reason_of(cause), (Part("rejected", cause.count),), (said,))


def reason_of(cause: LetterCause) -> Inline:
    """Return why the letters of a cause were rejected."""
    where: Inline = (Code(cause.path), ": ") if cause.path else ()
    return (*where, cause.message, f" ({cause.direction.value})")


def _sample(cause: LetterCause, mapping: Mapping) -> Iterator[Block]:
    if (text := sample_text(cause.content)) is not None:
        system = mapping.system(cause.direction.source).name
        yield Heading(("For example, ", cause.first.origin))
        yield Records(((f"{system}, rejected: {cause.first.violations[0]}", text),))


def sample_text(content: bytes | None) -> str | None:
    """Return the beginning of what is kept of a record, None where that is no text."""
    if content is None:
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if len(text) <= _SAMPLE else f"{text[:_SAMPLE]}…"
