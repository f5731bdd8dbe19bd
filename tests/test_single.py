"""One record, and several mappings: `run --key` moves what has that key alone, and each mapping has its result."""

from __future__ import annotations

import json
from pathlib import Path

from etl import app
from etl.app.opening import quiet_log
from etl.transfer.run_history import RunRecord
from tests.support.command_line import MAPPING, etl
from tests.support.conflicts import Policy, command
from tests.support.site import Site, client_record


def history(site: Site) -> list[RunRecord]:
    return app.past_runs(site.mapping, site.settings, quiet_log())


def test_run_key_moves_that_record_alone_both_ways_and_a_run_moves_the_others(site: Site, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        site.client_sends(number)
    site.client_sends(4, summary=None)
    done = etl("run", "--key", "2", *MAPPING, site=site)
    assert (done.returncode, done.stdout) == (0, "inbound: 1 read = 1 created\noutbound: 1 read = 1 created\n")
    assert [found["number"] for found in site.work_orders.find()] == [2]
    assert [file.name for file in site.outbound.iterdir()] == ["workorder_2.json"]
    assert site.database["etl_dead_letters"].count_documents({}) == 0
    assert [record.command for record in history(site)] == ["run --key"]

    refused = etl("run", "--key", "4", *MAPPING, site=site)
    assert refused.returncode == 1
    assert refused.stdout == "inbound: 1 read = 1 rejected\noutbound: 0 read\n"
    metrics = tmp_path / "etl.prom"
    nothing = etl("run", "--key", "9", "--metrics", str(metrics), *MAPPING, site=site)
    assert nothing.returncode == 1
    assert "nothing has this key, or it waits for nothing" in nothing.stderr
    assert [record.exit_code for record in history(site)] == [1, 1, 0]
    assert 'etl_run_exit_code{mapping="tracos_client"} 1\n' in metrics.read_text()
    assert etl("run", "--key", "[1, 2]", *MAPPING, site=site).returncode == 3
    for words in (("run", "--key", ""), ("state", "show", ""), ("sample", "--show", ""), ("plan", "--key", "")):
        empty = etl(*words, *MAPPING, site=site)
        assert empty.returncode == 3
        assert "an empty text is no key of tracos_client: write a text or a whole number" in empty.stderr

    site.technician_edits(2, title="Fan")
    assert site.run()["outbound"] == {"read": 3, "created": 2, "updated": 1}
    site.technician_edits(1, title="Fan")
    site.technician_edits(3, title="Fan")
    edited = etl("run", "--direction", "outbound", "--key", "3", *MAPPING, site=site)
    assert edited.stdout == "outbound: 1 read = 1 updated\n"
    assert site.client_gets(3)["summary"] == "Fan"
    assert site.client_gets(1)["summary"] == "Pump 1"


def test_of_a_file_of_many_records_one_is_moved_and_the_file_stays_for_the_others(policy: Policy) -> None:
    files = (
        'files: {format: json_lines, inbound: {match: "*.jsonl", after: archive}, outbound: "out_{run}_{part}.jsonl"}'
    )
    site = policy("{wins: client}")
    text = site.mapping.file.read_text()
    line = next(line for line in text.splitlines() if line.strip().startswith("files: {inbound"))
    site.mapping.file.write_text(text.replace(line.strip(), files))
    records = [client_record(number) for number in (1, 2)] + [client_record(1, summary="Fan")]
    (site.inbound / "all.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    done = command(site, "run", "--key", "1", "--direction", "inbound")
    assert (done.returncode, done.stdout) == (0, "inbound: 2 read = 1 created, 1 superseded\n"), done.stderr
    assert site.work_order(1)["title"] == "Fan"
    assert (site.inbound / "all.jsonl").exists()
    every = command(site, "run", "--direction", "inbound")
    assert every.stdout == "inbound: 3 read = 1 created, 1 unchanged, 1 superseded\n"
    assert not (site.inbound / "all.jsonl").exists()


def test_of_several_mappings_each_runs_and_one_that_is_broken_stops_no_other(policy: Policy, tmp_path: Path) -> None:
    site = policy("{wins: review}")
    folder = site.mapping.file.parent
    (folder / "broken.yaml").write_text("mapping: broken\nlanguage: 1\n")
    site.client_sends(1)
    planned = etl("plan", "--detailed-exitcode", "--mapping", str(folder), site=site)
    assert planned.returncode == 3
    assert f"{folder / 'm.yaml'}:\ninbound: 1 read = 1 created\n" in planned.stdout
    done = etl("run", "--mapping", str(folder), site=site)
    assert done.returncode == 3
    assert done.stdout == (
        f"{folder / 'broken.yaml'}:\n{folder / 'm.yaml'}:\ninbound: 1 read = 1 created\noutbound: 1 read = 1 created\n"
    )
    assert done.stderr.endswith(f"2 mappings: 1 with exit code 0\n{folder / 'broken.yaml'}: exit code 3\n")
    both = etl("plan", "--out", str(tmp_path / "plan.json"), "--mapping", str(folder), site=site)
    assert both.returncode == 2
    assert "--out saves the plan of one mapping" in both.stderr
