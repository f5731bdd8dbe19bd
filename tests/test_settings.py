"""Settings: an exported variable beats the .env file, which beats the mapping and the defaults; empty is a value."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from etl import Mapping, Settings, SettingsError, load_settings, run
from etl.endpoints.files.location import Url
from etl.setting_names import SETTINGS
from etl.settings import EMBEDDED
from tests.support.command_line import MAPPING, etl
from tests.support.site import Site

README = (Path(__file__).parent.parent / "README.md").read_text()
NAMES = {
    "MONGO_URI": "uri",
    "MONGO_DATABASE": "database",
    "MONGO_COLLECTION": "collection",
    "DATA_INBOUND_DIR": "inbound",
    "DATA_OUTBOUND_DIR": "outbound",
}


def env_file(folder: Path, text: str) -> Path:
    file = folder / ".env"
    file.write_text(text)
    return file


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path / ".env")
    assert settings == Settings(
        uri=None,
        database="tractian",
        collection=None,
        inbound=Path("./data/inbound"),
        outbound=Path("./data/outbound"),
    )


@pytest.mark.parametrize("name", NAMES)
def test_an_exported_variable_beats_the_env_file_which_beats_the_default(name: str, tmp_path: Path) -> None:
    file = env_file(tmp_path, f"{name}=from-file\n")
    assert str(getattr(load_settings({}, file), NAMES[name])) == "from-file"
    assert str(getattr(load_settings({name: "exported"}, file), NAMES[name])) == "exported"


@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize("name", NAMES)
def test_an_empty_value_counts_and_is_refused_by_name(name: str, value: str, tmp_path: Path) -> None:
    file = env_file(tmp_path, f"{name}=from-file\n")
    with pytest.raises(SettingsError, match=f"{name} is empty"):
        load_settings({name: value}, file)
    with pytest.raises(SettingsError, match=f"{name} is empty"):
        load_settings({}, env_file(tmp_path, f"{name}='{value}'\n"))


def test_the_env_file_may_have_comments_quotes_and_dollars(tmp_path: Path) -> None:
    file = env_file(tmp_path, "# ours\nexport MONGO_URI='mongodb://u:p$x@h'  # why\nMONGO_DATABASE=\"a\"\n")
    settings = load_settings({}, file)
    assert (settings.uri, settings.database) == ("mongodb://u:p$x@h", "a")


def test_an_env_file_that_cannot_be_read_is_a_settings_error(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings({}, tmp_path / ".env")
    file = tmp_path / "latin"
    file.write_bytes(b"MONGO_DATABASE=caf\xe9\n")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings({}, file)


def test_settings_do_not_show_the_uri() -> None:
    assert "s3cret" not in repr(Settings(uri="mongodb://ana:s3cret@host"))


def test_the_committed_example_names_every_setting() -> None:
    text = (Path(__file__).parent.parent / ".env.example").read_text()
    assert re.findall(r"^#(\w+)=", text, re.MULTILINE) == list(SETTINGS)
    assert all(f"| `{name}` |" in README for name in SETTINGS)


def test_an_env_file_with_an_open_quote_is_refused_with_its_line(tmp_path: Path) -> None:
    file = env_file(tmp_path, "MONGO_DATABASE=a\nMONGO_URI='mongodb://ana:s3cret@host\nDATA_OUTBOUND_DIR=x\n")
    with pytest.raises(SettingsError, match=r"\.env:2: not NAME=VALUE, or a quote is not closed") as caught:
        load_settings({}, file)
    assert "s3cret" not in str(caught.value)


def problems(environment: dict[str, str], file: Path = Path("none")) -> tuple[str, ...]:
    """Return what is wrong with settings; fail if nothing is."""
    with pytest.raises(SettingsError) as caught:
        load_settings(environment, file)
    assert "s3cret" not in str(caught.value)
    return caught.value.problems


MISNAMED = {
    "MONGO_URL": "MONGO_URI",
    "MONGODB_URI": "MONGO_URI",
    "MONGODB_URL": "MONGO_URI",
    "MONGO_DB_URL": "MONGO_URI",
    "MONGO_CONNECTION_STRING": "MONGO_URI",
    "ETL_MONGO_URI": "MONGO_URI",
    "MOGNO_URI": "MONGO_URI",
    "MONGO-URI": "MONGO_URI",
    "MONGO_URI\u200b": "MONGO_URI",
    "mongo_uri": "MONGO_URI",
    "Mongo_Database": "MONGO_DATABASE",
    "MONGO_DB": "MONGO_DATABASE",
    "MONGO_DBNAME": "MONGO_DATABASE",
    "MONGO_DB_NAME": "MONGO_DATABASE",
    "MONGODB_DATABASE": "MONGO_DATABASE",
    "MONGO_COLL": "MONGO_COLLECTION",
    "MONGO_COLLECTIONS": "MONGO_COLLECTION",
    "max_rejected": "MAX_REJECTED",
    "MAX_REJECTD": "MAX_REJECTED",
    "MAX_REJECTS": "MAX_REJECTED",
    "MAX_REJECTED_RECORDS": "MAX_REJECTED",
    "MAX_DELETES": "MAX_DELETED",
    "MAX_DELETIONS": "MAX_DELETED",
    "MAX_DEPHT": "MAX_DEPTH",
    "MAX_RECORD_SIZE": "MAX_RECORD_BYTES",
    "LEASE_SECS": "LEASE_SECONDS",
    "RETRY_SECOND": "RETRY_SECONDS",
    "DATA_INBOUND": "DATA_INBOUND_DIR",
    "INBOUND_DIR": "DATA_INBOUND_DIR",
    "DATA_OUTBOUND_FOLDER": "DATA_OUTBOUND_DIR",
    "DATA_OUTBOUND_URL": "DATA_OUTBOUND_DIR",
}
OTHERS = (
    "PATH", "DATABASE_URL", "DB_NAME", "DATA_DIR", "INPUT_DIR", "MONGO", "MONGO_HOST", "MONGO_PORT", "MONGO_USER",
    "MONGO_SERVICE_HOST", "MONGO_PORT_27017_TCP", "MONGO_DB_SERVICE_HOST", "MONGO_VERSION", "MONGO_REPO", "MAX_WORKERS",
    "MAX_RETRIES", "RETRY_COUNT", "MONGO_INITDB_DATABASE", "ETL_TEST_MONGO_URI", "FSSPEC_S3_KEY",
)  # fmt: skip
"""Variables of other programs, of container images and of Kubernetes."""


@pytest.mark.parametrize(("name", "right"), MISNAMED.items())
def test_a_name_that_is_nearly_a_setting_is_refused_and_the_right_one_is_named(
    name: str, right: str, tmp_path: Path
) -> None:
    (exported,) = problems({name: "mongodb://ana:s3cret@host"})
    assert f"is exported, and there is no such setting: write {right}; or, if another program" in exported
    (in_file,) = problems({}, env_file(tmp_path, f"# ours\n\n{name}=s3cret\n"))
    assert in_file.startswith(f"{tmp_path / '.env'}:3: there is no setting ")
    assert in_file.endswith(f"; write {right}")


@pytest.mark.parametrize(("name", "right"), MISNAMED.items())
def test_a_variable_of_another_program_is_no_mistake_where_ours_is_exported_too(name: str, right: str) -> None:
    assert load_settings({name: "x", right: "7"}) == load_settings({right: "7"})


@pytest.mark.parametrize("name", OTHERS)
def test_a_variable_of_another_program_is_none_of_our_business(name: str) -> None:
    assert load_settings({name: "x"}) == Settings()


@pytest.mark.parametrize(
    "name",
    [
        *("MONGO_HOST", "MONGO_USER", "MONGO_PASSWORD", "MAX_ERRORS", "DATA_DIR", "LEASE_TTL", "RETRY_COUNT", "ETL_X"),
        *("NOTIFY", "HEARTBEAT", "METRICS", "OTEL", "FAIL", "KEEP_RUNS", "REJECTS"),
    ],
)
def test_in_our_own_file_every_name_that_looks_like_a_setting_is_refused(name: str, tmp_path: Path) -> None:
    (said,) = problems({}, env_file(tmp_path, f"{name}=s3cret\n"))
    assert f".env:1: there is no setting {name}; remove it; there are MONGO_URI, MONGO_DATABASE" in said


def test_in_our_own_file_what_is_plainly_meant_for_others_is_left_alone(tmp_path: Path) -> None:
    text = "COMPOSE_PROJECT_NAME=a\nFSSPEC_S3_KEY=b\nAWS_REGION=c\nMONGO_INITDB_ROOT_PASSWORD=d\nOTEL_SERVICE_NAME=e\n"
    assert load_settings({}, env_file(tmp_path, text)) == Settings()


def test_everything_that_is_wrong_is_said_at_once(site: Site) -> None:
    done = etl(
        "run", *MAPPING, site=site, MAX_REJECTED="five", LEASE_SECONDS="30s", MAX_REJECTD="1", MONGO_DATABASE="a/b"
    )
    assert done.returncode == 3
    said = [line.partition("] ")[2] for line in done.stderr.splitlines()]
    assert [line.split()[0] for line in said] == ["MONGO_DATABASE", "MAX_REJECTED", "LEASE_SECONDS"]
    text = env_file(site.folder, "MONGO_DB=a\nMAX_REJECTED=1\nMAX_REJECTED=2\n")
    assert len(problems({}, text)) == 2


def test_a_setting_that_the_file_has_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    (said,) = problems({}, env_file(tmp_path, "MONGO_URI=mongodb://a:s3cret@h\n\n# new\nMONGO_URI=mongodb://b\n"))
    assert said.endswith(".env:4: MONGO_URI is set here and on line 1; keep one of them")


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize(
    "value",
    [
        "mongodb://ana:s3cret@host:27017/db",
        "mongodb+srv://host/?tlsCertificateKeyFilePassword=s3cret-token",
        "postgres://ana:s3cret@host/x/y",
        "ana:s3cret@host",
    ],
)
def test_no_message_shows_a_secret_that_is_pasted_into_the_wrong_setting(name: str, value: str, site: Site) -> None:
    environment: dict[str, Any] = {"RETRY_SECONDS": "1", name: value}
    if name == "MONGO_URI":
        environment[name] = value.replace("host", "127.0.0.1:9").replace("+srv", "")
    for form in ("text", "json"):
        done = etl("run", *MAPPING, "--log-level", "debug", "--log-format", form, site=site, **environment)
        assert "s3cret" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert done.returncode in {0, 3, 4}


@pytest.mark.parametrize("option", ["--max-rejected", "--max-deleted"])
def test_nor_does_an_option(option: str) -> None:
    done = etl("run", option, "mongodb://ana:s3cret@host")
    assert done.returncode == 2
    assert "write a number such as 100" in done.stderr
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e9"])
def test_a_wait_has_an_end(value: str) -> None:
    assert etl("run", "--wait", value).returncode == 2


@pytest.mark.parametrize(
    "value", ["30s", "4MB", "1_000", "+5", "-5", "0", "nan", "inf", "1e3", "true", "5,0", "0x1F", "½"]
)
@pytest.mark.parametrize("name", ["MAX_RECORD_BYTES", "MAX_DEPTH", "LEASE_SECONDS", "RETRY_SECONDS"])
def test_a_number_has_no_unit_no_sign_and_no_other_form(name: str, value: str) -> None:
    (said,) = problems({name: value})
    assert said.startswith(f'{name} is "')
    assert "write a whole number from 1 to" in said


@pytest.mark.parametrize("name", ["MAX_REJECTED", "MAX_DELETED"])
@pytest.mark.parametrize("value", ["5 %", "0.05", "nan", "inf%", "none", "true", "-5%", "1_0", "100.1%", "99999999999"])
def test_a_limit_is_written_in_one_way(name: str, value: str) -> None:
    (said,) = problems({name: value})
    assert said.startswith(f'{name} is "{value}"; write a number such as 100, or a share such as 5%')


def test_blanks_around_a_value_are_no_part_of_it() -> None:
    environment = {name: f" {value} " for name, value in {
        "MONGO_URI": "mongodb://h", "MONGO_DATABASE": "a", "MONGO_COLLECTION": "b", "DATA_INBOUND_DIR": "c",
        "DATA_OUTBOUND_DIR": "s3://d/e", "MAX_REJECTED": "5%", "LEASE_SECONDS": "7",
    }.items()}  # fmt: skip
    expected = {name: value.strip() for name, value in environment.items()}
    assert load_settings(environment) == load_settings(expected)
    assert load_settings(environment).collection == "b"


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("quote", ["'", '"', "`"])
def test_quotes_that_a_container_hands_on_are_refused(name: str, quote: str) -> None:
    (said,) = problems({name: f"{quote}s3cret{quote}"})
    assert said == f"{name} is in quotes, which are a part of it here; write it without"


def test_a_home_is_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    settings = load_settings({"DATA_INBOUND_DIR": "~/in", "DATA_OUTBOUND_DIR": "./~x"})
    assert (settings.inbound, settings.outbound) == (Path("/home/ana/in"), Path("~x"))
    (said,) = problems({"DATA_INBOUND_DIR": "~nobody-of-this-name/in"})
    assert said == "DATA_INBOUND_DIR begins with the home of somebody who is not known here; ./~NAME is a folder"


@pytest.mark.parametrize(
    "value", ["$HOME/in", "${HOME}/in", "/srv/${CUSTOMER}", "/srv/$CUSTOMER/in", "%USERPROFILE%/in"]
)
def test_a_variable_in_a_folder_is_refused_since_nothing_replaces_it(value: str, tmp_path: Path) -> None:
    (said,) = problems({}, env_file(tmp_path, f"DATA_OUTBOUND_DIR='{value}'\n"))
    assert said == "DATA_OUTBOUND_DIR names a variable, and none is replaced here; write out what it stands for"


def test_a_url_that_has_lost_its_beginning_is_no_folder() -> None:
    for text in ("sftp:/ana:s3cret@host/in", "ana:s3cret@host/in"):
        (said,) = problems({"DATA_INBOUND_DIR": text})
        assert said == "DATA_INBOUND_DIR is a URL without its ://; write it with that"
    assert load_settings({"DATA_INBOUND_DIR": "C:/in"}).inbound == Path("C:/in")
    assert load_settings({"DATA_INBOUND_DIR": "memory://in"}).inbound == Url("memory://in")


@pytest.mark.parametrize("name", ["DATA_INBOUND_DIR", "DATA_OUTBOUND_DIR"])
def test_a_folder_is_not_the_one_of_the_embedded_mongodb(name: str) -> None:
    for place in (EMBEDDED, f"{EMBEDDED}/files", f"{EMBEDDED}/../db"):
        (said,) = problems({name: place})
        assert said == f"{name} is in data/db, where the embedded MongoDB keeps its data; name another"
    load_settings({name: EMBEDDED, "MONGO_URI": "mongodb://h"})


@pytest.mark.parametrize("value", ["a$b", "$cmd", "system.users", ".a", "a.", "a..b", "a://b", "a:b@c", "x" * 200])
def test_a_collection_that_mongodb_would_not_have_or_take_for_its_own_is_refused(value: str) -> None:
    (said,) = problems({"MONGO_COLLECTION": value})
    assert said.startswith("MONGO_COLLECTION ")
    assert "is not a collection name: write one without $" in said
    assert load_settings({"MONGO_COLLECTION": "maintenance.work orders"}).collection == "maintenance.work orders"


@pytest.mark.parametrize("value", ["a b", "a.b", "a/b", "a$b", "it's", "x" * 64, "ä" * 32])
def test_a_database_that_mongodb_would_not_have_is_refused(value: str) -> None:
    (said,) = problems({"MONGO_DATABASE": value})
    assert "is not a database name: write one without blanks" in said


def test_the_database_is_the_one_of_the_uri_unless_mongo_database_names_another() -> None:
    assert load_settings({"MONGO_URI": "mongodb://h/customer_db"}).database == "customer_db"
    assert load_settings({"MONGO_URI": "mongodb://a:b@h1,h2:1/customer%5Fdb?w=1"}).database == "customer_db"
    assert load_settings({"MONGO_URI": "mongodb://h/customer_db", "MONGO_DATABASE": "other"}).database == "other"
    assert load_settings({"MONGO_URI": "mongodb://h/?appName=a/b"}).database == "tractian"
    assert load_settings({"MONGO_URI": "mongodb://h"}).database == "tractian"
    assert load_settings({"MONGO_URI": "embedded"}).database == "tractian"
    assert Settings(uri="mongodb://h/customer_db").database == "customer_db"


def test_a_run_writes_into_the_database_of_the_uri_and_says_so_where_another_wins(site: Site) -> None:
    site.client_sends(1)
    named = site.environment["MONGO_URI"].replace("/?", f"/{site.database.name}?")
    del site.environment["MONGO_DATABASE"]
    done = etl("run", *MAPPING, site=site, MONGO_URI=named)
    assert done.returncode == 0
    assert site.work_order(1)["title"] == "Pump 1"
    other = named.replace(f"/{site.database.name}?", "/customer_db?")
    done = etl("run", *MAPPING, site=site, MONGO_URI=other, MONGO_DATABASE=site.database.name)
    assert f"using the database {site.database.name} of MONGO_DATABASE, not customer_db of MONGO_URI" in done.stderr
    assert done.stdout == "inbound: 1 read = 1 unchanged\noutbound: 0 read\n"


@pytest.mark.parametrize("name", ["admin", "local", "config"])
def test_a_database_of_mongodbs_own_is_refused_and_may_stay_in_the_uri(name: str, site: Site) -> None:
    uri = site.environment["MONGO_URI"].replace("/?", f"/{name}?")
    with pytest.raises(SettingsError, match=f"the database {name} is MongoDB's own; write MONGO_DATABASE=NAME"):
        run(site.mapping, Settings(uri=uri))
    problems({"MONGO_DATABASE": name})
    run(site.mapping, replace(site.settings, uri=uri))


def test_a_collection_in_the_uri_is_refused_with_where_it_belongs(site: Site) -> None:
    with pytest.raises(SettingsError, match="names a collection behind its database; name that in MONGO_COLLECTION"):
        run(site.mapping, Settings(uri="mongodb://h/customer_db.orders"))


@pytest.mark.parametrize(
    "option",
    [
        "tls=yes", "ssl=1", "w=-1", "journal=maybe", "wTimeoutMS=abc", "directConnection=ja", "w=1&w=majority",
        "readPreference=nearst", "retryWrites=x", "authMechanism=SCRAM", "appName=" + "x" * 200, "connectTimeoutMS=1s",
        "datetime_conversion=date",
    ],
)  # fmt: skip
def test_an_option_of_the_uri_that_pymongo_would_leave_out_is_refused(option: str, mapping: Mapping) -> None:
    """It only warns, and goes on without: without TLS, for one."""
    with pytest.raises(SettingsError, match=r"MONGO_URI (has an option that would be left out: |is not a usable)"):
        run(mapping, Settings(uri=f"mongodb://ana:s3cret@h/?{option}"))


@pytest.mark.parametrize("form", ["\ufeffMAX_DEPTH=7\n", "MAX_DEPTH=7\r\n", " export MAX_DEPTH = '7' # why\n"])
def test_a_file_is_read_as_editors_and_shells_write_it(form: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(form.encode())
    assert load_settings({}, file).max_depth == 7


def test_a_file_that_is_there_and_cannot_be_read_is_not_taken_for_none(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("nowhere")
    assert problems({}, link) == (
        f"{link} cannot be read: it is a link to a file that is not there; correct it, or remove it",
    )
    wide = tmp_path / "wide"
    wide.write_text("MAX_DEPTH=7\n", "utf-16")
    assert "cannot be read: it is not UTF-8 text" in problems({}, wide)[0]
    below = env_file(tmp_path, "")
    assert "Not a directory" in problems({}, below / ".env")[0]


def test_of_a_file_of_something_else_not_every_line_is_told(tmp_path: Path) -> None:
    said = problems({}, env_file(tmp_path, "no setting at all\n" * 1000))
    assert len(said) == 21
    assert said[-1] == f"{tmp_path / '.env'}: 980 more are wrong"


@pytest.mark.parametrize("name", ["NONE", "None"])
def test_what_is_nearly_no_index_is_no_name_of_one(name: str, tmp_path: Path) -> None:
    (said,) = problems({}, env_file(tmp_path, f'MONGO_INDEX="{name}"\n'))
    assert "or none for no index" in said


@pytest.mark.parametrize("name", ["DATA_INBOUND_DIR", "DATA_OUTBOUND_DIR"])
def test_a_folder_that_is_a_file_is_refused_before_anything_is_read(tmp_path: Path, name: str) -> None:
    file = tmp_path / "taken"
    file.write_text("")
    assert problems({name: str(file), "MONGO_URI": "mongodb://h"}) == (f"{name}: {file} is a file; name a folder",)
