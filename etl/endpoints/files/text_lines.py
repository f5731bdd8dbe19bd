"""Lines of a file as bytes, numbered from 1; one that is too large is passed over without being held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

RawLine: TypeAlias = tuple[int, bytes | None, bool]
"""A line's number, the line without its end (None where it is too large), and whether it has an end."""

BLANKS: Final = b" \t\r\n\x0b\x0c"


def split_lines(
    blocks: Iterable[bytes], most: int, blanks: bytes = b"", passing: Callable[[], bool] = lambda: True
) -> Iterator[RawLine]:
    r"""Yield the lines of a file; a `\r` at the end of one stays. most: of more bytes, a line is too large.

    blanks: a block of nothing but these has no line that counts; it is passed over while `passing` says so.
    """
    number, rest, is_large = 0, b"", False
    for block in blocks:
        if blanks and not is_large and not block.strip(blanks) and not rest.strip(blanks) and passing():
            number += block.count(b"\n")
            rest = b""
            continue
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        for line in lines:
            number += 1
            yield number, None if is_large or len(line) > most else line, True
            is_large = False
        if is_large or len(rest) > most:
            rest, is_large = b"", True
    if rest or is_large:
        yield number + 1, None if is_large else rest, rest.endswith(b"\r")
