"""OpenTelemetry: a span for a run, one for each batch, and counters of what became of the records.

A program that has set providers has them used; else they are made, and send what the variables of OpenTelemetry say
(OTEL_EXPORTER_OTLP_ENDPOINT and its neighbours).
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from functools import cache
from typing import Any, Final

from etl.alarms.sending import SECONDS, NotDeliveredError, within
from etl.alarms.told import Ending
from etl.errors import SettingsError
from etl.transfer.model import Outcome
from etl.transfer.report import Report
from etl.transfer.run_history import RunRecord

_SCOPE: Final = "etl"
_MISSING: Final = "OpenTelemetry takes the extra otel: pip install 'tracos-etl[otel]'"


class _Heard(logging.Handler):
    """Keeps what the library says, which would else be printed in its own form, with tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage().splitlines()[0][:200])


class Spans:
    """The spans and counters of one run."""

    def __init__(self, mapping: str) -> None:
        """Begin the run's span.

        Raises:
            SettingsError: when the library is not there.

        """
        self._heard = _listen()
        self._heard.said.clear()
        try:
            from opentelemetry import metrics, trace  # noqa: PLC0415 - only where somebody wants it
        except ImportError:
            raise SettingsError(_MISSING) from None
        self._made = _make_providers()
        self._trace = trace
        self._tracer = trace.get_tracer(_SCOPE)
        meter = metrics.get_meter(_SCOPE)
        self._records = meter.create_counter("etl.records", unit="{record}", description="Records by outcome")
        self._runs = meter.create_counter("etl.runs", unit="{run}", description="Runs by how they ended")
        self._mapping = {"etl.mapping": mapping}
        self._run = self._tracer.start_span("etl.run", attributes=self._mapping)
        self._counted: dict[str, Counter[Outcome]] = {}
        self._since = time.time_ns()

    def begin(self, record: RunRecord) -> None:
        """Note which run it is."""
        self._run.set_attribute("etl.run.id", record.id)

    def batch(self, report: Report) -> None:
        """End the span of a batch; the next one begins."""
        now, direction = time.time_ns(), report.direction.value
        new = report.counts - self._counted.get(direction, Counter())
        if not new:  # it was told of something else than a batch
            return
        self._counted[direction] = report.counts.copy()
        counts = {f"etl.{outcome.value}": count for outcome, count in new.items()}
        inside = self._trace.set_span_in_context(self._run)
        attributes = self._mapping | {"etl.direction": direction} | counts
        span = self._tracer.start_span("etl.batch", inside, attributes=attributes, start_time=self._since)
        span.end(now)
        self._since = now
        for outcome, count in new.items():
            self._records.add(count, self._mapping | {"etl.direction": direction, "etl.outcome": outcome.value})

    def end(self, ending: Ending) -> None:
        """End the run's span, and send what has not been sent.

        Raises:
            NotDeliveredError: when that does not arrive in time.

        """
        self._run.set_attribute("etl.exit_code", ending.exit_code)
        if ending.has_failed:
            self._run.set_status(self._trace.Status(self._trace.StatusCode.ERROR, ending.error))
        self._run.end()
        self._runs.add(1, self._mapping | {"etl.exit_code": ending.exit_code})
        within(SECONDS, lambda: [provider.force_flush() for provider in self._made])
        if self._heard.said:
            raise NotDeliveredError(self._heard.said[0])


@cache
def _listen() -> _Heard:
    """Return what hears the library from now on: one for all runs of a process."""
    heard, logger = _Heard(), logging.getLogger("opentelemetry")
    logger.addHandler(heard)
    logger.propagate = False
    return heard


@cache
def _make_providers() -> tuple[Any, ...]:
    """Make what sends spans and counters, where nobody has set anything, once in a process; return it."""
    from opentelemetry import metrics, trace  # noqa: PLC0415 - see above

    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        raise SettingsError(_MISSING) from None
    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return ()
    resource = Resource.create({"service.name": "etl"})
    tracing = TracerProvider(resource=resource, shutdown_on_exit=False)  # each run sends what it has by itself
    tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    counting = MeterProvider(
        [PeriodicExportingMetricReader(OTLPMetricExporter())], resource=resource, shutdown_on_exit=False
    )
    trace.set_tracer_provider(tracing)
    metrics.set_meter_provider(counting)
    return tracing, counting
