"""Fields that a rule writes and a table beside it asks of: it runs after that rule, and may take away what is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.generated.builder import nullable
from tests.generated.case import SIDES
from tests.generated.values import Path, parse_path, path_text
from tests.generated.words import copied, matched
from tests.generated.words.base import Word
from tests.generated.words.cases import Cases
from tests.generated.words.conditions import parted
from tests.generated.words.draft import Draft
from tests.generated.words.scene import OTHER


def share(words: Sequence[Word]) -> None:
    """Let tables know which of their fields other rules write, and come after these."""
    for table in (word for word in words if isinstance(word, Cases)):
        for side in SIDES:
            for path in filter(table.only_asks(side), table.paths(side)):
                writer = next((one for one in words if one is not table and _writes(one, side, path)), None)
                writer = writer or _last_of(words, table, side, path)
                if writer is not None:
                    table.shared[side][path] = writer
        for path in table.paths("outside"):
            several = [one for one in words if _names_parts(one, "outside", path)]
            if several[1:] and path not in table.shared["outside"] and _names_parts(table, "outside", path):
                before = several[: next(index for index, one in enumerate(several) if one is table)]
                table.joint[path] = [one for one in before if isinstance(one, Cases)]
    for _ in words:  # a table may ask of one that asks
        for table in (word for word in words if isinstance(word, Cases)):
            asked = [writer.rank + 1 for side in SIDES for writer in table.shared[side].values()]
            asked += [before.rank for tables in table.joint.values() for before in tables]
            table.rank = min(max(asked), len(words)) if asked else 0


def _names_parts(word: Word, side: str, path: Path) -> bool:
    """Return whether a rule is a table that names members, or words, of a field."""
    return isinstance(word, Cases) and path in word.paths(side) and bool(parted(word.accepted[side][path]))


def _last_of(words: Sequence[Word], table: Cases, side: str, path: Path) -> Word | None:
    """Return the last of the tables that name members of a field, of which one that names none only asks."""
    several = [] if _names_parts(table, side, path) else [one for one in words if _names_parts(one, side, path)]
    return several[-1] if several else None


def together(words: Sequence[Word], word: Word) -> list[Word]:
    """Return a rule with those that share fields with it, in the order in which they run."""
    tables = [one for one in words if isinstance(one, Cases)]
    found = [word]
    for _ in tables:
        for table in tables:
            beside = [table, *(writer for side in SIDES for writer in table.shared[side].values())]
            beside += [before for tables in table.joint.values() for before in tables]
            if beside[1:] and any(one is other for one in beside for other in found):
                found += [one for one in beside if all(one is not other for other in found)]
    return sorted(found, key=lambda one: (one.rank, one.place))


def _writes(word: Word, side: str, path: tuple[Any, ...]) -> bool:
    """Return whether a rule writes the values of a field."""
    return path in word.writes(side) and not (isinstance(word, Cases) and word.only_asks(side)(path))


def make(draft: Draft) -> None:
    """A value, and a table that asks whether it is there, or which it is."""
    count = len(draft.rules)
    draft.rng.choice([copied.make_copy, copied.make_copy, copied.make_converted, matched.make])(draft)
    rule = draft.rules[count]
    for word in ("nulls", "when_absent", "write"):
        rule.pop(word, None)
    side = draft.rng.choice(SIDES)
    asked = _asked(draft, _values(draft, side, rule))
    other = draft.fresh(OTHER[side])
    values = draft.rng.sample(["a", "b", "c", "d"], len(asked))
    own = draft.fresh(side) if draft.chance(0.4) else None
    lines = []
    for index, (condition, value) in enumerate(zip(asked, values, strict=True)):
        said = {} if own and draft.chance(0.2) else {rule[draft.names[side]]: condition}
        said |= {path_text(own): draft.rng.choice([index, index, 0])} if own else {}
        lines.append({draft.names[side]: said, draft.names[OTHER[side]]: {path_text(other): value}})
    raw: dict[str, Any] = {"cases": lines}
    if draft.chance(0.3):
        raw["otherwise"] = {draft.names[OTHER[side]]: {path_text(other): draft.rng.choice(values)}}
    schema: dict[str, Any] = {"enum": values}
    if draft.specs[OTHER[side]].when_absent is None:
        schema = nullable(draft.rng, schema)
    draft.put(OTHER[side], schema, required=draft.chance(0.9), path=other)
    if own:
        draft.put(side, {"enum": [*range(len(asked))]}, required=draft.chance(0.8), path=own)
    for one in (raw, rule):
        if draft.chance(0.5):
            one["lossy"] = "what the one says, the other one may take away"
    draft.rule(raw)


def _asked(draft: Draft, values: list[Any]) -> list[Any]:
    """Return what is asked line by line: mostly such that each value meets one of it."""
    if draft.chance(0.6):
        found: list[Any] = [{"not": None}, None]
    else:
        more = [{"not": draft.rng.choice(values)}, {"not": [None, draft.rng.choice(values)]}] if values else []
        found = draft.rng.sample(["$any", {"not": None}, None, [None, "$any"], *more], draft.rng.randint(2, 4))
    return found if draft.chance(0.8) else found[::-1]


def _values(draft: Draft, side: str, rule: dict[str, Any]) -> list[Any]:
    """Return single values that the schema lists for the field of a rule."""
    path = parse_path(rule[draft.names[side]])
    node: Any = draft.builders[side].schema
    for step in path:
        node = node.get("items", {}) if isinstance(step, int) else node.get("properties", {}).get(step, {})
    return [item for item in node.get("enum", ()) if isinstance(item, str | int)]
