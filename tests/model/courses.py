"""What a run may come to, for one work order: what it does in order, and what an edit in its midst may change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from tests.model.alone import send_alone
from tests.model.exact import Doc, Value
from tests.model.oracle import mark, meet_held, meet_or_hold, send
from tests.model.words import Group, State, Step, Terms

Act: TypeAlias = Callable[[State], Step]


def acts(groups: Sequence[Group], terms: Terms, *, inbound: bool = True, outbound: bool = True) -> list[Act]:
    """Return what a run does to one work order. groups: for each batch that has its key, the records of it."""
    reads = [partial(meet_or_hold, group=group, terms=terms) for group in groups]
    inward: list[Act] = [*reads, partial(meet_held, terms=terms)]
    sends = partial(send, terms=terms) if inbound else partial(send_alone, groups=groups, terms=terms)
    return (inward if inbound else []) + ([sends, partial(mark, terms=terms)] if outbound else [])


def play(state: State, doing: Sequence[Act]) -> Step:
    """Do all of it in order; the first stage is the beginning."""
    stages: list[State] = [state]
    outcomes: list[Any] = []
    for act in doing:
        step = act(stages[-1])
        stages += step.stages
        outcomes += step.outcomes
    return Step(tuple(stages), tuple(outcomes))


def raced(state: State, doing: Sequence[Act], edit: Callable[[Doc | None], Doc | None]) -> list[Step]:
    """Return all that may come of an edit in TracOS at some moment of it.

    An edit within an act has it done again; one that says what was to be written is taken for that, and the log keeps
    what it says was lost to it.
    """
    steps = []
    for moment in range(len(doing) + 1):
        before = play(state, doing[:moment]).stages[-1]
        steps.append(play(replace(before, doc=edit(before.doc)), doing[moment:]))
        for stage in play(before, doing[moment : moment + 1]).stages[1:]:
            if stage.doc == before.doc:
                edited = edit(before.doc)
                lost = frozenset(stage.log - before.log)
                begun = replace(before, memory=stage.memory, doc=edited)
                logs = {before.log, before.log | lost, before.log | _done(lost, edited)}
                steps += [play(replace(begun, log=log), doing[moment:]) for log in logs]
            again = play(replace(stage, doc=edit(stage.doc)), doing[moment:])
            steps += [again] if again.outcomes[:1] == (("inbound", "unchanged"),) else []
    return steps


def _done(lost: Iterable[tuple[Any, ...]], doc: Doc | None) -> frozenset[Any]:
    """Return those entries of the log of which a document has what won, so that it looks as if it had been written."""

    def has_won(theirs: Value, ours: Value) -> bool:
        paths = {path for path, _ in (*theirs, *ours)}
        return all((doc or {}).get(path) == dict(theirs).get(path) for path in paths)

    return frozenset(entry for entry in lost if has_won(*entry[2:4]))
