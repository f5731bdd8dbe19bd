"""The transfer: read a batch, check and translate it, compare, apply, acknowledge what is durable.

One loop serves both directions. The source is acknowledged only after the sink is durable, so a crash anywhere
repeats work and never loses it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from etl.mapping.interpret import Translator
from etl.mapping.schema import RecordSchema
from etl.record import Key, Record, Violation
from etl.transfer.model import Candidate, Item, Note, Outcome, Result, Sink, Source


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


def transfer(source: Source, pipeline: Pipeline, sink: Sink, *, batch_size: int) -> Iterator[Result]:
    """Move every record of `source` to `sink`; yield one result for each, a batch at a time.

    Raises:
        EndpointError: when either end fails as a whole.

    """
    for batch in source.batches(batch_size):
        candidates, rejected = _prepare(batch, pipeline)
        latest, superseded = _latest(candidates)
        results = sink.apply(sink.compare(latest))
        durable = [r.candidate for r in results if r.candidate is not None and r.outcome is not Outcome.REJECTED]
        moved = {id(candidate.item) for candidate in source.acknowledge(durable)}
        yield from rejected
        yield from superseded
        yield from (replace(r, note=Note.EDITED) if id(r.item) in moved else r for r in results)


def _prepare(batch: Sequence[Item], pipeline: Pipeline) -> tuple[list[Candidate], list[Result]]:
    candidates: list[Candidate] = []
    rejected: list[Result] = []
    for item in batch:
        if item.record is None:
            rejected.append(Result(item, Outcome.REJECTED, item.violations))
            continue
        target, key, violations = pipeline(item.record)
        if violations:
            rejected.append(Result(item, Outcome.REJECTED, tuple(violations)))
        else:
            candidates.append(Candidate(item, key, item.record, target))
    return candidates, rejected


def _latest(candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Result]]:
    """Split off the candidates that a later one with the same key replaces."""
    last = {candidate.key: candidate for candidate in candidates}
    if len(last) == len(candidates):
        return list(candidates), []
    superseded = [Result(c.item, Outcome.SUPERSEDED, candidate=c) for c in candidates if last[c.key] is not c]
    return [c for c in candidates if last[c.key] is c], superseded
