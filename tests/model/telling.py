"""What a history says where something is as it may not be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.model.words import State


def distinct(states: Sequence[State]) -> list[State]:
    return [state for index, state in enumerate(states) if state not in states[:index]]


def unexpected(key: int, seen: State, candidates: list[State]) -> str:
    """Return what is there, and how every state that may be differs from it."""
    lines = [f"work order {key} is as it may not be:", f"  {seen.visible}", "but it may differ from that so:"]
    for state in distinct(candidates):
        pairs = ((name, value, seen.visible[name]) for name, value in state.visible.items())
        differing = {name: _difference(value, found) for name, value, found in pairs if value != found}
        lines.append(f"  {differing}, remembering {state.memory}")
    return "\n".join(lines)


def _difference(wanted: Any, found: Any) -> Any:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return {name: wanted.get(name) for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)}
    return wanted
