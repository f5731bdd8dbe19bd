"""Mappings over schemas: made of the words, mostly right, then sometimes changed in one or two places."""

from __future__ import annotations

import re
from random import Random
from typing import Any, Final

from tests.generated import sent_schema
from tests.generated.adding import has_key
from tests.generated.builder import Builder, scalar
from tests.generated.case import NAMES, NESTED, SIDES, STAMP, Case
from tests.generated.changes import change
from tests.generated.oracle import Oracle
from tests.generated.schemas import at, types
from tests.generated.smaller import named, without_rule
from tests.generated.values import MISSING, path_text
from tests.generated.words import asked, columns, formed, sent
from tests.generated.words.cases import Cases
from tests.generated.words.copied import make_key
from tests.generated.words.draft import Draft
from tests.generated.words.every import TOP, draw
from tests.generated.words.group import Group
from tests.generated.words.scene import Spec

SPLIT: Final = 0.08
"""How many cases stand in two files. It is drawn apart, so that a case is the same in one file and in two."""

WRITTEN: Final = 0.15
"""How many cases say how fields are sent, drawn apart as well."""

FORMED: Final = 0.1
"""How many cases give all texts of the outside a form, drawn apart as well."""

MARKED: Final = 0.1
"""How many cases have a table whose members or words stand in a form, drawn apart as well."""

WRITTEN_ROWS: Final = 0.3
"""How many of those whose files are CSV do."""

SENT: Final = 0.25
"""How many of both have a schema of what is sent beside that."""

KEPT: Final = 0.2
"""How many of the cases keep what came in which rules share a field, drawn apart as well."""


def make(seed: int) -> Case:
    """Return the case of a seed: always the same one."""
    rng = Random(seed)
    systems = {side: _system(rng, side) for side in SIDES}
    specs = {
        side: Spec(system.get("nulls", ()), system.get("when_absent", MISSING)) for side, system in systems.items()
    }
    builders = {side: Builder(rng) for side in SIDES}
    draft = Draft(rng, dict(NAMES), specs, builders)
    for _ in range(1 if draft.chance(0.8) else 2):
        make_key(draft)
    for _ in range(rng.choice([1, 1, 2, 2, 3, 4])):
        draw(rng, TOP)(draft)
    _unmapped(draft, systems)
    if draft.chance(0.08):
        systems["outside"]["import_when"], ignored = asked.draw(draft)
        systems["outside"]["ignore"] = [*systems["outside"].get("ignore", ()), *ignored]
    lifted = draft.chance(0.3)
    if lifted:
        _lift(draft)
    keys = [rule[NAMES["outside"]] for rule in draft.rules if rule.get("key")]
    systems["outside"]["files"] = {
        "inbound": "*.json",
        "outbound": "wo_" + "_".join(f"{{{key}}}" for key in keys) + ".json",
    }
    systems["inside"]["mongodb"] = _mongodb(draft)
    named = _named_codecs(draft)
    if draft.chance(0.08):
        name = rng.choice(list(builders["inside"].schema["properties"]))
        systems["inside"]["deleted_when"] = {name: rng.choice(["a", 1, True, None, ["done", "gone"]])}
    builders["inside"].put((STAMP,), {"type": ["boolean", "null"]}, required=False)
    mapping = {"mapping": "generated", "language": 1, **systems, **named, "rules": draft.rules}
    case = Case(builders["outside"].finish(), builders["inside"].finish(), mapping, seed).copy()  # nothing is shared
    if _has_keyed_list(case):
        case.system("outside").pop("keep", None)  # elements without a key stay there, whatever keep says
    if draft.chance(0.1) and not lifted:  # no column of a CSV file is an object and a value
        _as_rows(case, rng)
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
        change(case, rng)
    _draw_apart(case, seed)
    return case


def _draw_apart(case: Case, seed: int) -> None:
    """Draw what is drawn of numbers of its own, so that what is drawn before it stays what it was."""
    if (apart := Random(f"marks {seed}")).random() < MARKED:
        formed.add(case, apart)
    if any(any(word.shared.values()) for word in Oracle(case).all_words() if isinstance(word, Cases)):
        _keep_together(case, Random(f"keep {seed}"))
    share = WRITTEN_ROWS if case.rows else WRITTEN
    has_group = any(isinstance(word, Group) for word in Oracle(case).words)
    if not has_group and (apart := Random(f"written {seed}")).random() < share:
        sent.add(case, apart)
        if apart.random() < SENT:
            sent_schema.add(case, apart)
    if (apart := Random(f"form {seed}")).random() < FORMED:
        columns.add(case, apart)
    case.split = seed if Random(f"split {seed}").random() < SPLIT else None


def _keep_together(case: Case, rng: Random) -> None:
    """Say whether what came is kept where rules share a field; not beside lists with a key."""
    case.system("outside").pop("keep", None)
    if rng.random() < KEPT and not _has_keyed_list(case):
        case.system("outside")["keep"] = rng.choice([True, True, "whole"])


def _has_keyed_list(case: Case) -> bool:
    """Return whether elements of a list are told apart."""
    return any(map(has_key, Oracle(case).words))


def _as_rows(case: Case, rng: Random) -> None:
    """Make the outside's files CSV, and take away rules of what is no text outside; mostly."""
    rules = case.mapping["rules"]
    for index in reversed(range(len(rules))):
        if not rules[index].get("key") and not _is_text(case, rules[index]) and rng.random() < 0.95:
            without_rule(case, rules, index, dict.fromkeys(SIDES, ()))
    if all(_is_text(case, rule) for rule in rules if rule.get("key")):
        read = rng.choice([{}, {"spreadsheet": True}, {"spreadsheet": False}, {"delimiter": ";", "spreadsheet": True}])
        files = {"inbound": "*.csv", "outbound": "wo_{run}_{part}.csv", "format": "csv"}
        case.system("outside")["files"] = {**files, **({"csv": read} if read else {})}


def _is_text(case: Case, rule: dict[str, Any]) -> bool:
    paths = [path for side, path in named(case, rule) if side == "outside"]
    nodes = [node for path in paths for node in at(case.outside, path)]
    return all(isinstance(step, str) for path in paths for step in path) and all(
        types(node) == {"string"} for node in nodes
    )


def _system(rng: Random, side: str) -> dict[str, Any]:
    system: dict[str, Any] = {"name": NAMES[side], "schema": f"{side}.schema.json"}
    form = rng.random()
    if form < 0.25:
        system["when_absent"] = None
    elif form < 0.35:
        system["when_absent"] = rng.choice(["", 0, False, "N/A"])
    if rng.random() < 0.12:
        system["nulls"] = rng.choice([["", "N/A"], ["N/A"], [0], ["0", 0]])
    if side == "outside" and rng.random() < 0.1:
        system["echo"] = False
    if side == "outside" and rng.random() < 0.2:
        system["keep"] = rng.choice([True, True, "whole"])
    return system


def _named_codecs(draft: Draft) -> dict[str, Any]:
    """Give some codecs names of the mapping."""
    named: dict[str, Any] = {}
    for rule in draft.rules:
        for one in (rule, *rule.get(NESTED, ())):
            if "as" in one and draft.chance(0.08):
                named[f"form{len(named)}"], one["as"] = one["as"], f"form{len(named)}"
    return {"codecs": named} if named else {}


def _mongodb(draft: Draft) -> dict[str, Any]:
    """Return where the inside records live, sometimes with stamps for a field that its schema requires."""
    words: dict[str, Any] = {
        "collection": "workorders",
        "export_when": {STAMP: {"$ne": True}},
        "on_export": {STAMP: True},
    }
    if draft.chance(0.25):
        draft.put("inside", {"type": "string", "format": "date-time"}, required=draft.chance(0.5), path=("updatedAt",))
        words["on_import"] = {STAMP: False, "updatedAt": "$now"}
    return words


def _lift(draft: Draft) -> None:
    """Let an object outside be one plain value where nothing in it has one, and its rules say so."""
    builder, client = draft.builders["outside"], NAMES["outside"]
    item = draft.rng.choice(["", False, None])
    for name in [name for name in ("asset", "site") if name in builder.schema["properties"]]:
        below = [rule for rule in draft.rules if _is_below(rule, client, name)]
        if any("key" in rule for rule in below) or any(name in str(rule.get("from", "")) for rule in draft.rules):
            continue  # a key is always there, and an expression names no value that means absent
        builder.lift(name, item)
        for rule in below:
            rule["when_absent"] = {**rule.get("when_absent", {}), client: item}


def _is_below(rule: dict[str, Any], client: str, name: str) -> bool:
    said = [rule.get(client), *(line for word in ("flags", "cases") for line in rule.get(word, ()))]
    return any(re.search(rf"['\"]{name}\b", repr(one)) for one in said)


def _unmapped(draft: Draft, systems: dict[str, dict[str, Any]]) -> None:
    """Add a field that no rule maps, mostly listed under `ignore`."""
    for side in SIDES:
        if draft.chance(0.12):
            path = draft.put(side, scalar(draft.rng), required=side == "outside" and draft.chance(0.3))
            if draft.chance(0.85):
                systems[side]["ignore"] = [path_text(path)]
