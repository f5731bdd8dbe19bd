"""Alarms: who is to hear of a run hears of what is new, of failures and of recovery; and it costs the run nothing."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from etl import (
    EndpointError,
    Limit,
    LimitError,
    LockedError,
    MappingError,
    SettingsError,
    load_mapping,
    load_settings,
    run,
)
from etl.alarms import sending
from etl.alarms.wanted import Wanted, shown_url
from etl.app import Options, Watch, Watching, alarmed
from tests.support.another_run import another_run
from tests.support.command_line import MAPPING, etl
from tests.support.failing import failing
from tests.support.listening import Listener, listening
from tests.support.site import INBOUND, MAPPING_FILE, ROOT, Site

SECRET = "T0KEN-geheim"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


class Logged:
    """A log that notes its warnings."""

    def __init__(self) -> None:
        self.capture = structlog.testing.LogCapture()
        self.log = structlog.wrap_logger(None, processors=[self.capture]).bind()

    @property
    def undelivered(self) -> list[str]:
        return [
            f"{each['to']} {each['reason']}"
            for each in self.capture.entries
            if "could not be delivered" in each["event"]
        ]


def wanting(site: Site, listener: Listener, **others: Any) -> None:
    site.settings = replace(
        site.settings, alarms=Wanted((f"{listener.url}/{SECRET}",), f"{listener.url}/ping?name={{mapping}}", **others)
    )


def alarming_run(site: Site, logged: Logged | None = None, file: Path = MAPPING_FILE) -> None:
    log = (logged or Logged()).log
    with alarmed(file, site.settings, log, Watch()) as watch:
        run(load_mapping(file), site.settings, log, Options(INBOUND), watch)


def measured(file: Path) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(file.read_text())
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_what_is_new_is_told_once_and_recovery_is_told(site: Site, listener: Listener) -> None:
    metrics = site.folder / "etl.prom"
    wanting(site, listener, metrics=metrics)
    site.client_sends(1)
    alarming_run(site)
    assert listener.messages == []
    assert listener.paths == ["/ping/start?name=tracos_client", "/ping?name=tracos_client"]

    listener.asked.clear()
    site.client_sends(7, isDone="a private remark")
    alarming_run(site)
    (new,) = listener.messages
    assert (new["event"], new["title"], new["exit_code"]) == ("new", "tracos_client: 1 new rejected", 1)
    assert new["text"].splitlines()[:2] == [
        "inbound: 2 read = 1 unchanged, 1 rejected",
        "1 newly rejected: isDone:type (7.json)",
    ]
    assert new["causes"] == [
        {
            "direction": "inbound",
            "outcome": "rejected",
            "reason": "isDone:type",
            "count": 1,
            "new": 1,
            "named": ["7.json"],
        }
    ]
    assert "private remark" not in json.dumps(new)
    assert listener.paths == ["/ping/start?name=tracos_client", "/ping/fail?name=tracos_client"]
    found = measured(metrics)
    assert found["etl_run_exit_code", "tracos_client"] == 1
    assert found["etl_run_records", "tracos_client", "inbound", "unchanged"] == 1
    assert found["etl_run_waiting", "tracos_client", "inbound", "rejected", "new"] == 1
    assert (
        found["etl_run_success_timestamp_seconds", "tracos_client"]
        < found["etl_run_end_timestamp_seconds", "tracos_client"]
    )

    listener.asked.clear()
    alarming_run(site)
    assert (listener.messages, listener.paths[-1]) == ([], "/ping?name=tracos_client")
    site.client_sends(7)
    alarming_run(site)
    assert [(told["event"], told["title"]) for told in listener.messages] == [
        ("recovered", "tracos_client has recovered")
    ]


def test_a_run_that_ends_before_its_time_or_never_begins_has_failed(site: Site, listener: Listener) -> None:
    """A limit, a mapping that is wrong, a MongoDB that is gone, of which the run history knows nothing."""
    wanting(site, listener)
    alive = site.settings
    site.client_sends(7, isDone="yes")
    site.settings = replace(alive, max_rejected=Limit(0))
    with pytest.raises(LimitError):
        alarming_run(site)
    site.settings = alive
    with pytest.raises(MappingError):
        alarming_run(site, file=ROOT / "tests" / "broken" / "E160_value_without_a_case.yaml")
    site.settings = replace(
        alive, uri="mongodb://ana:geheim@127.0.0.1:9/?serverSelectionTimeoutMS=50", retry_seconds=0.1
    )
    for _ in range(2):
        with pytest.raises(EndpointError):
            alarming_run(site)
    told = [(each["event"], each["exit_code"], each["mapping"]) for each in listener.messages]
    assert told == [
        ("failed", 1, "tracos_client"),
        ("failed", 3, "E160_value_without_a_case"),
        ("failed", 4, "tracos_client"),
    ], "the same failure is not told of twice in an hour"
    assert "MAX_REJECTED is 0" in listener.messages[0]["error"]
    assert "geheim" not in json.dumps(listener.messages)
    assert listener.paths[-2:] == ["/ping/fail?name=tracos_client"] * 2, "what has not begun has no start"

    site.settings = alive
    site.client_sends(7)
    alarming_run(site)
    assert listener.messages[-1]["event"] == "recovered"


def test_a_mongodb_that_dies_in_a_run_is_a_failure_of_that_run(fragile_site: Site, listener: Listener) -> None:
    site = fragile_site
    wanting(site, listener)
    site.settings = replace(site.settings, retry_seconds=0.1)
    site.client_sends(7)
    gone = {"closeConnection": True}
    with failing(site, "insert", 1000, **gone), pytest.raises(EndpointError):
        alarming_run(site)
    alarming_run(site)
    failed, recovered = listener.messages
    assert (failed["event"], failed["exit_code"], failed["run"] is None) == ("failed", 4, False)
    assert recovered["event"] == "recovered"
    assert listener.paths[1] == "/ping/fail?name=tracos_client"


def test_a_run_that_finds_another_one_at_work_tells_nobody(site: Site, listener: Listener) -> None:
    wanting(site, listener)
    with another_run(site), pytest.raises(LockedError):
        alarming_run(site)
    assert listener.asked == []


def test_what_is_watched_tells_of_each_run_but_not_that_it_was_stopped(site: Site, listener: Listener) -> None:
    wanting(site, listener)
    ended: list[Any] = []
    site.client_sends(7, isDone="yes")
    once = Watch(on_end=ended.append, stop=lambda: bool(ended))
    Watching(site.mapping, site.settings, Logged().log, Options(INBOUND), once)()
    assert [message["event"] for message in listener.messages] == ["new"]

    begun: list[Any] = []
    stopped = Watch(on_begin=lambda record, _: begun.append(record), stop=lambda: bool(begun))
    Watching(site.mapping, site.settings, Logged().log, Options(INBOUND), stopped)()
    assert len(listener.messages) == 1
    with alarmed(MAPPING_FILE, site.settings, Logged().log, stopped) as watch:
        run(site.mapping, site.settings, None, Options(INBOUND), watch)
    assert (listener.messages[-1]["event"], listener.messages[-1]["error"]) == ("failed", "stopped by a signal")


def test_what_cannot_be_delivered_is_a_warning_without_the_secret(
    site: Site, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanting(site, listener, metrics=site.folder / "none" / "etl.prom")
    site.client_sends(7, isDone="yes")
    logged = Logged()
    listener.status = 302
    alarming_run(site, logged)
    assert logged.undelivered == ["http://127.0.0.1/… the answer was 302"] * 3
    assert len(listener.messages) == 1, "a redirected message would be empty"
    monkeypatch.setattr(sending, "SECONDS", 0.05)
    listener.status, listener.delay = 200, 0.5
    site.client_sends(8, isDone="yes")
    logged = Logged()
    alarming_run(site, logged)
    assert logged.undelivered == ["http://127.0.0.1/… it took longer than 0.05 seconds"] * 3
    assert SECRET not in str(logged.capture.entries)
    assert "the metrics could not be written" in str(logged.capture.entries)


def test_the_command_has_an_option_for_each_and_shows_no_url(site: Site, listener: Listener) -> None:
    site.client_sends(7, isDone="yes")
    options = ("--notify", f"{listener.url}/{SECRET}", "--heartbeat", f"{listener.url}/ping", "--metrics", "etl.prom")
    done = etl("run", *MAPPING, *options, "--log-level", "debug", site=site)
    assert done.returncode == 1
    assert [message["event"] for message in listener.messages] == ["new"]
    assert listener.paths == ["/ping/start", "/ping/fail"]
    assert measured(site.folder / "etl.prom")["etl_run_exit_code", "tracos_client"] == 1
    assert SECRET not in done.stdout + done.stderr + str(list(site.database["etl_runs"].find()))
    url = f"https://host/{SECRET}"
    for option, text, why in (
        ("--notify", SECRET, "has what is no URL"),
        ("--heartbeat", "", "is no URL of the web"),
        ("--metrics", url, "is a URL"),
    ):
        refused = etl("run", *MAPPING, option, text, site=site)
        assert (refused.returncode, f"{option} {why}" in refused.stderr) == (2, True)
        assert SECRET not in refused.stderr


def test_each_is_a_setting_that_shows_no_url(tmp_path: Path) -> None:
    given = {
        "NOTIFY_URL": f"https://hooks.example/{SECRET} slack://{SECRET}/b/c",
        "HEARTBEAT_URL": f"https://hc.example/{SECRET}",
        "METRICS_FILE": "/var/lib/node_exporter/etl.prom",
        "OPENTELEMETRY": "on",
    }
    settings = load_settings(given, tmp_path / ".env")
    assert settings.alarms == Wanted(
        tuple(given["NOTIFY_URL"].split()), given["HEARTBEAT_URL"], Path(given["METRICS_FILE"]), otel=True
    )
    assert SECRET not in repr(settings) + settings.redacted(" and ".join(given.values()))
    assert shown_url(f"https://ana:{SECRET}@hooks.example/{SECRET}") == "https://hooks.example/…"
    for name in ("NOTIFY_URL", "HEARTBEAT_URL"):
        with pytest.raises(SettingsError) as error:
            load_settings({name: f"https:/{SECRET}"}, tmp_path / ".env")
        assert (name in str(error.value), SECRET in str(error.value)) == (True, False)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the library's own imports
def test_other_services_are_told_by_a_library_and_its_absence_is_said(
    site: Site, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.client_sends(7, isDone="yes")
    chat = f"json://{listener.url.removeprefix('http://')}/{SECRET}"
    site.settings = replace(site.settings, alarms=Wanted((chat,)))
    alarming_run(site)
    alarming_run(site)
    assert len(logging.getLogger("apprise").handlers) == 1, "as many as after the first run"
    (message,) = listener.messages
    assert message["title"] == "tracos_client: 1 new rejected"
    assert "1 newly rejected: isDone:type (7.json)" in message["message"]
    site.settings = replace(site.settings, alarms=Wanted((f"slak://{SECRET}",)))
    with pytest.raises(SettingsError, match="slak://"):
        alarming_run(site)
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(SettingsError, match=r"pip install 'tracos-etl\[notify\]'"):
        alarming_run(site)


def test_metrics_of_several_mappings_share_a_file(site: Site) -> None:
    file = site.folder / "etl.prom"
    site.settings = replace(site.settings, alarms=Wanted(metrics=file))
    alarming_run(site)
    other = site.folder / 'the "other".yaml'
    other.write_text(MAPPING_FILE.read_text().replace("../schemas", str(ROOT / "schemas")))
    alarming_run(site, file=other)
    alarming_run(site)
    found = {labels[1] for labels in measured(file) if labels[0] == "etl_run_exit_code"}
    assert found == {"tracos_client", 'the "other"'}
    assert file.read_text().count("# TYPE etl_run_exit_code gauge") == 1


def test_a_run_is_a_span_each_batch_is_one_and_outcomes_are_counted(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from opentelemetry import metrics, trace  # noqa: PLC0415 - only this test has it
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: PLC0415

    spans, counters, tracing = InMemorySpanExporter(), InMemoryMetricReader(), TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(tracing)
    metrics.set_meter_provider(MeterProvider([counters]))
    for number in range(1, 4):
        site.client_sends(number, isDone="yes" if number == 3 else None)
    site.settings = replace(site.settings, alarms=Wanted(otel=True))
    with alarmed(MAPPING_FILE, site.settings, Logged().log, Watch()) as watch:
        run(site.mapping, site.settings, None, Options(INBOUND, batch_size=2), watch)

    *batches, whole = [json.loads(str(span.to_json())) for span in spans.get_finished_spans()]
    assert (whole["name"], whole["attributes"]) == (
        "etl.run",
        {"etl.mapping": "tracos_client", "etl.run.id": whole["attributes"]["etl.run.id"], "etl.exit_code": 1},
    )
    assert [batch["name"] for batch in batches] == ["etl.batch"] * 2
    assert [batch["attributes"].get("etl.created") for batch in batches] == [2, None]
    assert batches[1]["attributes"]["etl.rejected"] == 1
    assert {batch["parent_id"] for batch in batches} == {whole["context"]["span_id"]}
    data = counters.get_metrics_data()
    assert data is not None
    found = json.loads(data.to_json())["resource_metrics"][0]["scope_metrics"][0]["metrics"]
    counted = {
        (metric["name"], point["attributes"].get("etl.outcome")): point["value"]
        for metric in found
        for point in metric["data"]["data_points"]
    }
    assert counted == {("etl.records", "created"): 2, ("etl.records", "rejected"): 1, ("etl.runs", None): 1}
    alarming_run(site)
    heard = [one for one in logging.getLogger("opentelemetry").handlers if type(one).__module__ == "etl.alarms.spans"]
    assert len(heard) == 1, "as many as after the first run"
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(SettingsError, match=r"pip install 'tracos-etl\[otel\]'"):
        alarming_run(site)


def test_nothing_of_it_is_imported_unasked() -> None:
    code = (
        "import etl.app.alarms, etl.cli.run, sys; "
        "print([name for name in ('opentelemetry', 'apprise', 'urllib.request') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
