"""The target for files of many records: JSON arrays, JSON Lines and CSV, compressed or not."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

from etl import Direction
from etl.endpoints.files.content import BrokenFileError, read_blocks
from etl.endpoints.files.formats import Format, make_format
from etl.endpoints.files.limits import FileLimits
from etl.mapping.files import CsvForm, FileFormat
from etl.mapping.paths import Path
from etl.transfer.model import Item
from tests.fault.fuzz_bases import one_line, shipped_pipeline

SMALL: Final = FileLimits(max_bytes=80, max_depth=5)
WITHIN: Final[tuple[Path, ...]] = (("d", "results"), ("d",), ())
KINDS: Final[tuple[tuple[FileFormat, dict[str, Any], FileLimits], ...]] = tuple(
    (kind, said, limits)
    for limits in (FileLimits(), SMALL)
    for kind, said in (
        (FileFormat.JSON_ARRAY, {}),
        (FileFormat.JSON_LINES, {}),
        (FileFormat.CSV, {}),
        (FileFormat.CSV, {"form": CsvForm(";"), "encoding": "cp1252"}),
        (FileFormat.JSON, {"records": WITHIN}),
        (FileFormat.JSON_LINES, {"records": WITHIN, "encoding": "cp1252"}),
    )
)
_PACKED: Final = 128

_CONTENTS: Final = (
    b'[{"orderNo": 7, "summary": "Pump", "creationDate": "2025-01-02"}, {"a": [[{}]]}, 7, {"a": "\\ud83d\\ude00"}]',
    b'\xef\xbb\xbf[\n{"orderNo": 7},\n{"orderNo": 8.5e1, "b": false}\n]\n',
    b'{"orderNo": 7, "summary": "Pump"}\r\n\n{"orderNo": 8}\n[1]\n{"a":{"a":{"a":{"a":{"a":{}}}}}}\n{"open',
    b'orderNo,summary,"a.b",lines[0].qty\n7,"Pump, ""new""\nand big",x,1\n8,short\n\n9,"open',
    b'{"next": [{}], "d": {"n": 1, "results": [{"orderNo": 7}, {"orderNo": 8, "summary": "caf\xe9"}, []]}, "n": null}',
    b'{"d": null, "orderNo": 7}\n{"d": {"results": {"orderNo": 8}}}\n{"d": [{}], "d": []}\n',
    b'\xef\xbb\xbforderNo;summary\r\n7;"caf\xe9"\r\n8;;\r\n',
)


def files(raw: bytes) -> None:
    """Try a file of many records: the first byte says how they lie in it, the second how it is cut into blocks.

    It holds the same records wherever its blocks end, and what is kept of a record is enough to read it again.
    """
    if len(raw) < 2:
        return
    kind, said, limits = KINDS[raw[0] % _PACKED % len(KINDS)]
    format_ = make_format(kind, limits=limits, **said)
    assert format_ is not None
    content = _plain(raw[2:]) if raw[0] & _PACKED else raw[2:]
    items = list(format_.items(list(_cut(content, len(content) or 1)), "f"))
    again = list(format_.items(list(_cut(content, raw[1] or 1)), "f"))
    assert [(item.origin, item.record) for item in items] == [(item.origin, item.record) for item in again]
    for item in items:
        _judge(format_, item)


def seeds() -> Iterator[bytes]:
    """Yield files of every kind, each as it is and compressed."""
    for kind in range(len(KINDS)):
        for content in _CONTENTS:
            yield bytes([kind, 7]) + content
            yield bytes([kind + _PACKED, 100]) + gzip.compress(content, mtime=0)


def _judge(format_: Format, item: Item) -> None:
    assert (item.record is None) == bool(item.violations)
    violations = list(item.violations)
    if item.record is not None:
        violations += shipped_pipeline(Direction.INBOUND)(item.record)[2]
    for violation in violations:
        one_line(str(violation))
    if item.content is not None:
        again = [(again.origin, again.record) for again in format_.again(item.origin, item.content)]
        assert again == [(item.origin, item.record)], "what is kept is not enough"


def _plain(packed: bytes) -> bytes:
    """Return what compressed data holds, as far as it can be read."""
    content = b""
    try:
        for block in read_blocks(io.BytesIO(packed), "f.gz"):
            content += block
            if len(content) > 10 * SMALL.max_bytes * len(packed):
                break  # a bomb, which is read in blocks like any other
    except BrokenFileError as error:
        one_line(str(error))
    return content


def _cut(content: bytes, size: int) -> Sequence[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]
