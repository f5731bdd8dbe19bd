"""Alarming: whoever is to hear of a run follows it, and hears how it ended, whatever ended it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from etl.alarms.sending import NotDeliveredError, check_chats, notify, ping
from etl.alarms.told import Ending, Event, event_of, fields_of, title_of
from etl.alarms.wanted import shown_url
from etl.app.recording import exit_code_of, why_ended
from etl.errors import LeaseLostError, LockedError
from etl.exit_codes import STOPPED
from etl.settings import Settings
from etl.transfer.report import Report
from etl.transfer.run_history import RunRecord

if TYPE_CHECKING:
    from etl.alarms.spans import Spans
    from etl.app.runs import Watch
    from etl.logs import Log

_AGAIN: Final = timedelta(hours=1)
"""The same failure is not told of again so soon: something may run every minute."""


@contextmanager
def alarmed(file: Path, settings: Settings, log: Log, watch: Watch, *, may_be_stopped: bool = False) -> Iterator[Watch]:
    """Yield who follows one run of a mapping: `watch`, and whoever is to be alarmed, who hears what ends it inside.

    A run that does not begin, since another one is at work, is told to nobody: that one will tell of itself.
    may_be_stopped: nor is one that a signal has stopped, which is how this one is to end.

    Raises:
        SettingsError: when something is to be alarmed that takes what is not installed.

    """
    wanted = settings.alarms
    if not (wanted.notify or wanted.heartbeat or wanted.metrics or wanted.otel):
        yield watch
        return
    check_chats(wanted.notify)
    alarms = _Alarms(file, settings, log, may_be_stopped=may_be_stopped)
    try:
        yield alarms.following(watch)
    except BaseException as error:
        if isinstance(error, LeaseLostError) or not isinstance(error, LockedError):
            alarms.end(exit_code_of(error), settings.redacted(why_ended(error)))
        raise
    alarms.end(0, "")


@dataclass
class _Alarms:
    """Those who are alarmed of one run."""

    file: Path
    settings: Settings
    log: Log
    may_be_stopped: bool
    spans: Spans | None = None
    ended: RunRecord | None = None
    earlier: RunRecord | None = None
    mark: Path = field(init=False)

    def __post_init__(self) -> None:
        self.mark = self.settings.embedded.parent / "alarms" / f"{self.file.stem}.json"
        if self.settings.alarms.otel:
            from etl.alarms.spans import Spans  # noqa: PLC0415 - only where somebody wants it

            self.spans = Spans(self.file.stem)

    def following(self, watch: Watch) -> Watch:
        """Return who follows a run: `watch`, and these."""

        def on_begin(record: RunRecord, earlier: Callable[[], RunRecord | None]) -> None:
            watch.on_begin(record, earlier)
            if self.settings.alarms.notify:
                self.earlier = earlier()
            if self.spans:
                self.spans.begin(record)
            self._ping("start")

        def on_progress(report: Report) -> None:
            watch.on_progress(report)
            if self.spans:
                self.spans.batch(report)

        def on_end(record: RunRecord) -> None:
            self.ended = record
            watch.on_end(record)

        return replace(watch, on_begin=on_begin, on_progress=on_progress, on_end=on_end)

    def end(self, exit_code: int, error: str) -> None:
        """Tell how the run ended. exit_code, error: where the history does not say."""
        record = self.ended
        if record is not None and record.exit_code is not None:
            exit_code, error = record.exit_code, record.error
        if self.may_be_stopped and exit_code in STOPPED:
            return
        ending = Ending(self.file.stem, datetime.now(UTC), exit_code, error, record)
        self._write_metrics(ending)
        self._ping("fail" if exit_code else "")
        self._notify(ending)
        if self.spans is not None:
            self._try("OpenTelemetry", partial(self.spans.end, ending))

    def _write_metrics(self, ending: Ending) -> None:
        if (file := self.settings.alarms.metrics) is None:
            return
        from etl.alarms.metrics import write_metrics  # noqa: PLC0415 - only where somebody wants it

        try:
            write_metrics(file, ending)
        except OSError as error:
            self.log.warning("the metrics could not be written", file=str(file), reason=error.strerror)

    def _ping(self, what: str) -> None:
        if url := self.settings.alarms.heartbeat.replace("{mapping}", quote(self.file.stem, safe="")):
            self._try(shown_url(url), lambda: ping(url, what))

    def _notify(self, ending: Ending) -> None:
        urls = self.settings.alarms.notify
        if not urls:
            return
        before = self._before()
        event = event_of(ending, self.earlier, was_failing=bool(before))
        is_told = event is Event.FAILED and before.get("error") == ending.error and _is_recent(before.get("at", ""))
        self._remember(ending, before if is_told else {})
        if event is None or is_told:
            return
        for url in urls:
            self._try(shown_url(url), partial(notify, url, title_of(ending, event), fields_of(ending, event)))

    def _before(self) -> dict[str, str]:
        """Return which failure somebody was told of last, {} where runs went well since."""
        try:
            found = json.loads(self.mark.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return {name: str(found.get(name, "")) for name in ("at", "error")} if isinstance(found, dict) else {}

    def _remember(self, ending: Ending, told: dict[str, str]) -> None:
        """Remember a failure here: where MongoDB is gone, the run history does not have it."""
        with suppress(OSError):
            if not ending.has_failed:
                self.mark.unlink(missing_ok=True)
            elif not told:
                self.mark.parent.mkdir(parents=True, exist_ok=True)
                self.mark.write_text(json.dumps({"at": ending.at.isoformat(), "error": ending.error}), "utf-8")

    def _try(self, whom: str, deliver: Callable[[], object]) -> None:
        try:
            deliver()
        except NotDeliveredError as error:
            self.log.warning("an alarm could not be delivered", to=whom, reason=str(error))


def _is_recent(at: str) -> bool:
    try:
        return datetime.now(UTC) - datetime.fromisoformat(at) < _AGAIN
    except (ValueError, TypeError):
        return False
