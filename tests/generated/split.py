"""A mapping in two files: a base, and one that says how it differs, which are one mapping after docs/language.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from tests.generated.case import NESTED, SIDES, Case, Place, Rule, table_of

BASE: Final = "$base"
_OTHERS: Final[dict[str, Any]] = {"when_absent": "none", "nulls": ["-"], "ignore": ["nothing"], "echo": True, "keep": 7}
"""What a base says of a system where the other file says something else."""


@dataclass(frozen=True)
class Laid:
    """A rule as it stands in a file. place: which one of the whole it is, None for one that is replaced or dropped.

    lines: which line of the table each of its lines is; None for all of them as they are.
    """

    rule: Rule
    place: Place | None
    lines: tuple[int | None, ...] | None = None


@dataclass
class Part:
    """One of the two files: what it says, but for its rules, and these."""

    said: dict[str, Any]
    rules: list[Laid] = field(default_factory=list)


def whole(case: Case) -> Part:
    """Return a mapping that stands in one file."""
    said = {key: value for key, value in case.mapping.items() if key != "rules"}
    return Part(said, [Laid(rule, (index,)) for index, rule in enumerate(case.mapping["rules"])])


def parts(case: Case) -> tuple[Part, Part] | None:
    """Return the base of a case and what extends it; None where it is in one file.

    Of several rules of one name, none can be told from the other: such a mapping has no base.
    """
    names = [name_of(rule, case) for rule in case.mapping["rules"]]
    if case.split is None or len(set(names)) < len(names):
        return None
    rng = Random(case.split)
    base, own = (Part(said) for said in _said(whole(case).said, rng))
    base.said["mapping"], own.said["extends"] = "base", "base/generated.yaml"
    count = rng.randint(1, len(names))
    added: list[Laid] = []
    for index, rule in enumerate(case.mapping["rules"]):
        laid = Laid(rule, (index,))
        if index >= count:
            added.append(laid)
            continue
        form = rng.random()
        below, above = _by_lines(laid, case, rng) if form < 0.3 else (laid, None)
        if form > 0.8:
            below, above = Laid(_other(rule, case, rng), None), laid
        base.rules.append(below)
        own.rules += [above] if above else []
    rng.shuffle(own.rules)
    own.rules += added
    if rng.random() < 0.3:
        _drop(base, own, case, rng)
    return base, own


def name_of(rule: Rule, case: Case) -> tuple[str, ...]:
    """Return the paths that a rule writes inside; of one that writes nothing inside, those that it writes outside."""
    for side in reversed(SIDES):
        found = sorted(set(_paths(rule, case.name(side))))
        if found:
            return tuple(found)
    return ()


def _paths(rule: Rule, system: str) -> Iterator[str]:
    said = rule.get(system)
    if isinstance(said, dict):
        said = said["first"]
    yield from [said] if isinstance(said, str) else said or ()
    patterns = [*rule.get("cases", ()), *([rule["otherwise"]] if "cases" in rule and "otherwise" in rule else ())]
    for line in patterns:
        yield from line.get(system, {}) if line != BASE else ()
    for line in rule.get("flags", ()):
        yield from [line[system]] if line != BASE and isinstance(line[system], str) and said is None else ()


def _said(said: dict[str, Any], rng: Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the base says beside its rules, and what the other file says: what has keys merges by these."""
    base, own = {}, {}
    for key, value in said.items():
        if key in {*SIDES, "files", "mongodb", "csv", "codecs"}:
            base[key], own[key] = _said(value, rng)
            continue
        form = rng.random()
        where = [base] if form < 0.45 else [own] if form < 0.9 else [base, own]
        for part in [base, own] if key in {"mapping", "language"} else where:
            part[key] = value
        if len(where) > 1 and key in _OTHERS:
            base[key] = _OTHERS[key]
    return base, own


def _by_lines(laid: Laid, case: Case, rng: Random) -> tuple[Laid, Laid | None]:
    """Return a rule of which the base has some lines of the table, and one that names these among its own."""
    word = table_of(laid.rule)
    if word is None or word == NESTED:
        return laid, None
    lines = laid.rule[word]
    first = rng.randrange(len(lines))
    last = rng.randint(first, len(lines) - 1) + 1
    kept = {key: value for key, value in laid.rule.items() if key not in {"lossy", "otherwise"}}
    below = Laid({**kept, word: lines[first:last]}, laid.place, tuple(range(first, last)))
    around = [*range(first), None, *range(last, len(lines))]
    above = Laid(
        {**laid.rule, word: [BASE if index is None else lines[index] for index in around]}, laid.place, tuple(around)
    )
    names = {name_of(one.rule, case) for one in (below, above, laid)}
    return (below, above) if len(names) == 1 else (laid, None)


def _other(rule: Rule, case: Case, rng: Random) -> Rule:
    """Return a rule of the same name that says something else."""
    names = {case.name(side) for side in SIDES}
    made = {key: value for key, value in rule.items() if key in names or key == table_of(rule) or rng.random() < 0.5}
    made = {**made, "lossy": "the base says so"} if rng.random() < 0.5 else made
    return made if name_of(made, case) == name_of(rule, case) else rule


def _drop(base: Part, own: Part, case: Case, rng: Random) -> None:
    """Give the base a rule that the other file drops."""
    outside, inside = (case.name(side) for side in SIDES)
    plain: Rule = {outside: "dropped", inside: "gone.one"}
    table: Rule = {"cases": [{outside: {"dropped": 1}, inside: {"gone.one": 1, "gone.other": "x"}}]}
    rule, name = rng.choice([(plain, "gone.one"), (table, "gone.other, gone.one")])
    base.rules.insert(rng.randint(0, len(base.rules)), Laid(rule, None))
    own.said["drop"] = [name]
