"""What a page says of the files that records leave in: which, when, with what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from etl.mapping.entries import Entry
from etl.mapping.files import FilesEndpoint
from etl.mapping.model import Mapping
from etl.mapping.paths import format_path
from etl.mapping.terms import Occasion
from etl.page.model import Block, Bullets, Code, Inline, Paragraph
from etl.page.words import listed

_WHEN: Final = {
    Occasion.CREATE: "{outside} does not have the record yet",
    Occasion.UPDATE: "{outside} has the record, and some of this has changed",
    Occasion.DELETE: "the record counts as deleted in {inside}, and {outside} has it",
}


def leaving(files: FilesEndpoint, form: str) -> Inline:
    """Say what written files are called. form: what they are, "" where they are as those that are read."""
    first, *others = files.entries
    if first.always and not others:
        return (
            f" are read. They leave as {form}, called " if form else " are read, and each written one is called ",
            Code(first.file),
        )
    kinds = "one kind of file" if not others else f"{len(files.entries)} kinds of files"
    return (f" are read. They leave as {form}, in {kinds}" if form else f" are read. They leave in {kinds}",)


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
