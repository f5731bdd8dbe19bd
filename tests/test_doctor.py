"""The doctor: everything that a run needs is examined, what is wrong has its fix, and nothing is changed."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pymongo
import pytest

from etl import app
from etl.app.examining import database, folders
from etl.endpoints.mongodb import counts, examined
from tests.support.command_line import BARE, MAPPING, Done, etl
from tests.support.conflicts import Policy, command
from tests.support.site import MAPPING_FILE, URI, Site

pytestmark = pytest.mark.untouched


def found(done: Done) -> dict[str, tuple[str, str, str]]:
    """Return what was found by subject, the worst of each: the mark, the text, the fix."""
    (one,) = json.loads(done.stdout)
    ranks = ["ok", "warn", "fail"]
    checks = sorted(one["checks"], key=lambda check: ranks.index(check["mark"]))
    return {check["subject"]: (check["mark"], check["text"], check["fix"]) for check in checks}


def test_all_that_a_run_needs_is_named_with_its_origin_and_nothing_is_made(site: Site) -> None:
    site.client_sends(1)
    there = site.database.list_collection_names()
    (site.folder / ".env").write_text("MAX_REJECTED=5%\n")
    done = etl("doctor", "--json", *MAPPING, site=site)
    checks = found(done)
    assert done.returncode == 0, checks
    assert {mark for mark, _, _ in checks.values()} == {"ok"}
    assert checks["DATA_INBOUND_DIR"][1] == f"{site.inbound}, exported"
    assert checks["MAX_REJECTED"][1] == '"5%", .env'
    assert checks["RETRY_SECONDS"][1] == "30, as it is not set"
    assert checks["REJECTS_CSV"][1] == "off, as it is not set"
    assert checks["FAIL_ON"][1] == "new, as it is not set"
    assert checks["LETTERS_KEPT"][1] == "for ever, as it is not set"
    assert checks["MONGO_DATABASE"][1].endswith(", exported")
    assert checks["inbound"][1] == f"{site.inbound}: 1 file matches *.json"
    assert re.match(r"[\d.,]+ GB are free at ", checks["outbound"][1])
    assert checks["index"][1] == "none keeps number unique yet: the next run makes one"
    assert re.match(r"etl \S+, Python 3\.\S+, .*; pymongo ", checks["etl"][1])
    assert site.database.list_collection_names() == there
    assert not site.outbound.exists()
    screen = etl("doctor", *MAPPING, site=site).stdout
    assert screen.splitlines()[-1].endswith(" ok, 0 warn, 0 fail")


def test_what_is_wrong_has_its_fix_and_the_exit_code_of_a_run(site: Site, tmp_path: Path) -> None:
    (site.inbound / "1.JSON").write_text("{}")
    site.work_orders.insert_many([{"number": 4}, {"number": 4}, {"number": 5}])
    (tmp_path / "file").write_text("")
    wrong = {"DATA_OUTBOUND_DIR": str(tmp_path / "file" / "out"), "MONGO_DB": "theirs"}
    done = etl("doctor", "--json", *MAPPING, site=site, settings=wrong)
    checks = found(done)
    assert done.returncode == 4
    assert checks["inbound"][0] == "warn"
    assert checks["inbound"][1].startswith(f"{site.inbound}: 1.JSON differs from *.json in capitals")
    assert checks["outbound"][:2] == ("fail", f"{tmp_path / 'file'} is no folder")
    assert checks["duplicates"] == ("fail", "documents share a number: 4 (2 times)", "keep one of each")
    assert checks["MONGO_DB"][0] == "warn"
    assert checks["MONGO_DB"][1].startswith("MONGO_DB is exported, and is no setting; MONGO_DATABASE is exported")

    done = etl("doctor", "--json", *MAPPING, site=site, settings={"MAX_REJECTD": "3"})
    assert done.returncode == 3
    assert "there is no such setting: write MAX_REJECTED" in found(done)["settings"][1]

    one = etl("doctor", "--json", *MAPPING, site=site, DATA_INBOUND_DIR=str(tmp_path / "none"))
    assert found(one)["inbound"][:2] == ("fail", f"{tmp_path / 'none'} cannot be read: No such file or directory")


def test_the_embedded_mongodb_is_named_in_large_letters_and_not_made(tmp_path: Path) -> None:
    done = etl("doctor", "--json", *MAPPING, folder=tmp_path, settings=BARE | {"MONGO_URI": "embedded"})
    checks = found(done)
    assert checks["MongoDB"][0] == "warn"
    assert f"an EMBEDDED, PRIVATE MongoDB with its data in {tmp_path / 'data' / 'db'}" in checks["MongoDB"][1]
    assert checks["server"][1].endswith("yet: the first run makes it")
    assert list(tmp_path.iterdir()) == []


def test_a_mongodb_that_does_not_answer_is_told_at_once_and_no_password_is_shown(tmp_path: Path) -> None:
    uri = "mongodb://ana:geheim@127.0.0.1:9/db"
    done = etl("doctor", "--json", *MAPPING, folder=tmp_path, settings=BARE | {"MONGO_URI": uri})
    assert done.returncode == 4
    assert found(done)["MongoDB"][1].startswith("MongoDB is not reachable at mongodb://***@127.0.0.1:9/db")
    assert found(done)["MONGO_DATABASE"][1] == "db, as MONGO_URI says"
    assert "geheim" not in done.stdout + done.stderr


def test_a_mapping_with_findings_and_one_that_takes_what_is_for_another_are_named(policy: Policy) -> None:
    site = policy("{wins: review}")
    site.client_sends(1)
    site.run()
    text = site.mapping.file.read_text()
    (site.mapping.file.parent / "other.yaml").write_text(text.replace("mapping: tracos_client", "mapping: other"))
    checks = found(command(site, "doctor", "--json"))
    assert checks["overlaps"][0] == "warn"
    assert checks["overlaps"][1].startswith(f"W196 {site.mapping.file.parent / 'other.yaml'} works with the collection")
    assert checks["index"] == ("ok", "etl_key_number_numbers keeps number unique", "")
    site.database["etl_leases"].insert_one({"_id": {"mapping": "upkeep", "collection": "workorders"}, "token": 1})
    assert "work with workorders: upkeep" in found(command(site, "doctor", "--json"))["neighbours"][1]
    site.mapping.file.write_text(text.replace("tracos: title}", "tracos: titel}"))
    done = command(site, "doctor", "--json")
    assert done.returncode == 3
    mark, said, _ = found(done)["mapping"]
    assert mark == "fail"
    assert re.search(r"m\.yaml:\d+:\d+ E\d+ .*titel", said)


def test_a_clock_that_is_wrong_a_full_disk_and_a_queue_that_nobody_can_count_are_warnings(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, value in (
        (examined, "_APART", -1e-9),
        (examined, "LOOKED_AT", 2),
        (examined, "_LONGEST_MS", 700),
        (folders, "_LITTLE", 10**18),
    ):
        monkeypatch.setattr(module, name, value)
    site.work_orders.insert_many([{"number": number} for number in range(3)])
    checks = {check.subject: check for check in database.examine_database(site.mapping, site.settings)}
    assert (checks["queue"].mark.value, checks["queue"].fix) == ("warn", 'db.workorders.createIndex({"isSynced": 1})')
    site.work_orders.create_index("isSynced")
    again = {check.subject for check in database.examine_database(site.mapping, site.settings)}
    assert "queue" not in again
    assert folders.room("outbound", site.folder).mark.value == "warn"
    assert counts.LOOKED_AT > 2


def test_a_user_who_may_not_write_is_told_before_the_run(site: Site) -> None:
    name = f"reader_{os.getpid()}"
    with pymongo.MongoClient[dict[str, Any]](os.environ[URI]) as client:
        client[site.database.name].command("createUser", name, pwd="geheim", roles=["read"])
        try:
            uri = os.environ[URI].replace("mongodb://", f"mongodb://{name}:geheim@", 1)
            joined = uri + ("&" if "?" in uri else "/?") + f"authSource={site.database.name}"
            mark, text, fix = found(etl("doctor", "--json", *MAPPING, site=site, MONGO_URI=joined))["rights"]
        finally:
            client[site.database.name].command("dropUser", name)
    assert mark == "fail"
    assert text.startswith(f"{name}@{site.database.name} may not ")
    assert fix == f"give this user the role readWrite on the database {site.database.name}"


def test_the_doctor_of_several_mappings_examines_each(site: Site, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("mapping: broken\nlanguage: 1\n")
    done = etl("doctor", *MAPPING, "--mapping", str(broken), site=site)
    assert done.returncode == 3
    assert f"{MAPPING_FILE}:\n" in done.stdout
    assert f"{broken}: exit code 3" in done.stderr
    assert app.doctor(broken)[-1].subject == "the rest"
