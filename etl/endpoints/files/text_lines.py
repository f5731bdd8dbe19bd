"""Lines of a file as bytes, numbered from 1; one that is too large is passed over without being held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

RawLine: TypeAlias = tuple[int, bytes | None, bool]
"""A line's number, the line without its end (None where it is too large), and whether it has an end."""


def split_lines(blocks: Iterable[bytes], most: int) -> Iterator[RawLine]:
    r"""Yield the lines of a file; a `\r` at the end of one stays. most: of more bytes, a line is too large."""
    number, rest, is_passing = 0, b"", False
    for block in blocks:
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        for line in lines:
            number += 1
            yield number, None if is_passing or len(line) > most else line, True
            is_passing = False
        if is_passing or len(rest) > most:
            rest, is_passing = b"", True
    if rest or is_passing:
        yield number + 1, None if is_passing else rest, rest.endswith(b"\r")
