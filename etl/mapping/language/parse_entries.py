"""The `outbound` of `files`: a name, or entries, of which each says what a file is called, and what goes there when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import inf
from typing import Any, Final

from etl.mapping.carrying import rule_names
from etl.mapping.entries import KNOWN, RECORD, RECORDS, Entry, Envelope, is_reserved
from etl.mapping.files import FileFormat
from etl.mapping.language.document import Document, Place
from etl.mapping.language.parse_answers import check_answer, parse_answer
from etl.mapping.language.parse_fields import did_you_mean
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, PathError, format_path, parse_path
from etl.mapping.templates import IDENTITY, PART, RUN, TEMPLATE, braced
from etl.mapping.terms import Direction, Occasion
from etl.record import shown

_NOWHERE: Final = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
"""What some system has in no file name."""

_OUTBOUND: Final[Place] = ("outside", "files", "outbound")

_ONE_HEADER: Final = (
    "a CSV file has one header for whole records, so a part of one would read as if the rest had been emptied"
)


def parse_entries(document: Document, said: str | list[dict[str, Any]], form: FileFormat) -> tuple[Entry, ...]:
    """Parse `outbound`. form: of the files that are written."""
    if isinstance(said, str):
        check_literals(document, said, _OUTBOUND)
        where = document.position(_OUTBOUND)
        return (Entry(said, always=True, named=_named(document, said, form, _OUTBOUND), where=where),)
    if form is FileFormat.CSV:
        document.find(_OUTBOUND, "E136", _ONE_HEADER, "write a name alone, or choose another format")
    return tuple(_entry(document, entry, form, (*_OUTBOUND, index)) for index, entry in enumerate(said))


def _entry(document: Document, said: dict[str, Any], form: FileFormat, place: Place) -> Entry:
    file = said["file"]
    check_literals(document, file, (*place, "file"))
    only = said.get("only", ())
    without = only["not"] if isinstance(only, dict) else ()
    return Entry(
        file,
        frozenset({Occasion(said["for"])}) if "for" in said else KNOWN,
        () if isinstance(only, dict) else _paths(document, only, (*place, "only")),
        _paths(document, without, (*place, "only", "not")),
        _envelope(document, said["around"], form, (*place, "around")) if "around" in said else None,
        named=_named(document, file, form, (*place, "file")),
        where=document.position((*place, "file")),
        answer=parse_answer(document, said["answer"], (*place, "answer")) if "answer" in said else None,
    )


def _paths(document: Document, texts: Sequence[str], place: Place) -> tuple[Path, ...]:
    return tuple(
        path
        for index, text in enumerate(texts)
        if (path := _path(document, text, (*place, index), "write a path that a rule writes inside")) is not None
    )


def _path(document: Document, text: str, place: Place, fix: str) -> Path | None:
    try:
        return parse_path(text)
    except PathError as error:
        document.find(place, "E112", str(error), fix)
        return None


def _named(document: Document, file: str, form: FileFormat, place: Place) -> tuple[tuple[str, Path], ...]:
    """Return the paths in the name of a file of one record."""
    texts = [] if form.many else [text for text in braced(file) if text != IDENTITY]
    found = {text: _path(document, text, place, "write a path of the outside record in the braces") for text in texts}
    if not form.many and "" in TEMPLATE.split(file)[2:-1:2]:
        document.find(place, "E141", "two values of the file name touch", "put a separator between them, as in {a}-{b}")
    return tuple((text, path) for text, path in found.items() if path is not None)


def _envelope(document: Document, said: Any, form: FileFormat, place: Place) -> Envelope:
    envelope = Envelope(said)
    for text in envelope.named:
        _path(document, text, place, "write a path of the outside record in the braces")
    words = envelope.words
    if form is FileFormat.JSON and RECORDS in words:
        fix = f"write [{RECORD}] for a list of that one"
        document.find(place, "E136", f"a json file holds one record, and {RECORDS} are those of a batch", fix)
    if form is FileFormat.JSON_ARRAY and RECORDS not in words:
        message = "what stands around the records of a json_array file stands around all of a batch"
        document.find(place, "E136", message, f"write {RECORDS} where they are to lie")
    if form.many and RECORDS in words and (words - {RECORDS} or envelope.named):
        other = next(iter(sorted(words - {RECORDS})), "") or f"{{{envelope.named[0]}}}"
        fix = f"remove it, or write {RECORD} and format: json_lines"
        document.find(place, "E136", f"{other} is of one record, and {RECORDS} are those of a batch", fix)
    return envelope


def check_entries(document: Document, mapping: Mapping) -> None:
    """Refuse entries that two records could share, that name no rule, or that are never written."""
    entries = mapping.files.entries
    keys = [rule.outside[0].path for rule in mapping.keys]
    for entry, place in zip(entries, _places(document), strict=True):
        if mapping.files.outbound_format.many:
            is_one = mapping.files.records_per_file == inf
            _check_many(document, braced(entry.file), (*place, "file") if place != _OUTBOUND else place, is_one=is_one)
        else:
            at = (*place, "file") if place != _OUTBOUND else place
            if mapping.assigned and Occasion.CREATE in entry.occasions:
                _check_creation(document, mapping, entry, at)
            else:
                _check_one(document, entry, keys, at)
        _check_only(document, mapping, entry, place)
        check_answer(document, mapping, entry, (*place, "answer"))
        if Occasion.DELETE in entry.occasions and not mapping.deleted_when:
            fix = f"say deleted_when under inside: which records of {mapping.inside.name} count as deleted"
            document.find((*place, "for"), "E136", "no record counts as deleted, so this is never written", fix)


def _places(document: Document) -> Iterator[Place]:
    said = document.value["outside"]["files"]["outbound"]
    if isinstance(said, str):
        yield _OUTBOUND
        return
    for index in range(len(said)):
        yield (*_OUTBOUND, index)


def _check_only(document: Document, mapping: Mapping, entry: Entry, place: Place) -> None:
    """Refuse a path by which an entry names no rule that goes out."""
    inside, outside = mapping.inside.name, mapping.outside.name
    sent = [r for r in mapping.rules if r.only is not Direction.INBOUND and not r.key]
    named = {format_path(path) for rule in sent for path in rule_names(rule)}
    others = {path for rule in mapping.rules if rule not in sent for path in rule_names(rule)}
    at = (*place, "only", "not") if entry.without else (*place, "only")
    for index, path in enumerate(entry.only or entry.without):
        text = format_path(path)
        if path in mapping.key_paths:
            message, fix = f"{text} is part of the key, which every file has", "remove it"
        elif path in others:
            message, fix = f"the rule that writes {text} of {inside} sends nothing to {outside}", "remove it"
        else:
            message, fix = f"no rule writes {text} of {inside}", did_you_mean(text, sorted(named))
        if text not in named:
            document.find((*at, index), "E136", message, fix)


def check_literals(document: Document, name: str, place: Place) -> None:
    """Refuse in an outbound name what some file system has in none, or takes for something else."""
    pieces = TEMPLATE.split(name)
    text = "".join(pieces[::2])
    if found := _NOWHERE.search(text):
        message = f"{shown(found[0])} is in no file name on Windows"
        document.find(place, "E146", message, "choose letters, digits, -, _ or .")
    if not text.isascii():
        fix = "choose ASCII ones"
        document.find(place, "E146", "file systems write accents and the like in different ways", fix)
    if name.startswith(".") or name.endswith((".", " ")):
        fix = "start with another character than a dot, and end with neither a dot nor a blank"
        document.find(place, "E146", "the file would be hidden, or lose its last character", fix)
    if is_reserved(pieces[0]):
        document.find(place, "E146", f"{shown(pieces[0])} is a device on Windows", "choose another name")
    if any("%" in piece for piece in pieces[2:-1:2]):
        fix = "choose another separator"
        document.find(place, "E146", "a % between two values is the sign of an escaped character", fix)


def _check_many(document: Document, texts: Sequence[str], place: Place, *, is_one: bool) -> None:
    """Refuse a name that two files of many records could share. is_one: a run writes one alone."""
    for word, others in ((RUN, "runs"), (PART, "files of one run")):
        if word not in texts and not (is_one and word == PART):
            message = f"the file name does not have {{{word}}}, so two {others} would share it"
            document.find(place, "E141", message, "put {run} and {part} into the name of a file of many records")
    if texts[:2] == [PART, RUN]:
        message = "files would sort by their part, and not as they were written"
        document.find(place, "E141", message, "put {run} before {part}")
    for text in texts:
        if text not in (RUN, PART):
            message = f"a file of many records cannot be called after {{{text}}} of one"
            document.find(place, "E141", message, "put {run} and {part} into the name, and nothing else in braces")


def _check_creation(document: Document, mapping: Mapping, entry: Entry, place: Place) -> None:
    """Refuse a name that a record without a key cannot have, or that two of them could share."""
    named = {path for _, path in entry.named}
    given = [rule.outside[0].path for rule in mapping.assigned if rule.outside[0].path in named]
    if entry.occasions != {Occasion.CREATE} or given:
        what = format_path(given[0] if given else mapping.assigned[0].outside[0].path)
        message = f"a record that is born inside has no {what} yet, so its creation cannot be called after that"
        fix = f"write an entry with for: create, called by {{{IDENTITY}}} or by the match, and others for the rest"
        document.find(place, "E141", message, fix)
        return
    found_by = [rule.outside[0].path for rule in mapping.matches]
    if not entry.has_identity and not (found_by and named.issuperset(found_by)):
        wanted = " or ".join([f"{{{IDENTITY}}}", *(f"{{{format_path(path)}}}" for path in found_by)])
        message = "two records without a key would share a file"
        document.find(place, "E141", message, f"put {wanted} into the name")


def _check_one(document: Document, entry: Entry, keys: Sequence[Path], place: Place) -> None:
    if entry.has_identity:
        if entry.occasions != {Occasion.CREATE}:
            message = f"{{{IDENTITY}}} tells of a creation what is made, and another file has the key"
            document.find(place, "E141", message, "write for: create, or put every key into the name")
        return
    named = [path for _, path in entry.named]
    for path in keys:
        if path not in named:
            message = f"the file name does not have {{{format_path(path)}}}, so two records would share a file"
            document.find(place, "E141", message, "put every key into the name")
