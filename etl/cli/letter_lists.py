"""Dead letters as people and scripts read them: a line, a page, JSON, or counted by reason, file or age."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from etl.cli.output import violation_fields

if TYPE_CHECKING:
    from etl.transfer.dead_letter import DeadLetter

_SHORT: Final = 8
_NAMED: Final = 3
_AGES: Final = ((1, "less than a day"), (7, "1 to 7 days"), (30, "7 to 30 days"))


def _age(letter: DeadLetter) -> str:
    days = (datetime.now(UTC) - letter.first).total_seconds() / 86_400
    return next((text for limit, text in _AGES if days < limit), "more than 30 days")


GROUPS: Final[dict[str, Callable[[DeadLetter], list[str]]]] = {
    "reason": lambda letter: letter.reasons,
    "file": lambda letter: [letter.file],
    "age": lambda letter: [_age(letter)],
}
"""By what letters may be counted: what each of them counts for."""


@dataclass(slots=True)
class Group:
    """Letters that have something in common. example: why the first of them was rejected."""

    name: str
    first: datetime
    last: datetime
    example: str = ""
    novelties: Counter[str] = field(default_factory=Counter)
    named: list[str] = field(default_factory=list)

    def add(self, letter: DeadLetter) -> None:
        """Count a letter."""
        self.novelties[letter.novelty.value] += 1
        self.first, self.last = min(self.first, letter.first), max(self.last, letter.last)
        if len(self.named) < _NAMED:
            self.named.append(letter.origin)

    @property
    def count(self) -> int:
        """How many they are."""
        return self.novelties.total()

    def fields(self) -> dict[str, Any]:
        """Return it as JSON; `schemas/output/dead-letter-group.schema.json` describes it."""
        counts = {name: self.novelties[name] for name in ("new", "known", "acknowledged")}
        names = ("name", "count", "first", "last", "example", "named")
        return {name: getattr(self, name) for name in names} | counts

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {name}" for name, count in self.novelties.items())
        named = ", ".join(self.named) + (", …" if self.count > len(self.named) else "")
        return f"{self.count:6}  {self.name}  {counts}  since {self.first:%Y-%m-%d %H:%M}  {self.example or named}"


def grouped(letters: Iterable[DeadLetter], by: str) -> list[Group]:
    """Return letters counted by what `by` names, the largest group first."""
    groups: dict[str, Group] = {}
    for letter in letters:
        for name in GROUPS[by](letter):
            group = groups.setdefault(name, Group(name, letter.first, letter.last, _example(letter, name, by)))
            group.add(letter)
    return sorted(groups.values(), key=lambda group: (-group.count, group.name))


def _example(letter: DeadLetter, name: str, by: str) -> str:
    from etl.transfer.dead_letter import reason_of  # noqa: PLC0415 - see etl.cli

    return next((each.message for each in letter.violations if reason_of(each) == name), "") if by == "reason" else ""


def line(letter: DeadLetter) -> str:
    """Return a letter as one line."""
    more = f" (+{len(letter.violations) - 1} more)" if len(letter.violations) > 1 else ""
    when, attempts = f"{letter.last:%Y-%m-%d %H:%M}", f"{letter.attempts}x"
    place = f"{letter.id[:_SHORT]}  {letter.direction.value:8}  {letter.origin}"
    return f"{place}  {attempts}  {when}  {letter.novelty.value}  {letter.violations[0]}{more}"


def _noted(letter: DeadLetter) -> str:
    noted = letter.acknowledged
    if noted is None:
        return letter.novelty.value
    by, note = f" by {noted.by}" if noted.by else "", f": {noted.note}" if noted.note else ""
    return f"acknowledged {noted.at:%Y-%m-%d %H:%M:%S} UTC{by}{note}"


def page(letter: DeadLetter) -> str:
    """Return all that is known of a letter, as text."""
    reasons = "\n".join(f"  {violation}" for violation in letter.violations)
    return (
        f"{letter.id}  {letter.direction.value}  {letter.origin}\n"
        f"rejected at: {letter.stage}, {letter.attempts} time{'' if letter.attempts == 1 else 's'}, "
        f"first {letter.first:%Y-%m-%d %H:%M:%S} UTC, last {letter.last:%Y-%m-%d %H:%M:%S} UTC\n"
        f"{_noted(letter)}\n"
        f"{reasons}\n{_shown_content(letter.content)}\n"
    )


def _shown_content(content: bytes | None) -> str:
    """Return content as text that commands no terminal; `--json` has it as it is."""
    from etl.record import printable  # noqa: PLC0415 - see etl.cli

    if content is None:
        return "its content could not be read, or is too large to keep"
    try:
        lines = content.decode("utf-8").rstrip("\n").split("\n")
    except UnicodeDecodeError:
        return f"{len(content)} bytes that are not UTF-8: {content[:64]!r}{'…' if len(content) > 64 else ''}"  # noqa: PLR2004 - a line's worth
    return "\n".join(printable(line.expandtabs()) for line in lines)


def letter_fields(letter: DeadLetter) -> dict[str, Any]:
    """Return a letter as JSON; `schemas/output/dead-letter.schema.json` describes it."""
    content, noted = letter.content, letter.acknowledged
    try:
        kept = {"content": None if content is None else content.decode("utf-8")}
    except UnicodeDecodeError:
        kept = {"content_base64": b64encode(content or b"").decode("ascii")}
    return {
        "id": letter.id,
        "direction": letter.direction.value,
        "origin": letter.origin,
        "file": letter.file,
        "key": list(letter.key) or None,
        "stage": letter.stage,
        "violations": list(map(violation_fields, letter.violations)),
        "reasons": letter.reasons,
        "hash": letter.hash,
        "first": letter.first,
        "last": letter.last,
        "attempts": letter.attempts,
        "novelty": letter.novelty.value,
        "acknowledged": None if noted is None else {"at": noted.at, "by": noted.by, "note": noted.note},
        **kept,
    }
