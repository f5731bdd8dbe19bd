"""Two paths of which the outside one is the first of several in which there is a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.generated.builder import nullable, related, value
from tests.generated.case import SIDES
from tests.generated.validator import Validator
from tests.generated.values import MISSING, Path, Record, get, path_text, same
from tests.generated.words.base import Word, paths_of
from tests.generated.words.codecs import codec_of, draw
from tests.generated.words.copied import Copied
from tests.generated.words.draft import Draft
from tests.generated.words.laid import changed
from tests.generated.words.scene import Reason, Scene

FIRST = "first"


class First(Word):
    """A value that the outside has now in one field and now in another."""

    kind = "first"
    looks_back = True

    def __init__(self, raw: dict[str, Any], place: tuple[int, ...], scene: Scene) -> None:
        super().__init__(raw, place, scene)
        name = scene.names["outside"]
        self.copied = [Copied({**raw, name: path}, place, scene) for path in raw[name][FIRST]]
        self.specs = self.copied[0].specs
        self._outside = Validator(scene.schemas["outside"], "outside")
        self.fields = {"outside": paths_of(raw[name][FIRST]), "inside": self.copied[0].fields["inside"]}

    @property
    def label(self) -> str:
        return f"first {self.copied[0].label}"

    @property
    def copies(self) -> bool:
        return self.copied[0].copies

    def paths(self, side: str) -> list[Path]:
        return self.fields[side]

    def _where(self, record: Record) -> int:
        """Return which of the fields has the value of an outside record; the first one where none has."""
        spec = self.specs["outside"]
        places = (index for index, path in enumerate(self.fields["outside"]) if spec.read(record, path) is not MISSING)
        return next(places, 0)

    def _place(self, record: Record) -> int:
        """Return in which of the fields the value of an inside record goes: where it was, or the first that takes it.

        Where none takes it, it goes where it was, and is refused there.
        """
        places = [self._where(self.last), *range(len(self.copied))]
        found: int = next((index for index in places if self._takes(index, record)), places[0])
        return found

    def _takes(self, index: int, record: Record) -> bool:
        """Return whether the value of an inside record may be in a field, and is one there."""
        made: Record = {}
        reasons = list(self.copied[index].translate("inside", record, made))
        path = self.fields["outside"][index]
        if reasons or self.specs["outside"].read(made, path) is MISSING:
            return False
        return not any(fault[: len(path)] == path for fault, _ in self._outside.faults(made))

    def convert(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        chosen = self._where(record) if source == "outside" else self._place(record)
        if source == "inside":
            for path in self.fields["outside"]:
                self.specs["outside"].write(target, path, MISSING)
        yield from self.copied[chosen].translate(source, record, target)

    def inward(self, path: Path, expected: Record, inside: Record) -> Any:
        value = get(expected, path)
        is_there = value is not None and not same(value, self.specs["outside"].none)
        return self.copied[0].inward(path, expected, inside) if is_there else MISSING

    def equal(self, side: str, one: Record, other: Record, *, exact: bool = False) -> bool:
        """Return whether two records say the same: outside in the field that counts, whichever that is."""
        if side == "outside":
            one, other = self._that_counts(one), self._that_counts(other)
        return self.copied[0].equal(side, one, other, exact=exact)

    def _that_counts(self, record: Record) -> Record:
        """Return a record that has in the first field what counts."""
        value = get(record, self.fields["outside"][self._where(record)])
        return changed({}, {self.fields["outside"][0]: value})

    def trials(self, side: str, base: Record) -> Iterator[Record]:
        yield from super().trials(side, base)
        without = changed(base, dict.fromkeys(self.fields["outside"], MISSING))
        for path in self.fields["outside"] if side == "outside" else ():  # each alone has a value
            yield from (changed(without, {path: item}) for item in self.choices(side, path))

    def removed(self, side: str, one: Record, other: Record) -> bool:
        return self.copied[self._where(one) if side == "outside" else 0].removed(side, one, other)

    def hints(self, side: str) -> dict[Path, Sequence[Any]]:
        return {path: items for word in self.copied for path, items in word.hints(side).items()}

    def extra(self, side: str, path: Path) -> Sequence[Any]:
        return self.copied[self.fields[side].index(path)].extra(side, path)


def make(draft: Draft) -> None:
    """A value in one of two or three fields, with a codec or as it is."""
    rng, names = draft.rng, draft.names
    raw: dict[str, Any] = {}
    if draft.chance(0.5):
        raw["as"] = draw(rng)
        codec = codec_of(raw["as"])
        schemas = {"outside": dict(codec.outside), "inside": dict(codec.inside)}
    else:
        schema = value(rng)
        schemas = {"outside": related(rng, schema), "inside": schema}
    for side in SIDES:
        if draft.specs[side].when_absent is None or draft.chance(0.2):
            schemas[side] = nullable(rng, schemas[side])
    places = [draft.put("outside", dict(schemas["outside"]), required=False) for _ in range(rng.choice([2, 2, 3]))]
    inside = draft.put("inside", schemas["inside"], required=False)
    paths = {names["outside"]: {FIRST: [path_text(path) for path in places]}, names["inside"]: path_text(inside)}
    if draft.chance(0.5):
        raw["lossy"] = "as the client has it"
    draft.rule({**paths, **raw})
