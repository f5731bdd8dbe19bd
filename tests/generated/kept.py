"""What goes out with `keep` after docs/language.md: what came stays as it lies there while its rule says nothing new.

The outside values of a two-way rule stay, all of them, as they lie there, while they mean what the inside has; else
they are what the rule writes. Rules that share a field are judged together, by what all of them read of what goes out.
With `whole`, what no rule writes stays beside them, where it lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from tests.generated.oracle import Oracle
from tests.generated.selectors import Selector
from tests.generated.values import MISSING, Path, Record, copy, drop, get, put, same, selected_list, take_away
from tests.generated.words.base import Word
from tests.generated.words.cases import Cases
from tests.generated.words.copied import Copied
from tests.generated.words.each import Each
from tests.generated.words.group import Group
from tests.generated.words.laid import changed
from tests.generated.words.nested import Nested


def expected(oracle: Oracle, record: Record, last: Record, told: Record | None = None) -> Record | None:
    """Return what the rules make of an inside record where the outside was like that; None where it is rejected.

    told: what goes out, which is as good as anything else that the documentation leaves open.
    """
    made: Record = {}
    for word in oracle.words:
        word.over(last).stay(made)
    for group in _groups(oracle):
        open_to = _staying(oracle, group, record, last)
        if not open_to:
            return None
        fitting = (staying for staying in open_to[1:] if _is_told(oracle, group, staying, record, last, told))
        _lay(oracle, group, next(fitting, open_to[0]), record, last, made)
    _fill_above(oracle, made, last)
    return made


def _groups(oracle: Oracle) -> list[list[Word]]:
    """Return the rules, each with those that share fields with it."""
    groups = map(oracle.group, oracle.words)
    return list({min(word.place for word in group): group for group in groups}.values())


def _staying(oracle: Oracle, group: Sequence[Word], record: Record, last: Record) -> list[Sequence[Word]]:
    """Return which rules of a group may be those of which stays what lies there, none where the record is rejected.

    All stay where they mean together what the inside has. Else so do some, such that what goes out means that, and
    one that by itself means it does wherever it can beside these; none does where another one cannot write.
    """
    written: Record = {}
    heard: Record | None = {}
    is_written = _lay(oracle, group, (), record, last, written)
    if not is_written or _is_refused(group, record, oracle.read(written), heard := {}):
        heard = None
    keeping = [word for word in group if oracle.keeps(word)]
    if len(keeping) == len(group) and _tells_nothing_new(oracle, group, group, record, last, heard):
        return [group]
    alone = [word for word in keeping if _means(word, record, last, heard)]
    found: list[Sequence[Word]] = []
    for size in range(len(keeping), 0, -1) if is_written else ():
        for some in combinations(keeping, size):
            is_more = any(set(some) < set(more) and set(more) - set(some) <= set(alone) for more in found)
            if not is_more and _tells_nothing_new(oracle, group, some, record, last, heard):
                found.append(some)
    if is_written and not any(set(more) <= set(alone) for more in found):
        found.append(())
    return sorted(found, key=lambda some: not set(some) <= set(alone))


def _is_told(
    oracle: Oracle,
    group: Sequence[Word],
    staying: Sequence[Word],
    record: Record,
    last: Record,
    told: Record | None,
) -> bool:
    """Return whether a group makes what goes out where some of its rules stay."""
    made: Record = {}
    if told is None or not _lay(oracle, group, staying, record, last, made):
        return False
    return all(same(get(made, path), get(told, path)) for word in group for path in word.writes("outside"))


def _means(word: Word, record: Record, last: Record, heard: Record | None) -> bool:
    """Return whether a rule by itself reads of an outside record what the inside has, or what it reads of its own."""
    meant: Record = {}
    if _is_refused([word], record, last, meant):
        return False
    others = {path: MISSING for path in word.paths("inside") if path not in word.writes("inside")}
    own = [changed(one, others) for one in (record, heard) if one is not None]
    return any(_alike(word, changed(meant, others), one) for one in own)


def _lay(
    oracle: Oracle, group: Sequence[Word], staying: Sequence[Word], record: Record, last: Record, made: Record
) -> bool:
    """Let what some rules of a group wrote last lie in a record, and write the others; return whether these can."""
    for index, word in enumerate(group):
        before = group[:index]
        if not any(word is one for one in staying):
            one = word.over(last)
            if isinstance(one, Cases) and word is not group[0]:
                one = one.beside(made)
            if word.goes("inside") and any(True for _ in one.translate("inside", record, made)):
                return False
            continue
        whole = len(staying) == len(group)
        laid = [path for path in _joint(word) if any(path in one.writes("outside") for one in before)]
        for path in (one for one in (word.paths if whole else word.writes)("outside") if one not in laid):
            value = lying(oracle, word, last, path)
            if value is MISSING:
                drop(made, path)
                _lay_above(made, last, path)
            else:
                put(made, path, value)
    return True


def _joint(word: Word) -> Iterable[Path]:
    """Return the fields of which a table and others have some members each: the first of them lays what stays."""
    return word.joint if isinstance(word, Cases) else ()


def _is_refused(words: Sequence[Word], record: Record, told: Record, meant: Record) -> bool:
    """Write what rules read of an outside record, over an inside one; return whether one of them rejects it."""
    return any(True for word in words for _ in word.over(record).translate("outside", told, meant))


def _tells_nothing_new(
    oracle: Oracle,
    group: Sequence[Word],
    staying: Sequence[Word],
    record: Record,
    last: Record,
    heard: Record | None,
) -> bool:
    """Return whether a group reads of what goes out what the inside has, where some of its rules stay.

    Or what it reads of what it writes. heard: that, None where it does not read it.
    """
    told: Record = {}
    meant: Record = {}
    if not _lay(oracle, group, staying, record, last, told):
        return False
    if len(group) == 1:
        told = last
    if _is_refused(group, record, oracle.read(told), meant):
        return False
    wanted = [record] if heard is None else [record, heard]
    return any(all(_alike(word, meant, one) for word in group) for one in wanted)


def _fill_above(oracle: Oracle, made: Record, last: Record) -> None:
    """Write what stands for absent values above paths, or what lay there, where nothing below had a value either.

    Where something that means absent lies in the place of a value itself, that stays.
    """
    fields = [(word, word.specs["outside"], path) for word in oracle.words for path in word.whole("outside")]
    places = {above: spec.none for _, spec, path in fields if (above := spec.above(path)) is not None}
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
    if not isinstance(word, Nested) or not isinstance(value, word.holds[0]) or oracle.keep == "whole":
        return value
    return [_mapped(word, item) for item in value] if isinstance(value, list) else _mapped(word, value)


def _mapped(word: Nested, item: Any) -> Any:
    """Return what rules map of an element, or of a group, and of what is in it."""
    if not isinstance(item, dict):
        return item
    made: Record = {}
    for inner in word.words:
        for path in inner.keeps("outside"):
            value = get(item, path)
            if isinstance(inner, Each) and isinstance(value, list):
                value = [_mapped(inner, one) for one in value]
            if value is not MISSING:
                made = changed(made, {path: value})
    return made


def _alike(word: Word, one: Record, other: Record) -> bool:
    """Return whether two inside records say the same to a rule; null says as much as nothing, in objects too."""
    one, other = without_nulls(one), without_nulls(other)
    if isinstance(word, Copied):
        return word.equal("inside", one, other)
    if isinstance(word, Group):
        there = [word.is_there("inside", record) for record in (one, other)]
        parts = [next(word.parts("inside", record), {}) for record in (one, other)]
        return there[0] is there[1] and (not there[0] or all(_alike(inner, *parts) for inner in word.words))
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
