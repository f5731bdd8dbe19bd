"""One direction of a mapping, compiled: source schema, rules, target schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from etl.mapping.rules.translate import Translator
from etl.mapping.schemas.validation import RecordSchema
from etl.record import NOTHING_KNOWN, Key, Record, Violation
from etl.transfer.model import Stage

Hint: TypeAlias = Callable[[Record], Violation | None]
"""Returns what else there is to say of a record that is refused, None where there is nothing."""

Translated: TypeAlias = tuple[Record, Key, list[Violation], Stage | None]
"""A translated record, its key, every violation, and where it fails first; with violations the record is not whole."""


def no_hint(record: Record) -> None:
    """Have nothing to say."""
    del record


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What happens to a record between source and target: source schema, rules, target schema.

    hint: asked of a record that the source schema or the rules refuse. unknown: what is taken for the target's record
    as it was last known where an item does not say it. otherwise: what a refused record passes in another way, where
    some may: which those are, and the way.
    """

    source_schema: RecordSchema
    translator: Translator
    target_schema: RecordSchema
    hint: Hint = no_hint
    unknown: Record = field(default_factory=lambda: NOTHING_KNOWN)
    otherwise: tuple[Callable[[Record], bool], Pipeline] | None = None

    def translate(self, record: Record, last: Record = NOTHING_KNOWN) -> Translated:
        """Check, translate, check. last: the target's record as it was last known."""
        found = self._translate(record, last)
        if self.otherwise is None or not found[2]:
            return found
        may, other = self.otherwise
        return other.translate(record, last) if may(record) else found

    def _translate(self, record: Record, last: Record) -> Translated:
        violations = self.source_schema.violations(record)
        stage = Stage.SOURCE_SCHEMA if violations else None
        target, key, untranslatable = self.translator(record, last)
        if violations or untranslatable:
            known = {violation.path for violation in violations}
            violations.extend(violation for violation in untranslatable if violation.path not in known)
            hint = self.hint(record)
            return target, key, [*([hint] if hint else []), *violations], stage or Stage.TRANSLATE
        violations = self.target_schema.violations(target)
        return target, key, violations, Stage.TARGET_SCHEMA if violations else None

    def __call__(self, record: Record) -> tuple[Record, Key, list[Violation]]:
        """Return what `translate` does, but for the stage."""
        target, key, violations, _ = self.translate(record)
        return target, key, violations
