"""Where every value went that a side wrote, without asking how a run decides.

A value is accounted for when the other side has it, when the same side has replaced it, or when the conflict log has
it; while a conflict waits for a person, both of its values may. That there is none is a value, too.

Some values are taken for no change: what the outside was last read to say, what it was told before it said anything,
what our file says or may be remembered to say, and what a person had taken for agreed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from tests.model.exact import Doc, Value
from tests.model.kinds import Kind
from tests.model.words import Delivery, Memory, State

Place: TypeAlias = tuple[int, str]


class Accounts:
    """What the client and what TracOS have written and nobody else has yet, by key and rule."""

    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        self._kinds = {kind.name: kind for kind in kinds if kind.is_compared}
        self._tracos: dict[Place, Value] = {}
        self._client: dict[Place, Value] = {}
        self._said: dict[Place, Value] = {}
        self._read: dict[Place, list[Value]] = {}
        self._delivered: dict[int, set[tuple[str, str]]] = {}
        self._perhaps: dict[int, set[tuple[str, str]]] = {}
        self._died_over: dict[int, set[tuple[str, str]]] = {}
        self._told: dict[Place, list[Value]] = {}
        self._first: dict[Place, list[Value]] = {}
        self._spoken: set[Place] = set()
        self._agreed: dict[Place, tuple[Value | None, Value]] = {}
        self.met: set[int] = set()
        """The keys of which something is remembered."""

    def is_read(self, key: int, delivery: Delivery) -> bool:
        """Return whether a whole run has read a delivery."""
        return (delivery.file, delivery.said.text) in self._delivered.get(key, ())

    def was_read(self, key: int, deliveries: Collection[Delivery]) -> None:
        """Take note of the deliveries of a key that a whole run has read, which has decided on them."""
        self._delivered.setdefault(key, set()).update((one.file, one.said.text) for one in deliveries)

    def may_be_read(self, key: int, deliveries: Collection[Delivery]) -> None:
        """Take note of what an applied plan, or a run that was raced, may have read: to read it again says nothing."""
        self._perhaps.setdefault(key, set()).update((one.file, one.said.text) for one in deliveries)

    def died_over(self, key: int, deliveries: Collection[Delivery]) -> None:
        """Take note of what a run that died may have read, and may have come to remember."""
        self._died_over.setdefault(key, set()).update((one.file, one.said.text) for one in deliveries)

    def lies_now(self, key: int, deliveries: Collection[Delivery]) -> None:
        """Take note of all that a whole run has met: what a dead one had read, and is not there, says nothing again."""
        gone = self._died_over.pop(key, set()) - {(one.file, one.said.text) for one in deliveries}
        self._perhaps.setdefault(key, set()).update(gone)

    def _is_perhaps_read(self, key: int, delivery: Delivery) -> bool:
        return self.is_read(key, delivery) or (delivery.file, delivery.said.text) in self._perhaps.get(key, ())

    def _came_before(self, key: int, text: str) -> bool:
        """Return whether this content may have been read, from whatever file: what was removed stays so then."""
        return any(text == one for _, one in (*self._delivered.get(key, ()), *self._perhaps.get(key, ())))

    def client_says(self, key: int, delivery: Delivery, told: Doc | None, doc: Doc | None) -> tuple[int, int]:
        """Take note of the delivery that counts, before it is read. told: our file. doc: what TracOS has already.

        Return how many of its values are changed by the client, and how many of those are taken for no change although
        TracOS has others.
        """
        changed = unheard = 0
        came_before = self._came_before(key, delivery.said.text)
        for rule, value in delivery.said.values.items():
            place = (key, rule)
            self._client.pop(place, None)
            has_it = doc is not None and self._kinds[rule].of(doc) == value
            known = [*self._known(place, told), *self._first.get(place, ())]
            is_new = not (has_it or self._is_perhaps_read(key, delivery) or (doc is None and came_before))
            is_changed = self._said.get(place, value) != value
            changed += is_changed
            unheard += is_changed and is_new and value in known
            self._said[place] = value
            if is_new and value not in known:
                self._client[place] = value
        return changed, unheard

    def tracos_wrote(
        self, key: int, before: Doc | None, after: Doc | None, told: Doc | None, begun: Collection[Memory]
    ) -> None:
        """Take note of a work order, as it was and as it is. What the client had written of it has been seen.

        begun: what may be remembered of it, with what a dead run had begun to write.
        """
        for rule, kind in self._kinds.items():
            place, old, value = (key, rule), kind.of(before), kind.of(after)
            if before is not None and self._client.get(place) == old:
                self._read.setdefault(place, []).append(old)
            if after is None or value != old:
                self._tracos.pop(place, None)
                is_cleared = kind.way == "both" or old in self._read.get(place, ())
                is_news = bool(value) or (key in self.met and is_cleared)
                known = [*self._known(place, told), *_begun(rule, begun, is_made=before is None)]
                if after is not None and is_news and value not in known and not self._is_as_told(kind, value, known):
                    self._tracos[place] = value

    def _known(self, place: Place, told: Doc | None) -> list[Value]:
        """Return the values that are no news of a rule: of one that only imports write, our file says nothing."""
        kind = self._kinds[place[1]]
        read = self._read.get(place, [()] if kind.way == "in" else [])
        agreed, then = self._agreed.get(place, (None, ()))
        ours = kind.means(told or {})
        settled = [agreed, _gone_out(kind, agreed)] if agreed is not None and then == ours else []
        return [*read, *settled, *([] if kind.way == "in" else [ours, *self._told.get(place, ())])]

    def client_was_read(self, key: int, delivery: Delivery, *, whole: bool) -> None:
        """Take note of what a run has read. whole: it came to the end, and the record does not wait.

        What a whole run had read before is no news, also where another file has said otherwise since.
        """
        is_old = self.is_read(key, delivery)
        whole = whole and (is_old or not self._is_perhaps_read(key, delivery))
        for rule, value in delivery.said.values.items():
            place = (key, rule)
            if is_old and place in self._read:
                continue
            if whole and value not in self._read.get(place, ()):
                self._agreed.pop(place, None)
            before = self._read.get(place, [()] if self._kinds[rule].way == "in" else [])
            self._read[place] = [value] if whole else [*before, value]
            if whole:
                self._spoken.add(place)
                self._first.pop(place, None)

    def run_begins(self, told: Mapping[int, Doc]) -> None:
        """Take note of our files: if the run dies, they may be what is remembered as told, or what it writes."""
        for key, record in told.items():
            for rule, kind in self._kinds.items():
                self._told.setdefault((key, rule), []).append(kind.means(record))

    def was_told(self, told: Mapping[int, Doc]) -> None:
        """Take note of what has gone out so far of what the client never said: that, it may say at any time."""
        for key, record in told.items():
            for rule, kind in self._kinds.items():
                if kind.way == "both" and (key, rule) not in self._spoken:
                    self._first.setdefault((key, rule), []).append(kind.means(record))

    def run_ended(self) -> None:
        """Take note that what the client was told is remembered."""
        self._told.clear()

    def forget(self) -> None:
        """Take note that nothing is remembered any more: at a first contact, what is cleared gives way.

        What the client has written and still says is met as such; what it says no more was never said.
        """
        self.met.clear()
        self._client.clear()
        self._read.clear()
        self._first.clear()
        self._spoken.clear()
        for place in [place for place, value in self._tracos.items() if not value]:
            del self._tracos[place]

    def agreed(self, view: Mapping[int, State], told: Mapping[int, Doc]) -> None:
        """Take what both sides say now for settled; to say just that again is no change, until one is told another."""
        for places in (self._client, self._tracos):
            for place in [place for place in places if place[0] in view]:
                del places[place]
        for key, state in view.items():
            for rule, kind in self._kinds.items():
                self._agreed[key, rule] = (kind.of(state.doc), kind.means(told.get(key, {})))

    def lost(
        self,
        view: Mapping[int, State],
        told: Mapping[int, Doc],
        said: Mapping[int, Collection[Delivery]],
        read: Collection[int],
    ) -> list[str]:
        """Settle what is accounted for, and return what is gone.

        told: our last records. said: the client's records. read: the keys of which a whole run has read the last one.
        """
        lost = []
        for (key, rule), value in list(self._tracos.items()):
            kind, state, ours = self._kinds[rule], view[key], told.get(key, {})
            has_it = kind.way == "both" or not ours.keys().isdisjoint(kind.fields)
            outside = [*([kind.means(ours)] if has_it else []), *(one.said.values[rule] for one in said[key])]
            last = self._read.get((key, rule), ())
            is_told = value in outside or self._is_as_told(kind, value, [*outside, *last])
            if is_told or kind.of(state.doc) != value:
                del self._tracos[key, rule]
                if not is_told and value not in _logged(state, rule, 3, kind, value):
                    lost.append(f"TracOS wrote {rule} {value!r} of {key}")
        for (key, rule), value in list(self._client.items()):
            if key in read and view[key].waiting is None:
                del self._client[key, rule]
                kind, state = self._kinds[rule], view[key]
                has_it = value == kind.of(state.doc) or self._is_as_told(kind, kind.of(state.doc), [value])
                if not has_it and value not in _logged(state, rule, 2, kind, value):
                    lost.append(f"the client wrote {rule} {value!r} of {key}")
        return lost

    def _is_as_told(self, kind: Kind, value: Value, outside: Collection[Value]) -> bool:
        """Return whether a value is what the outside was told, in another of its inside forms."""
        return kind.way == "both" and _gone_out(kind, value) in outside


def _begun(rule: str, memories: Collection[Memory], *, is_made: bool) -> list[Value]:
    """Return what counts as written by a dead run: what it had begun to write, where TracOS says just that.

    is_made: the work order is made anew. Nobody can tell then that it was written; what was agreed before is no news.
    """
    written = [memory.begun[rule] for memory in memories if memory.begun and rule in memory.begun]
    return [*written, *(memory.seen[rule] for memory in memories if is_made and rule in memory.seen)]


def _gone_out(kind: Kind, value: Value) -> Value:
    """Return what a value comes to when it goes out and comes back; of a rule that does not go out, itself."""
    return kind.means(_exact_fields(kind, value)) if kind.way == "both" else value


def _exact_fields(kind: Kind, value: Value) -> Doc:
    return {field: one for field, one in kind.outward(kind.write({}, value)).items() if one is not None}


def _logged(state: State, rule: str, column: int, kind: Kind, value: Value) -> list[Value]:
    """Return a value if the log has it: what it says of the paths in which both sides differed."""
    said: list[Any] = [entry[column] for entry in state.log if entry[1] == rule]
    is_said = any(one == value or (len(kind.paths) > 1 and set(one) <= set(value)) for one in said)
    return [value] if is_said else []
