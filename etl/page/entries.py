"""What a page says of the files that records leave in: which, when, with what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import inf
from typing import Final

from etl.lengths import shown_length
from etl.mapping.entries import Entry
from etl.mapping.files import After, FilesEndpoint, Order
from etl.mapping.model import Mapping
from etl.mapping.paths import format_path
from etl.mapping.terms import Occasion
from etl.page.model import Block, Bullets, Code, Inline, Paragraph
from etl.page.values import listed

_WHEN: Final = {
    Occasion.CREATE: "{outside} does not have the record yet",
    Occasion.UPDATE: "{outside} has the record, and some of this has changed",
    Occasion.DELETE: "the record counts as deleted in {inside}, and {outside} has it",
}

_CLEARED: Final = {After.ARCHIVE: "moved to the archive", After.DELETE: "deleted"}


def leaving(files: FilesEndpoint, form: str) -> Inline:
    """Say what written files are called. form: what they are, "" where they are as those that are read."""
    first, *others = files.entries
    if first.always and not others:
        return (
            f" are read. They leave as {form}, called " if form else " are read, and each written one is called ",
            Code(first.file),
            *_together(files),
        )
    kinds = "one kind of file" if not others else f"{len(files.entries)} kinds of files"
    how = f" are read. They leave as {form}, in {kinds}" if form else f" are read. They leave in {kinds}"
    return (how, *_together(files))


def _together(files: FilesEndpoint) -> Iterator[str | Code]:
    """Yield how many records a written file has, and what says that all of them are there."""
    if files.records_per_file is not None:
        yield ", one with all of a run" if files.records_per_file == inf else f", {files.records_per_file} records each"
    if files.marker:
        yield "; behind them a run writes "
        yield Code(files.marker)


def picked_up(mapping: Mapping) -> Iterator[Inline]:
    """Yield how files are picked up, and when they are expected."""
    pickup = mapping.files.pickup
    if pickup.order is not Order.NAME:
        date: Inline = ("by the date in their names, ", Code(pickup.date)) if pickup.date else ()
        yield ("Files are read in order, ", *(date or ("as they were last written to",)), ".")
    if pickup.quiet:
        yield (f"A file that was written to within {shown_length(pickup.quiet)} waits.",)
    if pickup.after is not After.LEAVE:
        yield (f"A file of which all has arrived is {_CLEARED[pickup.after]}.",)
    if pickup.complete:
        yield ("Each file has all records, so one that is missing in the last is marked as deleted.",)
    if mapping.every:
        yield (f"A delivery is expected every {shown_length(mapping.every)}.",)


def occasions(mapping: Mapping) -> Iterator[Block]:
    """Yield what says when which file is written, where a record may go out in several."""
    entries = mapping.files.entries
    if not entries[0].always:
        yield Paragraph((f"A record leaves for {mapping.outside.name} in these files:",))
        yield Bullets(tuple(_entry(mapping, entry) for entry in entries))


def _entry(mapping: Mapping, entry: Entry) -> Inline:
    names = {"outside": mapping.outside.name, "inside": mapping.inside.name}
    when = " or when ".join(_WHEN[one].format_map(names) for one in Occasion if one in entry.occasions)
    around: Inline = (
        () if entry.around is None else (", in the envelope ", Code(json.dumps(entry.around.value, ensure_ascii=False)))
    )
    answer: Inline = () if entry.answer is None else ("; its key comes in the answer ", Code(entry.answer.file))
    return (Code(entry.file), f" when {when}, with ", *_what(mapping, entry), *around, *answer, ".")


def _what(mapping: Mapping, entry: Entry) -> Inline:
    if entry.only:
        return listed((Code(format_path(path)) for path in entry.only), " and ")
    if entry.without:
        return ("all but ", *listed((Code(format_path(path)) for path in entry.without), " and "))
    others = any(one is not entry and one.occasions & entry.occasions for one in mapping.files.entries)
    return ("all that no other file has then",) if others else ("all values",)
