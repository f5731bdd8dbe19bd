"""The words of the oracle: what a client's record says, what is remembered, what a work order is on all sides.

It shares no code with the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from tests.model.exact import Doc, Value
from tests.model.kinds import Kind

Values: TypeAlias = Mapping[str, Value]
"""Inside values by rule."""
Left: TypeAlias = tuple[str, str, Value]
"""What the mark of a work order takes away: the rule, the path, and the values of the rule that were agreed before."""


@dataclass(frozen=True)
class Said:
    """What a client's record says: the record as canonical text, the values it means, when it was last changed."""

    text: str
    values: Values
    changed: datetime | None
    created: Doc
    """The document that it makes."""
    lying: Mapping[str, Value] = field(default_factory=dict)
    """The values of the record itself, by rule, of those that may keep them."""


@dataclass(frozen=True)
class Delivery:
    """A record in a file, with its place there."""

    file: str
    origin: str
    said: Said


@dataclass(frozen=True)
class Group:
    """What a batch has of one key. before: those that the last one supersedes. repeats: several came in this run."""

    last: Delivery
    before: tuple[Delivery, ...] = ()
    repeats: bool = False

    @property
    def all(self) -> tuple[Delivery, ...]:
        return (*self.before, self.last)


@dataclass(frozen=True)
class Memory:
    """What is remembered of a work order, in the words of the rules. record, file: what was last decided on.

    deliveries: what each file held. outbound: what was last told by rules that do not come back. begun: intents, since
    begun_at; done: what is remembered once they are done. telling: what a dead run may have told. unsure: it may have
    sent another record than `sent`. lying: how the outside values of rules lie there, where what came is kept.
    noted: a dead run made it, and only its note says so. secrets: what was last sent of what is only written; None
    where that is not known.
    """

    record: str = ""
    file: str = ""
    deliveries: Mapping[str, str] = field(default_factory=dict)
    seen: Values = field(default_factory=dict)
    told: Values = field(default_factory=dict)
    had: Values = field(default_factory=dict)
    inside: Values = field(default_factory=dict)
    outbound: Mapping[str, Value] = field(default_factory=dict)
    sent: Doc | None = None
    shared: bool = False
    turns: Mapping[str, tuple[Any, int]] = field(default_factory=dict)
    begun: Values | None = None
    begun_at: datetime | None = None
    telling: Values = field(default_factory=dict)
    unsure: bool = False
    lying: Mapping[str, Value] = field(default_factory=dict)
    noted: bool = False
    secrets: Mapping[str, Value | None] = field(default_factory=dict)
    done: Memory | None = None

    def knows(self, delivery: Delivery) -> bool:
        return self.deliveries.get(delivery.file) == delivery.said.text

    def has_read(self, text: str) -> bool:
        """Return whether this content was read before, from whatever file."""
        return text == self.record or text in self.deliveries.values()

    @property
    def is_had(self) -> bool:
        """Whether the outside is known to have the record."""
        return bool(self.record or self.seen or self.told) or self.sent is not None

    @property
    def is_blank(self) -> bool:
        """Whether nothing was ever said or told."""
        return not (self.record or self.seen or self.told or self.telling or self.begun)

    def last_said(self, kind: Kind) -> Value | None:
        """Return what the outside last said, None where it never said anything: that it has no value is news then.

        Of a rule that is never told to it, it is none.
        """
        return self.seen.get(kind.name, None if kind.way == "both" else ())

    def outside(self, rule: str) -> Value:
        """Return what the outside has of a rule: what it was told, else what it said."""
        return self.told.get(rule, self.seen.get(rule, ()))

    def agreed(self, rule: str) -> Value:
        """Return the inside values of the agreement."""
        return self.inside.get(rule, self.outside(rule))


@dataclass(frozen=True)
class State:
    """One work order everywhere. log: what lost. waiting: what a person has to decide.

    held, read, left: within a run; left: what the mark takes away.
    """

    doc: Doc | None = None
    file: Doc | None = None
    memory: Memory | None = None
    log: frozenset[Any] = frozenset()
    waiting: Any = None
    held: Group | None = None
    read: Doc | None = None
    left: frozenset[Left] = frozenset()

    @property
    def visible(self) -> dict[str, Any]:
        return {"doc": self.doc, "file": self.file, "log": self.log, "waiting": self.waiting}


@dataclass(frozen=True)
class Terms:
    """How runs decide now. wins: by rule, "" for all others. taken: as a person decided it, likewise.

    parts: what goes out is written into files of many records, so what is there is not compared.
    """

    kinds: tuple[Kind, ...]
    wins: Mapping[str, str]
    now: datetime
    echo: bool = True
    parts: bool = False
    tolerance: float = 5
    taken: Mapping[str, str] = field(default_factory=dict)
    keep: bool = False

    @property
    def compared(self) -> tuple[Kind, ...]:
        return tuple(kind for kind in self.kinds if kind.is_compared)

    @property
    def two_way(self) -> tuple[Kind, ...]:
        return tuple(kind for kind in self.kinds if kind.way == "both")


@dataclass(frozen=True)
class Step:
    """outcomes: as reported, each with its direction. stages: the state after every write."""

    stages: tuple[State, ...]
    outcomes: tuple[tuple[str, str], ...] = ()


def is_noted(state: State) -> bool:
    """Return whether only the note of a dead run says that it has made the work order."""
    return state.memory is not None and state.memory.noted


def understood(state: State) -> State:
    """Return a state once the next run has read the notes of a dead one."""
    memory = state.memory
    return state if memory is None or not memory.noted else replace(state, memory=replace(memory, noted=False))
