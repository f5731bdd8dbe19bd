"""What is wrong with a value, and what would be right: a violation's message in two parts, for whom it may concern."""

from __future__ import annotations

import re
from typing import Final

from etl.record import Violation

_EXPECTED: Final = re.compile(r"expected (?P<right>.+?), found (?P<found>.+)\Z", re.DOTALL)
_BY_CODE: Final = {
    "required": "send a value",
    "json": "send whole, valid JSON",
    "additionalProperties": "leave out what is not known",
    "encoding": "send the encoding that was agreed",
}
_LENGTH: Final = re.compile(r"(?P<bound>min|max)Length is (?P<number>\d+)\Z")


def reason_and_fix(violation: Violation) -> tuple[str, str]:
    """Return what is wrong, and what would be right; "" where the message says nothing of that."""
    message = violation.message
    if found := _EXPECTED.match(message):
        return f"it is {found['found']}", f"send {found['right']}"
    reason, _, fix = message.partition("; ")
    if length := _LENGTH.match(fix):
        return reason, f"send at {'least' if length['bound'] == 'min' else 'most'} {length['number']} characters"
    if fix:
        return reason, fix
    for code, sign, words in (
        ("enum", " is not one of ", "send one of"),
        ("minimum", " is less than ", "send at least"),
        ("maximum", " is more than ", "send at most"),
        ("pattern", " does not match ", "send text that matches"),
    ):
        if violation.code == code and sign in message:
            found_value, _, wanted = message.partition(sign)
            return f"it is {found_value}", f"{words} {wanted}"
    return reason, _BY_CODE.get(violation.code, "")
