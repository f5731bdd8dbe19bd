"""What must hold of one work order: the three-way table in plain Python. It shares no code with the engine.

| the client since the agreement | TracOS since then | a run |
|---|---|---|
| same | whatever | leaves TracOS alone |
| changed a value | left that value | writes the client's |
| changed a value | changed another one | keeps both changes |
| changed a value | changed it differently | keeps what the policy says, and the loser in the conflict log |
| never met | has it | writes the client's values, and what they replace into the conflict log |

Every write of a run is one stage, so a run that dies anywhere has left some stage behind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from tests.model.words import RULES, Doc, Memory, Said, State, Step, Terms, outward, there_and_back

Act: TypeAlias = Callable[[State], Step]

FLIPS = 5
UNREAD = ("technician",)
"""Fields of TracOS that neither a rule nor the schema names."""


def acts(
    groups: Sequence[tuple[Said, bool]], terms: Terms, *, inbound: bool = True, outbound: bool = True
) -> list[Act]:
    """Return what a run does to one work order. groups: for each batch that has its key, the last record of it."""
    reads = [partial(_meet, said=said, repeats=repeats, terms=terms) for said, repeats in groups]
    inward: list[Act] = [*reads, partial(_meet_held, terms=terms)]
    return (inward if inbound else []) + (
        [partial(_send, terms=terms), partial(_mark, terms=terms)] if outbound else []
    )


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
                lost = {entry for entry in stage.log - before.log if _is_done(entry, edited)}
                begun = replace(before, memory=stage.memory, doc=edited, log=before.log | lost)
                steps.append(play(begun, doing[moment:]))
            again = play(replace(stage, doc=edit(stage.doc)), doing[moment:])
            steps += [again] if again.outcomes[:1] == (("inbound", "unchanged"),) else []
    return steps


def _is_done(entry: tuple[str, str, Any, Any, str], doc: Doc | None) -> bool:
    _, rule, value, _, winner = entry
    return winner == "client" and doc is not None and doc.get(rule) == value


def meet(before: State, said: Said, terms: Terms, *, repeats: bool = False) -> Step:
    """Compare what the client says with what TracOS has, by the table above."""
    memory, doc = before.memory, before.doc
    if memory is not None:
        memory = _settled(memory, doc)
    if memory is not None and memory.record == said.text:
        known = memory if doc is None else replace(memory, shared=repeats)
        return _inbound("unchanged", before, {"memory": known}, {"waiting": None})
    if doc is None:
        made = {"description": f"{said.values['title']} description"}
        made |= {"number": json.loads(said.text)["orderNo"], **said.values}
        begun = {} if memory is None else {"memory": replace(memory, begun={rule: made.get(rule) for rule in RULES})}
        news = Memory(said.text, said.values, None, repeats)
        after = {"doc": _imported(made, {}, terms)}
        return _inbound("created", before, begun, after, {"memory": news}, {"waiting": None})
    if memory is None:
        return _first_contact(before, said, terms, repeats=repeats)
    return _merge(before, memory, said, terms, repeats=repeats)


def _settled(memory: Memory, doc: Doc | None) -> Memory:
    """Return what is agreed, once what a dead run had begun and written counts as said by the client."""
    begun = {} if doc is None or memory.begun is None else memory.begun
    written = {rule: value for rule, value in begun.items() if doc is not None and doc.get(rule) == value}
    if not written:
        return replace(memory, begun=None)
    said, told = (values and {**values, **written} for values in (memory.said, memory.told))
    return replace(memory, record="", said=said, told=told, begun=None)


def _first_contact(before: State, said: Said, terms: Terms, *, repeats: bool) -> Step:
    doc = before.doc or {}
    changed = {rule: value for rule, value in said.values.items() if doc.get(rule) != value}
    lost = {(said.text, rule, changed[rule], doc[rule], "client") for rule in changed if doc.get(rule) is not None}
    after = _imported(doc, changed, terms) if changed else doc
    news = Memory(said.text, said.values, None, repeats)
    outcome = "updated" if changed else "unchanged"
    return _inbound(outcome, before, {"log": before.log | lost}, {"doc": after}, {"memory": news}, {"waiting": None})


def _merge(before: State, memory: Memory, said: Said, terms: Terms, *, repeats: bool) -> Step:
    doc = before.doc or {}
    base, now = memory.base, said.values
    known = [values for values in (memory.said, memory.told) if values is not None]
    news = {rule: now[rule] for rule in RULES if all(now[rule] != values[rule] for values in known)}
    changed = {rule: value for rule, value in news.items() if value != doc.get(rule)}
    disputed = {
        rule: _winner(rule, said, doc, terms)
        for rule in changed
        if base.get(rule) not in (doc.get(rule), there_and_back(doc)[rule])
    }
    turns = {**memory.turns, **{rule: _turn(memory, rule, doc.get(rule), changed[rule], terms) for rule in changed}}
    flipping = [r for r in changed if disputed.get(r, "") is not None and turns[r][1] >= FLIPS]
    if flipping or None in disputed.values():
        open_ = frozenset((rule, now[rule], doc.get(rule)) for rule in (*disputed, *flipping))
        return _inbound("conflict", before, {"waiting": (said.text, open_)}, {"memory": memory})
    lost = {(said.text, rule, now[rule], doc.get(rule), winner) for rule, winner in disputed.items()}
    taken = {rule: value for rule, value in changed.items() if disputed.get(rule) != "tracos"}
    after = _imported(doc, taken, terms) if changed else doc
    told = None if memory.told is None else {**memory.told, **news}
    agreed = Memory(said.text, now, told, repeats, turns)
    begun = {"memory": replace(memory, begun=taken)} if taken else {}
    stages = ({"log": before.log | lost}, begun, {"doc": after}, {"memory": agreed}, {"waiting": None})
    return _inbound("updated" if changed else "unchanged", before, *stages)


def _winner(rule: str, said: Said, doc: Doc, terms: Terms) -> str | None:
    wins = terms.taken.get(rule, terms.taken.get("")) or terms.wins.get(rule, terms.wins[""])
    if wins != "newest":
        return None if wins == "review" else wins
    if said.changed is None or doc.get("updatedAt") is None:
        return None
    apart = (said.changed - doc["updatedAt"]).total_seconds()
    return None if abs(apart) <= terms.tolerance else "client" if apart > 0 else "tracos"


def _turn(memory: Memory, rule: str, old: Any, new: Any, terms: Terms) -> tuple[Any, int]:
    """Count how often in a row the client's value has replaced just this one."""
    before, count = memory.turns.get(rule, (None, 0))
    again = before == (old, new) and not {rule, ""} & terms.taken.keys()
    return (old, new), count + 1 if again else 1


def _imported(doc: Doc, values: Doc, terms: Terms) -> Doc:
    after = {**doc, **values, "isSynced": False, "updatedAt": terms.now, "syncedAt": None}
    return {name: value for name, value in after.items() if value is not None}


def _meet(before: State, said: Said, terms: Terms, *, repeats: bool) -> Step:
    """Compare at once, or once the last file of this key is known, where it had several before."""
    if before.memory is not None and before.memory.shared:
        earlier = (("inbound", "superseded"),) if before.held else ()
        return Step((replace(before, held=(said, repeats)),), earlier)
    return meet(before, said, terms, repeats=repeats)


def _meet_held(before: State, terms: Terms) -> Step:
    if before.held is None:
        return Step(())
    said, repeats = before.held
    return meet(replace(before, held=None), said, terms, repeats=repeats)


def _send(before: State, terms: Terms) -> Step:
    """Write what waits in TracOS to its file, and remember that the client was told."""
    doc, memory = before.doc, _settled(before.memory or Memory("", None, None), before.doc)
    if doc is None or doc.get("isSynced") is True:
        return Step(())
    if before.waiting is not None:
        return Step((), (("outbound", "conflict"),))
    told, file = there_and_back(doc), outward(doc)
    has_it = bool(memory.base) and all(memory.base[rule] == told[rule] for rule in RULES if rule != "deleted")
    if not terms.echo and has_it:
        outcome, file = "unchanged", before.file or {}
    else:
        outcome = "created" if before.file is None else "unchanged" if before.file == file else "updated"
    changes = {"file": file or None, "read": doc}, {"memory": replace(memory, told=told)}
    return Step(_stages(before, *changes), (("outbound", outcome),))


def _mark(before: State, terms: Terms) -> Step:
    """Mark what was sent, unless it has been edited since it was read."""
    doc, read = before.doc, before.read
    if doc is None or read is None or _versioned(doc) != _versioned(read):
        return Step((replace(before, read=None),))
    return Step((replace(before, read=None, doc={**doc, "isSynced": True, "syncedAt": terms.now}),))


def _versioned(doc: Doc) -> Doc:
    return {name: value for name, value in doc.items() if name not in UNREAD}


def _inbound(outcome: str, before: State, *changes: dict[str, Any]) -> Step:
    return Step(_stages(before, *changes), (("inbound", outcome),))


def _stages(before: State, *changes: dict[str, Any]) -> tuple[State, ...]:
    stages = [before]
    for change in changes:
        stages.append(replace(stages[-1], **change))
    return tuple(stages[1:])
