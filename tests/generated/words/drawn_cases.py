"""How `cases` are drawn."""

from __future__ import annotations

from typing import Any

from tests.generated.builder import nullable
from tests.generated.case import SIDES
from tests.generated.values import Path, path_text
from tests.generated.words.conditions import drawn
from tests.generated.words.draft import Draft
from tests.generated.words.table import draw_form


def make(draft: Draft) -> None:
    """Groups of one to three fields on either side."""
    rng = draft.rng
    pools: dict[str, dict[Path, list[Any]]] = {
        side: {draft.fresh(side): rng.choice([["a", "b", "c"], [1, 2, 3]]) for _ in range(rng.randint(1, 2))}
        for side in SIDES
    }
    asking = draft.looks_back and draft.chance(0.35)
    lines = [
        {draft.names[side]: _drawn(draft, pools[side], asking=asking) for side in SIDES}
        for _ in range(rng.randint(1, 4))
    ]
    raw: dict[str, Any] = {"cases": lines}
    if draft.chance(0.75):
        sides = SIDES if draft.chance(0.7) else rng.sample(SIDES, 1)
        raw["otherwise"] = {
            draft.names[side]: {path_text(path): rng.choice(pool) for path, pool in pools[side].items()}
            for side in sides
        }
    if draft.chance(0.4):
        raw["lossy"] = "what no line has becomes other"
    outside = [item for pool in pools["outside"].values() for item in pool]
    form = draw_form(draft, outside) if draft.chance(0.2) else None
    if form is not None:
        raw["as"] = form[0]
    for side in SIDES:
        for path, pool in pools[side].items():
            schema: dict[str, Any] = (
                {"enum": list(pool)} if draft.chance(0.7) else {"type": "string" if pool[0] == "a" else "integer"}
            )
            if form is not None and side == "outside":
                schema = form[1]
            if draft.chance(0.3) or draft.specs[side].when_absent is None:
                schema = nullable(rng, schema)
            everywhere = all(_whole(line[draft.names[side]].get(path_text(path))) for line in lines)
            draft.put(side, schema, required=everywhere and draft.chance(0.8), path=path)
    draft.rule(raw)


def _drawn(draft: Draft, pool: dict[Path, list[Any]], *, asking: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, values in pool.items():
        if found and draft.chance(0.2):
            continue
        if asking and draft.chance(0.35):
            found[path_text(path)] = drawn(draft.rng, values)
            continue
        form = draft.rng.random()
        found[path_text(path)] = (
            None if form < 0.08 else draft.rng.sample(values, 2) if form < 0.2 else draft.rng.choice(values)
        )
    return found


def _whole(value: Any) -> bool:
    return value is not None and value != "$any" and not isinstance(value, dict)
