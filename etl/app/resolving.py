"""Conflicts from the outside: looking at them, resolving them, dropping them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from etl.app.key_texts import parse_keys
from etl.app.opening import Access, open_session
from etl.app.pipelines import preparer
from etl.app.recording import Recorder
from etl.app.rule_names import parse_rule, parse_take
from etl.app.runs import Move, Watch
from etl.app.showing import shown_conflicts
from etl.app.unread import leaving_unread
from etl.errors import KeyTextError
from etl.mapping.expressions.expression import ExpressionError, compile_expression
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.record import ABSENT, Record, printable
from etl.settings import Settings
from etl.transfer.batches import in_parts
from etl.transfer.conflicts import Conflict, Taken
from etl.transfer.loop import NoLetters, mark_nothing
from etl.transfer.model import Item
from etl.transfer.replayed import replayed
from etl.transfer.report import Report
from etl.transfer.run_history import Command
from etl.transfer.vanished import gone_again

if TYPE_CHECKING:
    from etl.app.session import Session
    from etl.logs import Log


@dataclass(frozen=True, slots=True)
class Choice:
    """Which conflicts are meant: those for which all that is said holds; every one where nothing is.

    key: as text. rule: any path of a rule that is in dispute, or of a list in which it is. where: an expression in
    JMESPath, asked of the outside record that is in conflict. seen: their versions by their ids, as somebody has looked
    at them; what has changed since is not meant.
    """

    key: str | None = None
    rule: str | None = None
    where: str | None = None
    seen: Table[str, str] | None = None

    def among(self, mapping: Mapping, found: Iterable[Conflict]) -> Iterator[Conflict]:
        """Yield those that are meant, of the conflicts of its key."""
        rule = None if self.rule is None else parse_rule(mapping, self.rule)
        holds = _compiled(self.where)
        for conflict in found:
            is_of_rule = rule is None or any(dispute.is_about(rule) for dispute in conflict.disputes)
            is_seen = self.seen is None or self.seen.get(conflict.id) == conflict.version
            if is_of_rule and is_seen and holds(conflict.record):
                yield conflict


def _compiled(where: str | None) -> Callable[[Record], bool]:
    """Return whether an expression holds of a record; one that fails does not.

    Raises:
        KeyTextError: when it is none.

    """
    if where is None:
        return lambda _: True
    try:
        compute = compile_expression(where)
    except ExpressionError as error:
        fix = "write one such as summary == 'Pump', of the record as the outside has it"
        raise KeyTextError(f"{printable(where)} is no expression: {error}; {fix}") from None

    def holds(record: Record) -> bool:
        try:
            return compute(record) not in (None, ABSENT, False, "", [], {})
        except ExpressionError:
            return False

    return holds


@contextmanager
def conflicts(
    mapping: Mapping, settings: Settings, log: Log, choice: Choice = Choice(), *, decided: bool = True
) -> Iterator[Iterator[Conflict]]:
    """Yield the conflicts of a mapping that are meant, oldest first; what is private in them is masked.

    decided: also those that wait for nobody.

    Raises: as `run`; KeyTextError when a text names no key or rule, or is no expression.
    """
    keys = None if choice.key is None else parse_keys(mapping, choice.key)
    with open_session(mapping, settings, log, Access(reading=True)) as session:
        yield shown_conflicts(session, choice.among(mapping, session.conflicts(keys, only_open=not decided)))


def drop_conflicts(mapping: Mapping, settings: Settings, log: Log, key: str | None = None) -> int:
    """Remove what the log has of a key, or all; return how many there were.

    An open conflict comes back on the next run if both sides still disagree.

    Raises: as `conflicts`.
    """
    keys = None if key is None else parse_keys(mapping, key)
    with open_session(mapping, settings, log) as session:
        return session.drop_conflicts(list(session.conflicts(keys)))


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a person decides. take: `client`, `tracos`, or `title=client` for one rule. by, note: kept with that."""

    take: Sequence[str]
    by: str = ""
    note: str = ""

    def decided(self) -> dict[str, str]:
        """Return what the run history keeps of it."""
        return {name: text for name, text in (("by", self.by), ("note", self.note)) if text}


def resolve(
    mapping: Mapping, settings: Settings, log: Log, choice: Choice, made: Resolution, watch: Watch = Watch()
) -> list[Report]:
    """Decide the open conflicts that are meant, and transfer their records both ways. [] if there are none.

    What `take` does not name is decided by the mapping's policy. What a person has decided before stands, unless `take`
    names it, until a side changes it. Of what the outside has said something that nobody has read, nothing is sent.

    Raises: as `conflicts`; KeyTextError when a text names no system.
    """
    taken = Taken(parse_take(mapping, made.take), made.by, made.note)
    keys = None if choice.key is None else parse_keys(mapping, choice.key)
    recorder = Recorder(Command.RESOLVE, mapping, settings, made.decided())
    access = recorder.refusing(Access(taken=taken, pause=watch.pause), watch)
    with open_session(mapping, settings, log, access) as session:
        waiting = list(choice.among(mapping, session.conflicts(keys, only_open=True)))
        if not waiting:
            return []
        with recorder.kept(session, watch):
            return _transfer_both_ways(session, waiting, (log, recorder.following(watch)))


def _transfer_both_ways(session: Session, waiting: Sequence[Conflict], said: tuple[Log, Watch]) -> list[Report]:
    read = replayed(
        Item(conflict.origin, conflict.record, file=conflict.file, receipt=conflict.key) for conflict in waiting
    )
    # no dead letters: a record that is refused stays in conflict, and its file may have a letter of its own
    inward = replace(session.inbound(), read=read, letters=NoLetters(), acknowledge=mark_nothing)
    reports = [Move(Direction.INBOUND, *said)(inward, gone_again(preparer(session.mapping, Direction.INBOUND)))]
    find = session.inside_writer.find
    ids = in_parts(lambda keys: [each["_id"] for each in find(keys).records.values()], [each.key for each in waiting])
    move, prepare = Move(Direction.OUTBOUND, *said), preparer(session.mapping, Direction.OUTBOUND)
    outward = session.outbound(session.inside_reader(ids))
    session.unread.leave_out((conflict.key, conflict.record) for conflict in waiting)
    outward = leaving_unread(session, outward, move.batch_size, move.notify, move.watch.stop, is_read=False)
    return [*reports, move(outward, prepare)]
