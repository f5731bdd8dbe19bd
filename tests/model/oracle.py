"""What a run makes of one work order, in plain Python. It shares no code with the engine, and follows these rules.

The *expected record* of a work order is the outside record as it will next be read, once the outside has taken what was
sent. What an outside record *means* for a rule is the inside values that the rule makes of it. All is said of meanings,
rule by rule; the values of one rule change, win and lose as one. A table is one rule, a list one value. The agreement
holds, of a rule that is

- two-way: what the outside last said (`seen`); where it never said anything, what it was told first, once it is told
  something else (`had`); what it was told since and has not said itself (`told`), and the inside values of that moment
  where they are something else again (`inside`);
- inbound only: what the outside last said;
- outbound only, where nothing is echoed: what was last sent, or would have been when the import made the work order;
- two-way, and sent once: the same; `told` is what it was sent with the creation;
- written once: nothing, no import compares it; where it also goes out, it does so as an outbound-only rule.

**A record that comes in.** A delivery (file and content) that was read before is no news, also one that was superseded.
The same content in another file, or other content in the same file, is news. Of several records with one key the last
one counts: where the key had several before, or a file comes late (it stands before the one that was last decided on),
they are held back until the end of the run. Then:

1. No work order: it is created; but where that content was read before, it stays removed.
2. A work order, and nothing remembered: every value that differs is written, what is replaced is kept in the log.
3. Else rule by rule. The outside has changed it if the meaning is neither what it last said nor, of a two-way rule,
   what it was told or may have been, or, where it never said anything, what it `had`. The inside has changed it if its
   values are not those of the agreement (`inside`, else `told`, else `seen`). An outside that never said anything says
   something new, also with an absent value that it was told.

| outside | inside | a run |
|---|---|---|
| not changed | either | leaves it. If it said what it was told, it has confirmed it: `seen` becomes that, `told` goes |
| changed | not changed | writes what the record means; absent removes |
| changed | changed to the same | leaves it; that is the agreement now |
| changed | changed to something else | does what `wins` says; what loses is kept in the log first |
| changed | just so five times in a row | takes it for a fight, which only a person decides |

After a decision `seen` is what the record means, of every rule. Where the outside has changed a rule, nothing else is
remembered of it: where the inside won, its values are not what was said, so the change is still one, and goes out.
Under review nothing is written on either side, and nothing is remembered but that others were superseded.

**A work order that goes out.** Once it is durable, and before the mark: `told` is what the expected record means, where
that is not `seen`; `inside` is the values of the work order, where they are not what the expected record means. Where
the outside never said anything, `had` is what it was told first, or may have been, from when it is told another. A
field that a table uses beside others, and that the line which the expected record reads back by does not name, is
removed with the mark where it has the value that was agreed on before and that came of a line: the outside had it, or
the line by which the agreed values go out names it. Any other is an edit, and stays. In a file of one record that is
there still, what does not go out again stays: what is only written, and was not changed since, as it is now; what is
sent once, as it was. Where the mark fails, `inside` is what was agreed before. Without echo, a work order is only
marked, and its inside values are agreed, where each two-way rule's expected record means what the outside has (what it
was told, else what it said), and each outbound-only rule writes what was last sent; one that reads nothing but stamps
is not asked. A file of one record that lies there still, and says otherwise, is put right all the same. A run that only
sends leaves a work order of which the outside has said something that was not read, whatever it says, where any rule
goes both ways.

**How outside values lie.** Where what came is kept, the values of a two-way rule, and of one that is written once, go
out as they lie there, as long as they mean what the work order has, or what the rule would write means; all of the
rule's fields, or none. They lie there as the outside has said them, or was sent them: what it says of a rule while it
has not said what it was told since is no matter, and nothing lies by a rule of which a dead run may have told
something.

Every write of a run is one stage, so a run that dies anywhere has left some stage behind. What a run is about to do is
noted first: of an update and of a record that is made anew, the values and the time that is stamped with them (where
the document has all of these values, or that stamp, it was done: all is agreed as it would have been; else what it has
of them counts as said); of a record that is made, its identity (where it is there, it was done); of what goes out, what
would be told (`telling`): that the outside says it is no news, and it is sent again; so it is where only a rule that
exports alone would have told something (`unsure`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from tests.model.exact import Doc, Value, exact, packed
from tests.model.files import naturally
from tests.model.kinds import Kind
from tests.model.shapes import outward
from tests.model.words import Delivery, Group, Left, Memory, Said, State, Step, Terms, Values

FLIPS = 5
UNREAD = ("technician",)
"""Fields inside that neither a rule nor the schema names."""


def meet(before: State, group: Group, terms: Terms) -> Step:
    """Compare what the client says with what TracOS has."""
    memory, doc = before.memory, before.doc
    if memory is not None:
        memory = _settled(memory, doc, terms)
    said = group.last.said
    if memory is None or (memory.is_blank and doc is not None):
        return _created(before, None, group, terms) if doc is None else _first_contact(before, memory, group, terms)
    is_known = memory.knows(group.last)
    if is_known or (doc is None and memory.has_read(said.text)):
        known = replace(_read(memory, group.all), shared=memory.shared if doc is None else group.repeats)
        return _inbound("unchanged", before, {"memory": known}, {"waiting": None})
    return _created(before, memory, group, terms) if doc is None else _merged(before, memory, group, terms)


def _read(memory: Memory, deliveries: Iterable[Delivery]) -> Memory:
    return replace(memory, deliveries={**memory.deliveries, **{one.file: one.said.text for one in deliveries}})


def _settled(memory: Memory, doc: Doc | None, terms: Terms) -> Memory:
    """Return what is agreed, once what a dead run had begun and written counts as said by the client."""
    begun = {} if doc is None or memory.begun is None else memory.begun
    is_stamped = memory.begun_at is not None and (doc or {}).get("updatedAt") == memory.begun_at
    noted = [kind for kind in terms.compared if kind.name in begun]
    done = {kind.name for kind in noted if is_stamped or kind.of(doc) == begun[kind.name]}
    if not done:
        return replace(memory, begun=None, begun_at=None, done=None)
    if memory.done is not None and len(done) == len(noted):
        return memory.done
    settled, then = _as_read(memory), memory.done or Memory()
    settled = replace(settled, lying={**_but(memory.lying, done), **_only(then.lying, done)})
    values = {rule: begun[rule] for rule in done}
    if not memory.seen:
        return replace(_without(settled, done), told={**_but(memory.told, done), **values})
    return replace(_without(settled, done), seen={**memory.seen, **values})


def _as_read(memory: Memory) -> Memory:
    """Return what is agreed without the deliveries that a dead run has read: they may be news."""
    done = memory.done or memory
    known = {file: text for file, text in memory.deliveries.items() if done.deliveries.get(file) == text}
    return replace(memory, record="", file="", deliveries=known, begun=None, begun_at=None, done=None)


def _without(memory: Memory, rules: set[str]) -> Memory:
    """Return a memory that has nothing of these rules but what the outside last said."""
    told, had, inside = (_but(values, rules) for values in (memory.told, memory.had, memory.inside))
    return replace(memory, told=told, had=had, inside=inside, telling=_but(memory.telling, rules))


def _but(values: Values, rules: set[str]) -> Values:
    return {rule: value for rule, value in values.items() if rule not in rules}


def _only(values: Values, rules: Collection[str]) -> Values:
    return {rule: value for rule, value in values.items() if rule in rules}


def _created(before: State, memory: Memory | None, group: Group, terms: Terms) -> Step:
    said = group.last.said
    after = _imported(said.created, terms)
    known = memory or Memory()
    news = Memory(said.text, group.last.file, known.deliveries, said.values, sent=known.sent, shared=group.repeats)
    news = replace(news, lying=said.lying)
    outbound = {} if terms.echo else _outbound(news, after, terms)
    news = replace(_read(news, group.all), outbound=outbound, unsure=known.unsure)
    if memory is None:  # its note says so from the moment when it is made
        made = {"doc": after, "memory": replace(news, noted=True)}
        return _inbound("created", before, made, {"memory": news}, {"waiting": None})
    begun = _begun(memory, {kind.name: kind.of(after) for kind in terms.compared}, news, terms)
    return _inbound("created", before, begun, {"doc": after}, {"memory": news}, {"waiting": None})


def _begun(memory: Memory | None, values: Values, done: Memory, terms: Terms) -> dict[str, Memory]:
    """Return the stage at which an intent stands in what is remembered; none where nothing is."""
    if memory is None or not values:
        return {}
    return {"memory": replace(memory, begun=values, begun_at=terms.now, done=done)}


def _first_contact(before: State, memory: Memory | None, group: Group, terms: Terms) -> Step:
    said, doc, sent = group.last.said, before.doc or {}, None if memory is None else memory.sent
    changed = [kind for kind in terms.compared if kind.of(doc) != said.values[kind.name]]
    lost = {entry(said, kind, doc, "client") for kind in changed if kind.of(doc)}
    after = doc
    for kind in changed:
        after = kind.write(after, said.values[kind.name])
    after = _imported(after, terms) if changed else doc
    outbound = {} if memory is None else memory.outbound
    news = Memory(said.text, group.last.file, {}, said.values, outbound=outbound, sent=sent, shared=group.repeats)
    secrets = {} if memory is None else memory.secrets
    news = replace(news, unsure=memory is not None and memory.unsure, lying=said.lying, secrets=secrets)
    news = _read(news, group.all)
    outcome = "updated" if changed else "unchanged"
    begun = _begun(memory, {kind.name: said.values[kind.name] for kind in changed}, news, terms)
    stages = ({"log": before.log | lost}, begun, {"doc": after}, {"memory": news}, {"waiting": None})
    return _inbound(outcome, before, *stages)


def _merged(before: State, memory: Memory, group: Group, terms: Terms) -> Step:
    doc, said = before.doc or {}, group.last.said
    news = [kind for kind in terms.compared if has_news(memory, kind, said)]
    changed = [kind for kind in news if kind.of(doc) != said.values[kind.name]]
    disputed = {kind.name: _winner(kind, said, doc, terms) for kind in changed if is_edited(memory, kind, doc)}
    met = {kind.name: _turn(memory, kind, doc, said) for kind in changed}
    fought = [k.name for k in changed if disputed.get(k.name, "") is not None and met[k.name][1] >= FLIPS]
    disputed |= {rule: side for rule in fought if (side := _taken(rule, terms))}
    flipping = [rule for rule in fought if not _taken(rule, terms)]
    by_person = {rule for rule in disputed if _taken(rule, terms)}
    turns = {**memory.turns, **{rule: (change, 1 if rule in by_person else n) for rule, (change, n) in met.items()}}
    if flipping or None in disputed.values():
        open_ = frozenset(entry(said, k, doc, "")[1:4] for k in changed if k.name in (*disputed, *flipping))
        left = replace(_read(memory, group.before), shared=True) if group.repeats else memory
        return _inbound("conflict", before, {"waiting": (said.text, open_)}, {"memory": left})
    lost = {entry(said, kind, doc, disputed[kind.name] or "") for kind in changed if kind.name in disputed}
    taken = [kind for kind in changed if disputed.get(kind.name) != "tracos"]
    after = doc
    for kind in taken:
        after = kind.write(after, said.values[kind.name])
    after = _imported(after, terms) if changed else doc
    agreed = replace(_decided(memory, said, news), file=group.last.file, shared=group.repeats, turns=turns)
    agreed = _read(agreed, group.all)
    begun = _begun(memory, {kind.name: said.values[kind.name] for kind in taken}, agreed, terms)
    stages = ({"log": before.log | lost}, begun, {"doc": after}, {"memory": agreed}, {"waiting": None})
    return _inbound("updated" if changed else "unchanged", before, *stages)


def has_news(memory: Memory, kind: Kind, said: Said) -> bool:
    """Return whether the outside has changed a rule."""
    value = said.values[kind.name]
    known = (memory.told.get(kind.name), memory.had.get(kind.name), memory.telling.get(kind.name))
    return value not in (memory.last_said(kind), *known)


def is_edited(memory: Memory, kind: Kind, doc: Doc) -> bool:
    """Return whether the inside has changed a rule."""
    return kind.of(doc) != memory.agreed(kind.name)


def _decided(memory: Memory, said: Said, news: list[Kind]) -> Memory:
    """Return what is agreed after a decision."""
    settled = {kind.name for kind in news}
    confirmed = {rule for rule, value in memory.told.items() if said.values.get(rule) == value}
    told = _but(memory.told, confirmed)
    settled |= {rule for rule, value in memory.telling.items() if said.values.get(rule) == value}
    after = _without(replace(memory, record=said.text, seen=said.values, told=told, had={}), settled)
    return replace(after, lying={**said.lying, **_only(memory.lying, after.told.keys())})


def _winner(kind: Kind, said: Said, doc: Doc, terms: Terms) -> str | None:
    wins = _taken(kind.name, terms) or terms.wins.get(kind.name, terms.wins[""])
    if wins != "newest":
        return None if wins == "review" else wins
    if said.changed is None or doc.get("editedAt") is None:
        return None
    apart = (said.changed - doc["editedAt"]).total_seconds()
    return None if abs(apart) <= terms.tolerance else "client" if apart > 0 else "tracos"


def _taken(rule: str, terms: Terms) -> str | None:
    """Return who wins by what a person decides."""
    return terms.taken.get(rule, terms.taken.get(""))


def _turn(memory: Memory, kind: Kind, doc: Doc, said: Said) -> tuple[Any, int]:
    """Count how often in a row the client's value has met just this one."""
    change = (kind.of(doc), said.values[kind.name])
    before, count = memory.turns.get(kind.name, (None, 0))
    return change, count + 1 if before == change else 1


def entry(said: Said, kind: Kind, doc: Doc, winner: str) -> tuple[str, str, Value, Value, str]:
    """Return what the log says of a rule: the values in which both sides differ."""
    return (said.text, kind.name, *differing(said.values[kind.name], kind.of(doc)), winner)


def differing(outside: Value, inside: Value) -> tuple[Value, Value]:
    theirs, ours = dict(outside), dict(inside)
    paths = {path for path in theirs.keys() | ours.keys() if theirs.get(path) != ours.get(path)}
    return packed({path: theirs.get(path) for path in paths}), packed({path: ours.get(path) for path in paths})


def _imported(doc: Doc, terms: Terms) -> Doc:
    after = {**doc, "isSynced": exact(False), "updatedAt": terms.now, "syncedAt": None}
    return {name: value for name, value in after.items() if value is not None}


def meet_or_hold(before: State, group: Group, terms: Terms) -> Step:
    """Compare at once, or once the last record of this key is known: where it had several before, or comes late."""
    held, memory = before.held, before.memory
    is_late = memory is not None and naturally(group.last.file) < naturally(memory.file)
    comes_late = is_late and memory is not None and not memory.knows(group.last)
    if not (held or comes_late or (memory is not None and memory.shared)):
        return meet(before, group, terms)
    earlier = (("inbound", "superseded"),) if held else ()
    group = replace(group, before=(*held.all, *group.before)) if held else group
    return Step((replace(before, held=group),), earlier)


def meet_held(before: State, terms: Terms) -> Step:
    return Step(()) if before.held is None else meet(replace(before, held=None), before.held, terms)


def send(before: State, terms: Terms) -> Step:
    """Send what waits in TracOS, and remember that the client was told."""
    doc = before.doc
    if doc is None or doc.get("isSynced") == exact(True):
        return Step(())
    if before.waiting is not None:
        return Step((), (("outbound", "conflict"),))
    memory = _settled(before.memory or Memory(), doc, terms)
    due, left = due_of(memory, doc, terms), _left(memory, doc, terms)
    file = written_beside(before.file, memory, doc, terms)
    file |= {field: value for kind in due for field, value in kind.outward(doc).items()}
    file = {field: value for field, value in file.items() if value is not None}
    lies_otherwise = before.file not in (None, file) and not terms.parts
    if before.memory is not None and not terms.echo and has_it(memory, doc, terms) and not lies_otherwise:
        held = replace(_told(memory, doc, terms), sent=memory.sent, telling=memory.telling, lying=memory.lying)
        return Step(_stages(before, {"read": doc, "left": left}, {"memory": held}), (("outbound", "unchanged"),))
    same = "unchanged" if before.file == file else "updated"
    outcome = "created" if before.file is None or terms.parts else same
    told = _told(memory, doc, terms)
    news = {rule: value for rule, value in told.told.items() if value != memory.told.get(rule)}
    unsure = (
        memory.unsure or bool(due) or (not terms.echo and _lasting(told.sent, terms) != _lasting(memory.sent, terms))
    )
    changed = replace(memory, telling={**memory.telling, **news}, unsure=unsure)
    changed = replace(changed, secrets={**memory.secrets, **{kind.name: None for kind in due}})
    note = changed if news or unsure else before.memory
    changes = {"memory": note}, {"file": file, "read": doc, "left": left}, {"memory": told}
    return Step(_stages(before, *changes), (("outbound", outcome),))


def has_it(memory: Memory, doc: Doc, terms: Terms) -> bool:
    """Return whether the outside has all that a work order would tell it."""
    expected = expected_of(memory, doc, terms)
    if memory.telling or memory.unsure:
        return False
    updated = [kind for kind in terms.two_way if not kind.sent_once]
    same = all(kind.means(expected) == memory.outside(kind.name) for kind in updated)
    return same and not due_of(memory, doc, terms) and memory.outbound == _outbound(memory, doc, terms)


def _told(memory: Memory, doc: Doc, terms: Terms) -> Memory:
    expected, after = expected_of(memory, doc, terms), forgotten(memory, doc, terms)
    means = {kind.name: kind.means(expected) for kind in terms.two_way}
    over = {kind.name for kind in over_of(memory, terms) if means[kind.name] != memory.outside(kind.name)}
    goes = [kind for kind in terms.two_way if kind.name not in over]
    told = {kind.name: means[kind.name] for kind in goes if means[kind.name] != memory.last_said(kind)}
    inside = {kind.name: kind.of(after) for kind in goes if kind.of(after) != means[kind.name]}
    told_first = {} if memory.seen else {**memory.telling, **memory.told}
    other = {rule: value for rule, value in told_first.items() if told.get(rule, value) != value}
    told, kept = {**_only(memory.told, over), **told}, _but(memory.inside, set(means) - over)
    outbound = {} if terms.echo else _outbound(memory, doc, terms)
    lying = {kind.name: kind.lying(expected) for kind in terms.kinds if kind.is_kept}
    lying |= _only(memory.lying, [kind.name for kind in over_of(memory, terms)])
    sent = {kind.name: kind.of(doc) for kind in due_of(memory, doc, terms)}
    secrets = {**memory.secrets, **sent} if memory.is_had else sent
    told_now = replace(
        memory, secrets=secrets, told=told, inside={**kept, **inside}, sent=expected, outbound=outbound, lying=lying
    )
    return replace(told_now, had={**other, **memory.had}, telling={}, unsure=False)


def due_of(memory: Memory, doc: Doc, terms: Terms) -> list[Kind]:
    """Return what is only written, and has other values than were last sent, of which none is as good as never."""
    sent = memory.secrets if memory.is_had else {}
    return [kind for kind in terms.kinds if kind.secret and kind.of(doc) != sent.get(kind.name, ())]


def over_of(memory: Memory, terms: Terms) -> list[Kind]:
    """Return the rules of which the outside is told nothing any more."""
    return [kind for kind in terms.two_way if kind.sent_once and memory.is_had]


def written_beside(there: Doc | None, memory: Memory, doc: Doc, terms: Terms) -> Doc:
    """Return what a file has once a record is sent: of what need not be sent again, what lies there stays beside it.

    That is what is sent once, as it was, and what is only written, as it is now. Files of many records are new.
    """
    over = {field for kind in over_of(memory, terms) for field in kind.fields}
    stays = {field: value for field, value in (there or {}).items() if field in over}
    secret = [kind for kind in terms.kinds if kind.secret and memory.is_had and (over or not terms.parts)]
    said = there or {}  # of files of many records, what was last sent in any of them
    now = {
        field: said[field] if terms.parts else value
        for kind in secret
        for field, value in kind.outward(doc).items()
        if field in said
    }
    expected = {field: value for field, value in expected_of(memory, doc, terms).items() if field not in over}
    return {**stays, **now, **expected}


def expected_of(memory: Memory | None, doc: Doc, terms: Terms) -> Doc:
    """Return the record in which a work order goes out, as far as it may in the form in which it came.

    That stays as long as it means what the work order has, or what the rule would write means.
    """
    kept: Doc = {}
    for kind in terms.kinds if terms.keep and memory is not None else ():
        lying = memory.lying.get(kind.name) if memory is not None and kind.name not in memory.telling else None
        if lying is None or not kind.is_kept:
            continue
        plain = {field: value for field, value in kind.outward(doc).items() if value is not None}
        if kind.means(dict(lying)) in (kind.of(doc), kind.means(plain)):
            kept |= {field: dict(lying).get(field) for field in kind.fields}
    fields = {**outward(terms.kinds, doc), **kept}
    return {field: value for field, value in fields.items() if value not in (None, "")}


def _lasting(sent: Doc | None, terms: Terms) -> Doc | None:
    """Return what was sent, without what only says when a run was; None where nothing ever was."""
    stamped = {field for kind in terms.kinds if kind.stamped or kind.sent_once for field in kind.fields}
    return None if sent is None else {name: value for name, value in sent.items() if name not in stamped}


def _outbound(memory: Memory, doc: Doc, terms: Terms) -> Mapping[str, Value]:
    """Return what rules tell that do not come back: of one that keeps what came, what that means."""
    expected = expected_of(memory, doc, terms)
    return {
        kind.name: kind.means(expected) if terms.keep and kind.is_kept else packed(kind.outward(doc))
        for kind in terms.kinds
        if kind.is_told and not kind.stamped
    }


def forgotten(memory: Memory | None, doc: Doc, terms: Terms) -> Doc:
    """Return a work order without what a table remembers of an earlier line. memory: before that was sent."""
    return _but_left(doc, _left(memory or Memory(), doc, terms))


def _left(memory: Memory, doc: Doc, terms: Terms) -> frozenset[Left]:
    """Return where a work order has what a table remembers of an earlier line, and what was agreed before."""
    expected = expected_of(memory, doc, terms)
    return frozenset(
        (kind.name, path, memory.agreed(kind.name))
        for kind in terms.two_way
        for path in kind.unnamed(expected)
        if doc.get(path) is not None and _is_remembered(memory, kind, path, doc)
    )


def _is_remembered(memory: Memory, kind: Kind, path: str, doc: Doc) -> bool:
    agreed = dict(memory.agreed(kind.name))
    if agreed.get(path) != doc[path]:
        return False
    is_had = dict(memory.outside(kind.name)).get(path) is not None
    return is_had or path not in kind.unnamed(kind.outward(agreed))


def _but_left(doc: Doc, left: Collection[Left]) -> Doc:
    paths = {path for _, path, _ in left}
    return {name: value for name, value in doc.items() if name not in paths}


def mark(before: State, terms: Terms) -> Step:
    """Mark what was sent, unless it has been edited since it was read; then what it has left is agreed as before."""
    doc, read, memory = before.doc, before.read, before.memory
    done = replace(before, read=None, left=frozenset())
    if read is not None and memory is not None and (doc is None or _versioned(doc) != _versioned(read)):
        agreed = {rule: ours for rule, _, ours in before.left}
        inside = {rule: ours for rule, ours in agreed.items() if ours != memory.outside(rule)}
        left = replace(memory, inside={**_but(memory.inside, set(agreed)), **inside})
        return Step((replace(done, memory=left),))
    if doc is None or read is None:
        return Step((done,))
    marked = _but_left(doc, before.left) | {"isSynced": exact(True), "syncedAt": terms.now}
    return Step((replace(done, doc=marked),))


def _versioned(doc: Doc) -> Doc:
    return {name: value for name, value in doc.items() if name not in UNREAD}


def _inbound(outcome: str, before: State, *changes: dict[str, Any]) -> Step:
    return Step(_stages(before, *changes), (("inbound", outcome),))


def _stages(before: State, *changes: dict[str, Any]) -> tuple[State, ...]:
    stages = [before]
    for change in changes:
        stages.append(replace(stages[-1], **change))
    return tuple(stages[1:])
