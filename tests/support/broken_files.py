"""Client files that no run can read, each with what is said of it."""

from __future__ import annotations

BROKEN_FILES = {
    "broken": (b'{"orderNo": 7,', "not JSON: line 1, column"),
    "empty": (b"", "the file is empty"),
    "blank": (b" \n ", "the file is empty"),
    "a list": (b"[1, 2]", "expected a JSON object, found a list"),
    "a number": (b"7", "expected a JSON object, found 7"),
    "null": (b"null", "expected a JSON object, found null"),
    "not UTF-8": (b'{"summary": "caf\xe9"}', "not UTF-8: byte 0xe9 at position 16"),
    "UTF-16": ('{"orderNo": 7}'.encode("utf-16"), "not UTF-8"),
    "a lone surrogate": (rb'{"summary": "\ud800"}', "not JSON"),
    "NaN": (b'{"orderNo": NaN}', "not JSON"),
    "two objects": (b"{} {}", "not JSON"),
    "nested 101 deep": (b'{"a":' * 101 + b"1" + b"}" * 101, "nested deeper than 100 levels"),
    "nested absurdly deep": (b"[" * 90_000, "not JSON"),
    "of too many values": (b"[" * 1_000_000, "more than 100000 values; MAX_RECORD_VALUES says how many it may have"),
    "too large": (b'{"summary": "' + b"x" * 5_000_000 + b'"}', "more than 4194304"),
}
