"""`written` of the outside: what is sent of a record that is expected, and how its entries are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from tests.generated.case import Case
from tests.generated.schemas import finite, kind_of, types
from tests.generated.values import MISSING, Path, Record, copy, get, path_text, put, take_away
from tests.generated.words import dates, numbers, texts
from tests.generated.words.base import Word
from tests.generated.words.cases import Cases
from tests.generated.words.codec import NotUnderstoodError
from tests.generated.words.codecs import codec_of, draw
from tests.generated.words.computed import Computed
from tests.generated.words.conditions import parted
from tests.generated.words.copied import Copied
from tests.generated.words.each import Each
from tests.generated.words.entries import Entry
from tests.generated.words.every import word_of
from tests.generated.words.rows import add_columns, is_cell
from tests.generated.words.scene import Reason, Scene
from tests.generated.words.shared import share
from tests.generated.words.table import Table

Said = dict[str, Any]

_UNWRITTEN: Final = object()
"""A value that its codec does not write."""


def sent(words: Sequence[Word], expected: Record, inside: Record) -> tuple[Record, list[Reason]]:
    """Return how an expected record is sent, made of an inside one, and why that cannot be."""
    made: Record = copy(expected)
    reasons: list[Reason] = []
    moved: list[tuple[Path, Any]] = []
    found = [(word, path, entry) for word, path, entry in entries_of(words) if _lying(expected, path) is not None]
    for word, path, entry in found:
        at, to = _lying(expected, path), entry.place(path)
        if to is None or at is None:
            continue
        try:
            stays = at != path or _is_taken(words, word, path, expected)
            value = get(expected, at) if stays else _converted(word, path, entry, expected, inside)
        except NotUnderstoodError:
            value = _UNWRITTEN
        if value is _UNWRITTEN or (word.scene.specs["outside"].is_cell and not is_cell(value)):
            reasons.append(Reason(word.place, "form", path))
        else:
            moved.append((to, value))
    others = [path for word in words for path in word.writes("outside") if word.scene.written.find(path) is None]
    for _, path, _ in found:
        at = _lying(made, path)
        if at is not None and not any(other[: len(at)] == at for other in others if at != path):
            take_away(made, at)
    for to, value in moved:
        put(made, to, value)
    return made, reasons


def entries_of(words: Sequence[Word]) -> Iterator[tuple[Word, Path, Entry]]:
    """Yield the outside fields that rules write and that are not sent as they are read, or that are only read."""
    for word in words:
        for path in dict.fromkeys(one for one in word.paths("outside") if not _is_others(word, one)):
            if (entry := word.scene.written.find(path)) is not None:
                yield word, path, entry


def _is_others(word: Word, path: Path) -> bool:
    """Return whether a table only looks at a field, or takes it away, that another rule writes."""
    return isinstance(word, Cases) and path in word.shared["outside"]


def _is_taken(words: Sequence[Word], word: Word, path: Path, expected: Record) -> bool:
    """Return whether a table may have taken a field away: what stands for none is sent as it stands."""
    is_none = word.specs["outside"].read(expected, path) is MISSING
    return is_none and any(_is_others(one, path) for one in words)


def _lying(record: Record, path: Path) -> Path | None:
    """Return where the value of a field lies: at its path, or above it where one plain value stands for none."""
    for length in range(len(path), 0, -1):
        value = get(record, path[:length])
        if value is not MISSING:
            return path[:length] if length == len(path) or not isinstance(value, dict | list) else None
    return None


def _converted(word: Word, path: Path, entry: Entry, expected: Record, inside: Record) -> Any:
    """Return what is sent of a field that is there.

    Raises: NotUnderstoodError, where its codec does not write that.
    """
    value = MISSING if entry.word is None else word.inward(path, expected, inside)
    if value is MISSING:
        return copy(get(expected, path))
    return _as_text(value if entry.word == [] else codec_of(word.scene.codec(entry.word)).encode(value)[0])


def _as_text(value: Any) -> Any:
    """Return a value with dates as text."""
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return list(map(_as_text, value))
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


_CODECS: Final[dict[str, list[Any]]] = {
    "date": ["epoch_s", "epoch_ms", "datetime", "date", *({"date": options} for options in dates.DAYS), []],
    "number": [
        "decimal",
        "integer_text",
        *({"decimal": one} for one in numbers.DECIMALS),
        {"quantity": {"per": 100}},
        [],
    ],
    "string": [*({"text": options} for options in texts.TEXTS), []],
    "boolean": ["boolean_text", {"boolean": [["X"], [""]]}, {"boolean": [[1], [0, -1]]}, []],
    "array": [{"split": ","}, []],
}
"""Codecs by what a field has inside."""


def add(case: Case, rng: Random) -> None:
    """Say of some fields how they are sent, mostly such that it is right."""
    words = [word_of(rule, (index,), Scene.of(case)) for index, rule in enumerate(case.mapping["rules"])]
    share(words)
    fields = [(word, path) for word in words for path in dict.fromkeys(word.writes("outside"))]
    said: Said = {}
    for word, path in rng.sample(fields, min(len(fields), rng.choice([1, 1, 2, 3]))):
        text = path_text(path)
        if text not in said and "=" not in text:
            _add(case, rng, said, word, path)
    if rng.random() < 0.3:
        said |= dict.fromkeys(_looked_at(case, rng, words))
    if rng.random() < 0.2:
        said |= _open(rng, [path for _, path in fields])
    if rng.random() < 0.06:
        said["notThere"] = rng.choice(["there", {"as": []}])
    if said:
        case.system("outside")["written"] = said
        if case.rows and rng.random() < 0.9:
            add_columns(case, [path for _, path in fields])


def _add(case: Case, rng: Random, said: Said, word: Word, path: Path) -> None:
    text, form = path_text(path), rng.random()
    paths = word.paths("outside")
    if len(paths) > 1 and isinstance(word, Copied) and form < 0.6:
        said |= {path_text(one): None for one in paths}
        said[text] = {"to": "whole", "as": rng.choice(["epoch_s", "datetime", []])}
    elif form < 0.4:
        said[text] = _place(case, rng, path)
    elif form < 0.85 and not isinstance(word, Each):
        to = {"to": _place(case, rng, path)} if rng.random() < 0.7 else {}
        said[text] = {**to, "as": _codec(rng, word, path)}
    elif isinstance(word, Table) and len(paths) > 1:
        said |= {text: None} if finite(case.outside, path) else {}
    elif len(paths) == 1 and not isinstance(word, Computed):
        said[text] = None


def _looked_at(case: Case, rng: Random, words: Sequence[Word]) -> list[str]:
    """Return a field that a table has beside others, or that it looks at, of which the schema lists all values."""
    several = [word for word in words if isinstance(word, Table) and len(word.paths("outside")) > 1]
    beside = [path for word in words if isinstance(word, Cases) for path in word.shared["outside"]]
    paths = [*beside, *(path for word in several for path in word.paths("outside"))]
    found = [text for path in paths if "=" not in (text := path_text(path)) and finite(case.outside, path)]
    return rng.sample(found, min(len(found), 1))


def _place(case: Case, rng: Random, path: Path) -> str:
    """Return where a field may be sent; seldom to where another one is."""
    form, names = rng.random(), sorted(case.outside["properties"])
    if form < 0.06:
        return path_text((rng.choice(names),))
    last = "sent_" + "".join(str(step) for step in path if not isinstance(step, int)).replace(":", "")
    if form < 0.2 and len(path) > 1 and isinstance(path[-1], str):
        return path_text((*path[:-1], last))
    return f"sent.{last}" if form < 0.4 else last


def _codec(rng: Random, word: Word, path: Path) -> Any:
    kinds = sorted(_kinds(word, path) & _CODECS.keys())
    return draw(rng) if not kinds or rng.random() < 0.06 else rng.choice(_CODECS[rng.choice(kinds)])


def _kinds(word: Word, path: Path) -> set[str]:
    """Return what a field may have inside: names of JSON types, `number` for any number, `date` for a date."""
    if isinstance(word, Table):
        lines = [*word.table, *([word.raw["otherwise"]] if isinstance(word.raw.get("otherwise"), dict) else [])]
        cells = (cell for line in lines for cell in word.cells(line))
        found = {kind_of(value) for side, at, value in cells if side == "outside" and at == path}
        if isinstance(word, Cases) and parted(word.accepted["outside"].get(path, [])):
            found = {kind for node in word.scene.nodes("outside", path) for kind in types(node)}
        return {"number" if kind == "integer" else kind for kind in found} or {"boolean"}
    codec = word.codec if isinstance(word, Copied | Computed) else None
    side = "outside" if isinstance(word, Computed) else "inside"
    nodes = word.scene.nodes(side, path if side == "outside" else word.paths("inside")[0])
    found = set()
    for node in nodes if codec is None else [codec.inside]:
        is_date = side == "inside" and node.get("format") == "date-time"
        found |= {"date"} if is_date else {"number" if kind == "integer" else kind for kind in types(node)}
    return found


def _open(rng: Random, paths: Sequence[Path]) -> Said:
    """Return an entry for several fields."""
    longer = [path for path in paths if len(path) == 2 and all(isinstance(step, str) for step in path)]
    if not longer or rng.random() < 0.2:
        return {"*": rng.choice(["sent.*", "*.value"])}
    first, last = rng.choice(longer)
    if '"' in path_text((first, last)):
        return {}
    ways = [(f"{first}.*", "*"), (f"{first}.*", f"sent.{first}.*"), (f"*.{last}", f"*.sent_{last}")]
    text, to = rng.choice(ways)
    return {text: to if rng.random() < 0.8 else {"to": to}}
