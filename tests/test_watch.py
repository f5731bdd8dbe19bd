"""`etl watch`: a run whenever there is a reason for one, one at a time, through outages, until it is told to stop."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from etl import Report, Settings, SettingsError
from etl.app import BOTH, Options, Timing, Watch, Watching
from etl.app.opening import quiet_log
from tests.fault.mongod import Client, replica_set
from tests.support.site import Site, impatient

Step = Callable[[], object]
NOTHING: Step = lambda: None  # noqa: E731 - a step that takes nothing


ON_CHANGES = Timing()


class Over(BaseException):
    """No step is left."""


class Watched:
    """A site that is watched. Each pause is a step of the test, and takes no time."""

    def __init__(self, site: Site, timing: Timing = ON_CHANGES, settings: Settings | None = None) -> None:
        self.site = site
        self.lines: list[str] = []
        self.now = 0.0
        self.watching = Watching(
            site.mapping,
            settings or site.settings,
            quiet_log(),
            Options(BOTH),
            Watch(on_report=self._heard, pause=self._pause),
            timing,
            clock=lambda: self.now,
        )
        self._steps: Iterator[Step] = iter(())

    def through(self, *steps: Step) -> list[str]:
        """Go through steps; return what the runs meanwhile said, but those that found nothing to do."""
        self._steps, self.lines = iter(steps), []
        with pytest.raises(Over):
            self.watching()
        return self.lines

    def _pause(self, seconds: float) -> None:
        self.now += seconds
        step = next(self._steps, None)
        if step is None:
            raise Over
        step()

    def _heard(self, report: Report) -> None:
        self.lines.append(report.as_line())


def test_a_run_follows_what_comes_and_what_changes_and_nothing_else(site: Site) -> None:
    watched = Watched(site)
    site.client_sends(1)
    assert watched.through(*[NOTHING] * 5) == ["inbound: 1 read = 1 created", "outbound: 1 read = 1 created"]

    said = watched.through(lambda: site.client_sends(2), NOTHING, NOTHING, NOTHING)
    assert said == ["inbound: 2 read = 1 created, 1 unchanged", "outbound: 1 read = 1 created"]

    said = watched.through(lambda: site.technician_edits(1, title="Fan"), NOTHING, NOTHING, NOTHING)
    assert said == ["inbound: 2 read = 2 unchanged", "outbound: 1 read = 1 updated"]


def test_what_is_rejected_again_and_again_is_no_reason_for_a_run(site: Site) -> None:
    watched = Watched(site)
    site.client_sends(1, summary=None)
    site.work_orders.insert_one({"number": 9, "title": "Fan", "status": "unheard of"})
    said = watched.through(*[NOTHING] * 9)
    assert said == ["inbound: 1 read = 1 rejected", "outbound: 1 read = 1 rejected"]


def test_a_run_begins_once_nothing_else_comes_for_a_while(site: Site) -> None:
    watched = Watched(site)
    watched.through()
    sends = [lambda number=number: site.client_sends(number) for number in (1, 2, 3)]
    said = watched.through(*sends, NOTHING, NOTHING)
    assert said == ["inbound: 3 read = 3 created", "outbound: 3 read = 3 created"]


def test_with_a_schedule_a_run_begins_when_it_is_time(site: Site) -> None:
    watched = Watched(site, Timing(every=10, poll=4))
    assert watched.through(*[NOTHING] * 6) == ["inbound: 0 read", "outbound: 0 read"] * 3


def test_a_folder_that_goes_and_comes_back_is_waited_for(site: Site) -> None:
    watched, away = Watched(site), site.folder / "away"
    site.client_sends(1)
    watched.through()
    site.client_sends(2)
    said = watched.through(
        lambda: site.inbound.rename(away), NOTHING, lambda: away.rename(site.inbound), *[NOTHING] * 4
    )
    assert "inbound: 2 read = 1 created, 1 unchanged" in said


def test_a_wrong_setting_ends_it(site: Site) -> None:
    with pytest.raises(SettingsError, match="both the inbound and the outbound folder"):
        Watched(site, settings=replace(site.settings, outbound=site.inbound)).watching()


def test_sigterm_ends_it_with_exit_code_0_after_whatever_it_has_done(site: Site) -> None:
    arguments = ("watch", "--mapping", str(site.mapping.file), "--poll", "1s", "--settle", "1s")
    with subprocess.Popen(
        [sys.executable, "-m", "etl", *arguments],
        cwd=site.folder,
        env=site.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"inbound: 0 read\n"
            site.client_sends(7)
            _until((site.outbound / "workorder_7.json").exists)
            site.technician_edits(7, title="Fan")
            _until(lambda: site.client_gets(7)["summary"] == "Fan")
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert b"stopped" in said
    assert b"Traceback" not in said


@pytest.mark.long
def test_a_replica_set_tells_of_changes_and_may_be_away_for_a_while(site: Site, tmp_path: Path) -> None:
    with replica_set(tmp_path / "set", 1) as (uri, (server,)), Client(uri) as client:
        site.database = client[site.database.name]
        name = site.database.name
        settings = replace(site.settings, uri=impatient(uri, name), retry_seconds=1)
        watched = Watched(site, settings=settings)
        site.client_sends(1)
        assert "outbound: 1 read = 1 created" in watched.through(NOTHING)
        said = watched.through(
            NOTHING,
            lambda: site.technician_edits(1, title="Fan"),
            *[NOTHING] * 3,
            server.kill,
            lambda: site.client_sends(2),
            *[NOTHING] * 3,
            server.start,
            *[lambda: time.sleep(0.5)] * 30,
        )
        assert "outbound: 1 read = 1 updated" in said
        assert "inbound: 2 read = 1 created, 1 unchanged" in said


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to hold in a minute")
