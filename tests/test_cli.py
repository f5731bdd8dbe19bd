"""The command line as a user meets it: help, summary, exit codes, logs, no secrets, no tracebacks."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from etl.version import __version__
from tests.support.command_line import MAPPING, etl, etl_anew
from tests.support.site import MAPPING_FILE, ROOT, Site

RUN = shlex.join([sys.executable, "-m", "etl", "run", *MAPPING])


def test_help_and_version_need_nothing_and_import_no_driver() -> None:
    script = "import sys; from etl.cli import cli\ntry: cli(['--help'])\nexcept SystemExit: pass\n"
    script += "print([m for m in ('pymongo', 'jsonschema', 'structlog', 'jmespath', 'orjson') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert etl_anew("--version").stdout == f"etl, version {__version__}\n"


def test_a_run_prints_its_counts_and_exits_with_0(site: Site) -> None:
    site.client_sends(1)
    done = etl_anew("run", *MAPPING, site=site)
    assert (done.returncode, done.stdout) == (0, "inbound: 1 read = 1 created\noutbound: 1 read = 1 created\n")
    assert "inbound done" in done.stderr


@pytest.mark.parametrize(("direction", "lines"), [("inbound", 1), ("outbound", 1), ("both", 2)])
def test_a_direction_can_be_chosen(site: Site, direction: str, lines: int) -> None:
    done = etl("run", *MAPPING, "--direction", direction, site=site)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == lines


def test_a_rejected_record_is_a_warning_and_exit_code_1(site: Site) -> None:
    site.client_sends(1, orderNo="7", isDone="no")
    site.client_sends(2)
    done = etl("run", *MAPPING, site=site)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "inbound: 2 read = 1 created, 1 rejected"
    (warning,) = (line for line in done.stderr.splitlines() if "warning" in line)
    assert "1.json" in warning
    assert "orderNo: expected integer" in warning
    assert "isDone: expected boolean" in warning


def test_json_logs_are_one_object_a_line(site: Site) -> None:
    site.client_sends(1, orderNo="7")
    done = etl("run", *MAPPING, "--log-format", "json", "--log-level", "debug", site=site)
    events = [json.loads(line) for line in done.stderr.splitlines()]
    (rejected,) = (event for event in events if event["event"] == "rejected" and event["level"] == "warning")
    assert rejected["record"] == "1.json"
    assert rejected["reasons"] == ['orderNo: expected integer, found "7"']
    (payload,) = (event for event in events if event["level"] == "debug" and event["record"] == "1.json")
    assert payload["source"]["orderNo"] == "7"
    assert {event["level"] for event in events} == {"info", "debug", "warning"}


def test_log_levels_are_obeyed(site: Site) -> None:
    site.client_sends(1, orderNo="7")
    assert etl("run", *MAPPING, "--log-level", "error", site=site).stderr == ""
    assert "inbound done" not in etl("run", *MAPPING, "--log-level", "warning", site=site).stderr


@pytest.mark.parametrize(
    "arguments",
    [("run", "--direction", "sideways"), ("run", "--batch-size", "0"), ("fly",), ("run", "--nonsense"), ("fmt",)],
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    done = etl(*arguments)
    assert done.returncode == 2
    assert "Usage:" in done.stderr


def test_a_wrong_mapping_exits_with_3_before_anything_is_read(site: Site) -> None:
    wrong = site.folder / "wrong.yaml"
    wrong.write_text(MAPPING_FILE.read_text().replace("as: datetime", "as: datetim").replace("../schemas/", "schemas/"))
    done = etl("run", "--mapping", str(wrong), site=site)
    assert done.returncode == 3
    assert f"{wrong}:" in done.stderr
    assert 'there is no codec "datetim"' in done.stderr
    assert "Traceback" not in done.stderr
    assert not site.outbound.exists()


def test_a_missing_mapping_exits_with_3(site: Site) -> None:
    done = etl("run", "--mapping", "nowhere.yaml", site=site)
    assert done.returncode == 3
    assert "nowhere.yaml:1:1 E001 the file cannot be read: No such file or directory" in done.stderr


def test_an_empty_setting_exits_with_3(site: Site) -> None:
    done = etl("run", *MAPPING, site=site, MONGO_URI="")
    assert done.returncode == 3
    assert "MONGO_URI is empty; write one such as mongodb://localhost:27017, or unset it" in done.stderr


@pytest.mark.slow
def test_a_dead_mongodb_exits_with_4_and_the_password_appears_nowhere(site: Site) -> None:
    uri = "mongodb://ana:s3cret@127.0.0.1:9/?serverSelectionTimeoutMS=100"
    for form in ("text", "json"):
        done = etl(
            "run", *MAPPING, "--log-level", "debug", "--log-format", form, site=site, MONGO_URI=uri, RETRY_SECONDS="2"
        )
        assert done.returncode == 4
        assert "MongoDB is not reachable at mongodb://***@127.0.0.1:9/" in done.stderr
        assert "s3cret" not in done.stderr + done.stdout
        assert "Traceback" not in done.stderr


def test_a_missing_inbound_folder_exits_with_4(site: Site) -> None:
    done = etl("run", *MAPPING, site=site, DATA_INBOUND_DIR="nowhere")
    assert done.returncode == 4
    assert "the inbound folder nowhere cannot be read: No such file or directory" in done.stderr


def test_the_env_file_of_the_working_folder_counts(site: Site) -> None:
    site.client_sends(1)
    settings = {name: site.environment.pop(name) for name in ("MONGO_DATABASE", "DATA_OUTBOUND_DIR")}
    (site.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    assert etl("run", *MAPPING, site=site).returncode == 0
    assert site.client_gets(1)["orderNo"] == 1


def test_the_sample_is_ten_and_ten_with_all_six_statuses(site: Site) -> None:
    done = etl("sample", *MAPPING, site=site)
    assert done.returncode == 0, done.stderr
    orders = list(site.work_orders.find())
    assert sorted(order["number"] for order in orders) == list(range(1, 11))
    assert len({order["status"] for order in orders}) == 6
    assert all("isSynced" not in order and order["title"] and order["description"] for order in orders)
    records = [json.loads(file.read_text()) for file in site.inbound.iterdir()]
    assert sorted(record["orderNo"] for record in records) == list(range(1, 11))
    assert len({flag for record in records for flag, value in record.items() if value is True}) == 6


def test_the_sample_leaves_existing_work_orders_alone_and_is_the_same_every_time(site: Site) -> None:
    etl("sample", *MAPPING, "--count", "3", site=site)
    files = {file.name: file.read_text() for file in site.inbound.iterdir()}
    site.technician_edits(2, title="Mine")
    done = etl("sample", *MAPPING, "--count", "4", site=site)
    assert "1 new files" in done.stdout
    assert "1 new documents" in done.stdout
    assert site.work_order(2)["title"] == "Mine"
    assert {name: (site.inbound / name).read_text() for name in files} == files


def test_check_says_that_a_right_mapping_is_right() -> None:
    done = etl_anew("check", str(MAPPING_FILE))
    assert (done.returncode, done.stdout) == (0, f"{MAPPING_FILE}: 8 rules, no findings\n")


def test_check_says_everything_that_is_wrong_in_every_file(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("mapping: a\nlanguage: 2\nrulez: []\n")
    second.write_text("mapping: yes\nmapping: b\n")
    done = etl("check", str(first), str(MAPPING_FILE), str(second))
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    assert f"{first}:3:1 E010 unknown key rulez; did you mean rules?" in lines
    assert f"{MAPPING_FILE}: 8 rules, no findings" in lines
    assert any(line.startswith(f"{second}:1:10 E004 yes means different things") for line in lines)
    assert any(line.startswith(f"{second}:2:1 E003 mapping is here twice, first on line 1") for line in lines)


def test_a_client_file_that_is_there_is_not_overwritten_by_a_sample(site: Site) -> None:
    mine = site.client_sends(1, summary="Mine")
    assert "2 new files" in etl("sample", *MAPPING, "--count", "3", site=site).stdout
    assert json.loads((site.inbound / "1.json").read_text()) == mine


def _in_a_shell(command: str, site: Site) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", command], cwd=site.folder, env=site.environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("where", ["/dev/full", "closed"])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_run_goes_on_when_nobody_can_hear_it(site: Site, stream: str, where: str) -> None:
    site.client_sends(1)
    redirect = {"stdout": "1", "stderr": "2"}[stream] + (">&-" if where == "closed" else f">{where}")
    command = f"{RUN} {redirect}"
    done = _in_a_shell(command, site)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert site.client_gets(1)["orderNo"] == 1


def test_a_reader_that_has_seen_enough_does_not_stop_the_run(site: Site) -> None:
    site.client_sends(1)
    command = f"{RUN} | head -0"
    done = _in_a_shell(command, site)
    assert "Traceback" not in done.stderr
    assert site.client_gets(1)["orderNo"] == 1


def test_folders_may_have_blanks_and_umlauts(site: Site) -> None:
    folder = site.folder / "ein Ordner mit Ü"
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    shutil.copytree(ROOT / "mappings", folder / "mappings")
    site.environment |= {"DATA_INBOUND_DIR": f"{folder}/hin ein", "DATA_OUTBOUND_DIR": f"{folder}/hin aus"}
    assert etl("check", f"mappings/{MAPPING_FILE.name}", folder=folder).returncode == 0
    assert etl("sample", site=site, folder=folder).returncode == 0
    done = etl("run", site=site, folder=folder)
    assert (done.returncode, done.stdout) == (0, "inbound: 10 read = 10 updated\noutbound: 10 read = 10 created\n")
    assert len(list((folder / "hin aus").iterdir())) == 10


@pytest.mark.parametrize("name", ["MONGO_URI", "MONGO_DATABASE", "MONGO_COLLECTION"])
def test_a_setting_that_is_not_printable_exits_with_3(site: Site, name: str) -> None:
    site.environment[name] = "mongodb://\udcff"
    done = etl("run", *MAPPING, site=site)
    assert done.returncode == 3
    assert f"{name} holds a character that is not printable" in done.stderr


def test_the_collection_of_the_engine_itself_is_refused(site: Site) -> None:
    done = etl("run", *MAPPING, site=site, MONGO_COLLECTION="etl_state")
    assert done.returncode == 3
    assert "MONGO_COLLECTION is etl_state" in done.stderr


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_check_speaks_to_people_and_to_programs(form: str) -> None:
    file = MAPPING_FILE.with_name("..") / "tests" / "broken" / "E161_status_that_does_not_exist.yaml"
    done = etl("check", "--format", form, str(file.resolve()))
    assert done.returncode == 3
    assert "E161" in done.stdout
    if form == "json":
        assert {finding["severity"] for finding in json.loads(done.stdout)} == {"error"}
    if form == "sarif":
        (run,) = json.loads(done.stdout)["runs"]
        assert run["results"][-1]["locations"][0]["physicalLocation"]["region"] == {"startLine": 19, "startColumn": 9}
    if form == "github":
        assert done.stdout.startswith("::error file=")
    if form == "text":
        assert done.stdout.startswith(f"{file.resolve()}:")


def test_warnings_pass_unless_check_is_strict() -> None:
    file = MAPPING_FILE.parent.parent / "tests" / "broken" / "W170_unmapped_fields.yaml"
    assert etl("check", str(file)).returncode == 0
    assert etl("check", "--strict", str(file)).returncode == 3


def test_check_explains_a_code() -> None:
    done = etl("check", "--explain", "e110")
    assert done.returncode == 0
    assert done.stdout.startswith("## E110 No such field")
    assert etl("check", "--explain", "E999").returncode == 2


def test_check_and_test_take_all_mappings_of_the_folder_where_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    for command in ("check", "test"):
        refused = etl(command, folder=tmp_path)
        assert refused.returncode == 2
        assert "there is no mapping in mappings: name one" in refused.stderr
    etl("init", ".", "--like", "upkeep", folder=tmp_path)
    etl("init", "more", folder=tmp_path)
    shutil.copytree(tmp_path / "more" / "mappings" / "starter", tmp_path / "mappings" / "starter")
    shutil.copytree(tmp_path / "more" / "schemas", tmp_path / "schemas", dirs_exist_ok=True)
    checked = etl("check", folder=tmp_path).stdout
    assert "mappings/starter/starter.yaml" in checked
    assert "mappings/upkeep/upkeep.yaml" in checked
    tested = etl("test", "--no-laws", folder=tmp_path)
    assert tested.returncode == 0
    assert tested.stdout.count("examples") >= 2
