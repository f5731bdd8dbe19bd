"""What goes out with `keep` after docs/language.md: what came stays as it lies there while its rule says nothing new.

The outside values of a two-way rule stay, all of them, as they lie there, while they mean what the inside has; else
they are what the rule writes. With `whole`, what no rule writes stays beside them, where it lies.
"""

from __future__ import annotations

from typing import Any

from tests.generated.oracle import Oracle
from tests.generated.selectors import Selector
from tests.generated.values import MISSING, Path, Record, copy, drop, get, put, same, selected_list, take_away
from tests.generated.words.base import Word, changed
from tests.generated.words.copied import Copied
from tests.generated.words.each import Each


def expected(oracle: Oracle, record: Record, last: Record) -> Record | None:
    """Return what the rules make of an inside record where the outside was like that; None where it is rejected."""
    made: Record = {}
    for word in oracle.words:
        word.over(last).stay(made)
    for word in oracle.words:
        if oracle.keeps(word) and _tells_nothing_new(oracle, word, record, last):
            for path in word.paths("outside"):
                value = lying(oracle, word, last, path)
                if value is MISSING:
                    drop(made, path)
                    _lay_above(made, last, path)
                else:
                    put(made, path, value)
        elif word.goes("inside") and any(True for _ in word.over(last).translate("inside", record, made)):
            return None
    _fill_above(oracle, made, last)
    return made


def _fill_above(oracle: Oracle, made: Record, last: Record) -> None:
    """Write what stands for absent values above paths, or what lay there, where nothing below had a value either.

    Where something that means absent lies in the place of a value itself, that stays.
    """
    fields = [(word, word.specs["outside"], path) for word in oracle.words for path in word.writes("outside")]
    places = {above: spec.when_absent for _, spec, path in fields if (above := spec.above(path)) is not None}
    for above in sorted(places, key=len, reverse=True):
        below = [one for one in fields if one[2][: len(above)] == above]
        own = [path for _, spec, path in below if spec.above(path) == above]
        has_value = any(spec.read(made, path) is not MISSING for _, spec, path in below)
        if has_value or any(get(made, path) is not MISSING for path in own):
            continue
        stays = bool(last) and all(oracle.keeps(w) and s.read(last, path) is MISSING for w, s, path in below)
        value = get(last, above) if stays else places[above]
        if value is MISSING:
            drop(made, above)
        else:
            put(made, above, copy(value))


def _lay_above(made: Record, last: Record, path: Path) -> None:
    """Lay what lies above a value that is not there: one that means absent, or an object or list without it."""
    for length in range(len(path) - 1, 0, -1):
        there = get(last, path[:length])
        if there is not MISSING:
            step = path[length - 1]
            is_bare = not there or (isinstance(step, Selector) and same(there, step.element()))
            if get(made, path[:length]) is MISSING and (is_bare or not isinstance(there, dict | list)):
                put(made, path[:length], {} if isinstance(step, Selector) else copy(there))
            return


def lying(oracle: Oracle, word: Word, record: Record, path: Path) -> Any:
    """Return what is kept of a value; of a list what its rules map, unless the whole of it is."""
    value = get(record, path)
    if not isinstance(word, Each) or not isinstance(value, list) or oracle.keep == "whole":
        return value
    mapped = [below for inner in word.words for below in inner.keeps("outside")]
    made: list[Any] = []
    for item in value:
        found = {below: get(item, below) for below in mapped} if isinstance(item, dict) else {}
        there = {below: one for below, one in found.items() if one is not MISSING}
        made.append(changed({}, there) if isinstance(item, dict) else item)
    return made


def _tells_nothing_new(oracle: Oracle, word: Word, record: Record, last: Record) -> bool:
    meant: Record = {}
    inward = word.over(record)
    if any(True for _ in inward.translate("outside", last, meant)):
        return False
    if _alike(word, meant, record):
        return True
    written: Record = {}
    heard: Record = {}
    refused = any(True for _ in word.over(last).translate("inside", record, written))
    return (
        not refused
        and not any(True for _ in inward.translate("outside", oracle.read(written), heard))
        and _alike(word, meant, heard)
    )


def _alike(word: Word, one: Record, other: Record) -> bool:
    """Return whether two inside records say the same to a rule; null says as much as nothing, in objects too."""
    one, other = without_nulls(one), without_nulls(other)
    if isinstance(word, Copied):
        return word.equal("inside", one, other)
    spec = word.specs["inside"]
    return all(same(spec.read(one, path), spec.read(other, path)) for path in word.paths("inside"))


def without_nulls(value: Any) -> Any:
    """Return a value without what is null in its objects: that says as much as nothing."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def beside(oracle: Oracle, made: Record, last: Record) -> Record:
    """Return what goes out with what stays beside it: of an outside record, what no rule writes, if all is kept."""
    if oracle.keep != "whole":
        return made
    rest: Record = copy(last)
    for path in (path for word in oracle.words for path in word.writes("outside")):
        _take_away(rest, selected_list(path) or path)
    whole: Record = copy(made)
    for path, value in _leaves(rest):
        if get(whole, path) is MISSING and _leads_on(whole, path):
            put(whole, path, value)
    return whole


def _take_away(record: Record, path: Path) -> None:
    """Take a value away, and what it leaves; of a list, the elements behind one that goes keep their places."""
    above = get(record, path[:-1])
    if isinstance(path[-1], int) and isinstance(above, list) and path[-1] < len(above):
        above[path[-1]] = None
    else:
        take_away(record, path)


def _leaves(value: Any, at: Path = ()) -> list[tuple[Path, Any]]:
    """Return what stands in a value and has nothing in it, with its path."""
    if not isinstance(value, dict | list) or not value:
        return [(at, value)] if at else []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [leaf for step, item in items for leaf in _leaves(item, (*at, step))]


def _leads_on(record: Record, path: Path) -> bool:
    """Return whether nothing that a rule has written stands in the way of a path."""
    for length in range(1, len(path)):
        there = get(record, path[:length])
        if there is not MISSING and not isinstance(there, dict if isinstance(path[length], str) else list):
            return False
    return True
