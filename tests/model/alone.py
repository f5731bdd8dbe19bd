"""What a run that only sends makes of one work order: see the rules of the oracle."""

from __future__ import annotations

from collections.abc import Sequence

from tests.model.files import naturally
from tests.model.oracle import send
from tests.model.words import Group, Memory, State, Step, Terms


def send_alone(before: State, groups: Sequence[Group], terms: Terms) -> Step:
    """Send without reading: what the outside has news of is left to a run that reads."""
    is_left = bool(terms.two_way) and _is_unread(before.memory, groups)
    return Step(()) if is_left else send(before, terms)


def _is_unread(memory: Memory | None, groups: Sequence[Group]) -> bool:
    """Return whether the outside has said something that was not read; the last record of a shared key counts."""
    if memory is None:
        return bool(groups)
    held: Group | None = None
    for group in groups:
        is_known = memory.knows(group.last)
        comes_late = naturally(group.last.file) < naturally(memory.file) and not is_known
        if held or memory.shared or comes_late:
            held = group
        elif not is_known:
            return True
    return held is not None and not memory.knows(held.last)
