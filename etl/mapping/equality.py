"""When two scalars are one and the same, strictly on type."""

from __future__ import annotations

from typing import Final, TypeAlias

Distinct: TypeAlias = tuple[type, object]

_KINDS: Final = (str, bool, int, float)


def distinct(value: object) -> Distinct:
    """Return a dictionary key under which `True` is not `1` and `1.0` is not `1`; no list or object equals a scalar."""
    kind = type(value)
    if kind in _KINDS:
        return (kind, value)
    for base in _KINDS:
        if isinstance(value, base):
            return (base, base(value))  # MongoDB's own kinds may not be hashable
    return (kind, None)
