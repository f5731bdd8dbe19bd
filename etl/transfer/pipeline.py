"""One direction of a mapping, compiled: source schema, rules, target schema."""

from __future__ import annotations

from dataclasses import dataclass

from etl.mapping.rules.translate import Translator
from etl.mapping.schemas.validation import RecordSchema
from etl.record import Key, Record, Violation
from etl.transfer.model import Stage


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What happens to a record between source and sink: source schema, rules, target schema."""

    source_schema: RecordSchema
    translator: Translator
    target_schema: RecordSchema

    def __call__(self, record: Record) -> tuple[Record, Key, list[Violation]]:
        """Return the translated record, its key, and every violation; with violations the record is not whole."""
        violations = self.source_schema.violations(record)
        target, key, untranslatable = self.translator(record)
        if violations or untranslatable:
            known = {violation.path for violation in violations}
            violations.extend(violation for violation in untranslatable if violation.path not in known)
        else:
            violations = self.target_schema.violations(target)
        return target, key, violations

    def stage(self, record: Record) -> Stage:
        """Return where a record with violations fails first."""
        if self.source_schema.violations(record):
            return Stage.SOURCE_SCHEMA
        return Stage.TRANSLATE if self.translator(record)[2] else Stage.TARGET_SCHEMA
