"""What a mapping is drafted from: samples of records, or a vendor's description, or both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from etl.draft.leaves import Leaf, leaves_of_records, leaves_of_schema
from etl.draft.openapi import parse_openapi, schema_from
from etl.draft.samples import Form, Samples, content_of, read_samples
from etl.errors import DraftError
from etl.mapping.files import FileFormat


@dataclass(frozen=True, slots=True)
class Source:
    """What the samples say. schema: that of a vendor, None where it is to be made of the records."""

    name: str
    made_of: str
    form: Form
    pattern: str
    leaves: list[Leaf]
    records: tuple[Any, ...] = ()
    schema: dict[str, Any] | None = None
    doubts: tuple[str, ...] = ()

    @property
    def has_blanks(self) -> bool:
        """Whether empty text stands for no value; in a CSV file it always does."""
        return self.form.format is not FileFormat.CSV and any("" in leaf.values for leaf in self.leaves)


def read_source(names: Sequence[str]) -> Source:
    """Return what samples say, the first of which may be a vendor's document, `#/pointer` behind it or not.

    Raises:
        DraftError: when they cannot be used.

    """
    files = [Path(name.partition("#")[0]) if not Path(name).exists() else Path(name) for name in names]
    text, _ = content_of(files[0])
    document = parse_openapi(text)
    if document is None:
        return _of_samples(read_samples(files))
    title, schema, others = schema_from(document, names[0].partition("#")[2])
    doubts = (f"is {title} the record? There are also {', '.join(others[:8])}",) if others else ()
    samples = read_samples(files[1:]) if files[1:] else Samples((), Form(FileFormat.JSON), ())
    leaves = leaves_of_schema(schema, samples.records)
    made_of = f"{title} of {files[0].name}" + (f", and {_said(samples)}" if samples.names else "")
    pattern = _pattern(samples.names) if samples.names else "*.json"
    return Source(title, made_of, samples.form, pattern, leaves, samples.records, schema, doubts)


def _of_samples(samples: Samples) -> Source:
    leaves = leaves_of_records(samples.records)
    if not leaves:
        raise DraftError(f"{samples.names[0]} has no record with a field")
    stem = samples.names[0].partition(".")[0].rstrip("0123456789_- ")
    made_of, pattern = _said(samples), _pattern(samples.names)
    return Source(stem, made_of, samples.form, pattern, leaves, samples.records, doubts=samples.doubts)


def _said(samples: Samples) -> str:
    count = len(samples.records)
    return f"{', '.join(samples.names)} ({count} record{'' if count == 1 else 's'})"


def _pattern(names: Sequence[str]) -> str:
    """Return a glob that fits these names, and others that differ in their numbers."""
    first = names[0]
    if len(names) == 1:
        return _numbers_open(first)
    length = min(map(len, names))
    start = next((at for at in range(length) if len({name[at] for name in names}) > 1), length)
    end = next((at for at in range(1, length - start) if len({name[-at] for name in names}) > 1), length - start) - 1
    return _escaped(first[:start].rstrip("0123456789")) + "*" + _escaped(first[len(first) - end :])


def _numbers_open(name: str) -> str:
    stem, dot, ending = name.partition(".")
    opened = re.sub(r"\d[\d_.-]*\d|\d", "*", stem)
    return _escaped(opened if "*" in opened else f"{opened}*", keep="*") + dot + _escaped(ending)


def _escaped(text: str, keep: str = "") -> str:
    return "".join(f"[{c}]" if c in "*?[{}" and c not in keep else c for c in text)
