"""MongoDB when it misbehaves: what is retried, what is not, what a person is told."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pymongo
import pytest
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    ConnectionFailure,
    DuplicateKeyError,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteError,
)

from etl import EndpointError, Mapping, Settings, SettingsError, run
from etl.app import open_session
from etl.endpoints.mongodb.retry import Retry, is_transient
from etl.endpoints.mongodb.uri import redact, shown_uri
from etl.logs import make_log
from tests.support.failing import failing
from tests.support.site import FRAGILE, INBOUND, OUTBOUND, Site

pytestmark = pytest.mark.untouched


def labelled(error: PyMongoError, label: str) -> PyMongoError:
    error._add_error_label(label)
    return error


TRANSIENT = [
    AutoReconnect("gone"),
    NetworkTimeout("slow"),
    NotPrimaryError("stepped down"),
    ServerSelectionTimeoutError("nobody there"),
    ConnectionFailure("cut"),
    labelled(OperationFailure("shutting down", 91), "RetryableWriteError"),
]
FINAL = [
    OperationFailure("Authentication failed.", 18),
    OperationFailure("not authorized", 13),
    WriteError("Document failed validation", 121),
    ConfigurationError("bad option"),
    ValueError("ours"),
]


@pytest.mark.parametrize("error", TRANSIENT, ids=lambda error: type(error).__name__)
def test_a_transient_error_is_tried_again_with_growing_random_pauses_until_the_budget_ends(error: Exception) -> None:
    pauses: list[float] = []
    announced: list[int] = []

    def call() -> None:
        raise error

    with pytest.raises(type(error)):
        Retry(pauses.append, lambda _, attempt: announced.append(attempt), seconds=2)(call)
    assert is_transient(error)
    assert len(pauses) >= 4, "the first four pauses are shorter than the budget, whatever their length"
    assert announced == list(range(1, len(pauses) + 1))
    assert all(0 <= pause <= min(5.0, 0.2 * 2**number) for number, pause in enumerate(pauses))


@pytest.mark.parametrize("error", FINAL, ids=lambda error: type(error).__name__)
def test_an_error_that_would_come_again_is_not_retried(error: Exception) -> None:
    calls: list[int] = []

    def call() -> None:
        calls.append(1)
        raise error

    with pytest.raises(type(error)):
        Retry(lambda _: None, lambda *_: None)(call)
    assert not is_transient(error)
    assert len(calls) == 1


def test_a_call_that_recovers_returns_its_value() -> None:
    answers: Iterator[Exception | str] = iter([AutoReconnect("gone"), AutoReconnect("gone"), "pong"])

    def call() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert Retry(lambda _: None, lambda *_: None)(call) == "pong"


COMMANDS = ["ping", "listIndexes", "createIndexes", "find", "insert", "update"]
NETWORK, NOT_PRIMARY = {"closeConnection": True}, {"errorCode": 10107}


@pytest.mark.slow
@pytest.mark.parametrize("how", [NETWORK, NOT_PRIMARY], ids=["network", "not primary"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_short_failure_of_any_command_is_survived(fragile_site: Site, command: str, how: dict[str, Any]) -> None:
    fragile_site.client_sends(1)
    fragile_site.run()
    for number in (1, 2, 3):
        fragile_site.client_sends(number, isDone=True)
    fragile_site.work_orders.drop_indexes()
    with failing(fragile_site, command, 2, **how):
        reports = fragile_site.run()
    assert reports == {
        "inbound": {"read": 3, "created": 2, "updated": 1},
        "outbound": {"read": 3, "created": 2, "updated": 1},
    }
    assert fragile_site.run() == {"inbound": {"read": 3, "unchanged": 3}, "outbound": {}}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_lasting_failure_stops_the_run_and_a_rerun_completes_it(fragile_site: Site, command: str) -> None:
    fragile_site.settings = replace(fragile_site.settings, retry_seconds=1)
    for number in (1, 2, 3):
        fragile_site.client_sends(number)
    with failing(fragile_site, command, 1000, **NETWORK), pytest.raises(EndpointError, match="is not reachable"):
        fragile_site.run()
    fragile_site.run()
    assert fragile_site.work_orders.count_documents({"isSynced": True}) == 3
    assert len(list(fragile_site.outbound.iterdir())) == 3
    assert fragile_site.run() == {"inbound": {"read": 3, "unchanged": 3}, "outbound": {}}


def test_when_a_write_was_done_but_its_answer_was_lost_nothing_is_doubled(fragile_site: Site) -> None:
    """A write concern error after the write: the records are there, the first answer says otherwise."""
    for number in (1, 2, 3):
        fragile_site.client_sends(number)
    with failing(
        fragile_site,
        "insert",
        1,
        writeConcernError={"code": 91, "errmsg": "shutting down"},
    ):
        reports = fragile_site.run(directions=INBOUND)
    assert reports == {"inbound": {"read": 3, "created": 3}}
    assert fragile_site.work_orders.count_documents({}) == 3


def test_when_mongodb_is_not_reachable_it_says_what_was_tried_and_how_to_start_one(site: Site) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    uri = f"mongodb://ana:s3cret@127.0.0.1:{port}/?serverSelectionTimeoutMS=100"
    site.client_sends(1)
    settings = replace(site.settings, uri=uri, retry_seconds=1)
    with pytest.raises(EndpointError) as caught:
        run(site.mapping, settings)
    message = str(caught.value)
    assert f"MongoDB is not reachable at mongodb://***@127.0.0.1:{port}/" in message
    assert "docker compose up -d --wait" in message
    assert "s3cret" not in message
    assert not site.outbound.exists()


def test_a_refused_password_is_said_at_once_and_not_repeated(mapping: Mapping) -> None:
    """That server has no users, so any login is refused."""
    uri = os.environ[FRAGILE].replace("mongodb://", "mongodb://ana:s3cret@")
    with pytest.raises(EndpointError) as caught:
        run(mapping, Settings(uri=uri, database="x"))
    assert "refused us: authentication failed" in str(caught.value).lower()
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("mongodb://", "not a usable MongoDB URI"),
        ("mongodb://ana:s3/cret@localhost", "percent-encode it"),
        ("mongodb://ana:s3@cret@localhost", "percent-encode it"),
        ("localhost:27017", "does not begin with mongodb://"),
        ("mongodb://localhost/?w=0", "w=0"),
        ("mongodb://localhost/?tsl=true", "an option that does not exist; did you mean one of tls,"),
        ("mongodb://localhost/?s3s3s3s3=1", "an option that does not exist"),
        ("mongodb://ana:s%ZZcret@localhost", "not a usable MongoDB URI"),
        ("mongodb://localhost:99999", "not a usable MongoDB URI"),
        ("mongodb://localhost/?tls=true&tlsCAFile=/nowhere", "[Errno 2]"),
    ],
)
def test_a_malformed_uri_is_a_settings_error_without_its_password(site: Site, uri: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        run(site.mapping, Settings(uri=uri))
    assert reason in str(caught.value)
    assert "s3" not in str(caught.value)
    assert "ZZcret" not in str(caught.value)


@pytest.mark.parametrize(("field", "value"), [("database", "a.b"), ("database", "a b"), ("collection", "a..b")])
def test_a_malformed_name_is_a_settings_error(site: Site, field: str, value: str) -> None:
    changes: dict[str, Any] = {field: value}
    settings = replace(site.settings, **changes)
    with pytest.raises(SettingsError, match=f"MONGO_{field.upper()} .* is not a {field} name"):
        run(site.mapping, settings)


def test_redaction_hides_passwords_however_they_are_written() -> None:
    uri = "mongodb+srv://ana:p%40ss%2Fword@cluster.example/?x=1"
    text = f"cannot use {uri} with p@ss/word or p%40ss%2Fword, nor mongodb://bob:other@host"
    assert redact(text, uri) == (
        "cannot use mongodb+srv://***@cluster.example/?x=1 with *** or ***, nor mongodb://***@host"
    )
    assert redact("p@ss/word or p%40ss%2Fword", uri) == "*** or ***"
    assert redact("mongodb://localhost:27017 stays", "mongodb://localhost:27017") == "mongodb://localhost:27017 stays"


@pytest.mark.parametrize(
    "options",
    [
        "authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:s3cret-token",
        "tls=true&tlsCertificateKeyFilePassword=s3cret-token",
        "proxyPassword=s3cret-token",
    ],
)
def test_secrets_in_the_options_of_a_uri_are_not_shown(options: str) -> None:
    uri = f"mongodb://ana:pw@host:1/db?{options}"
    assert shown_uri(uri) == "mongodb://***@host:1/db"
    assert redact("it said s3cret-token", uri) == "it said ***"
    assert redact("a power of pw", uri) == "a power of pw", "too short to look for in words"


ORDER = {"title": "Twin", "status": "pending", "createdAt": datetime(2025, 1, 1, tzinfo=UTC)}


def test_duplicates_that_are_there_already_are_named_and_nothing_is_written(site: Site) -> None:
    for number in (4, 4, 9, 9, 9, 5):
        site.work_orders.insert_one({**ORDER, "number": number})
    site.client_sends(1)
    with pytest.raises(EndpointError) as caught:
        site.run()
    assert "share a number: 4 (2 times); 9 (3 times); keep one of each" in str(caught.value)
    assert site.work_orders.count_documents({}) == 6
    assert site.work_orders.count_documents({"isSynced": {"$exists": True}}) == 0
    assert not site.outbound.exists()
    assert "etl_state" not in site.database.list_collection_names()


def test_a_unique_index_of_tracos_itself_is_good_enough(site: Site) -> None:
    site.work_orders.create_index("number", unique=True, name="tracos_number")
    site.work_orders.insert_one({**ORDER})
    site.client_sends(1)
    assert site.run() == {"inbound": {"read": 1, "created": 1}, "outbound": {"read": 2, "created": 1, "rejected": 1}}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"unique": True, "partialFilterExpression": {"number": {"$gt": 5}}},
        {"unique": True, "sparse": True},
        {"unique": True, "hidden": True},
        {"unique": True, "collation": {"locale": "en", "strength": 2}},
    ],
    ids=["not unique", "partial", "sparse", "hidden", "collation"],
)
def test_an_index_that_does_not_cover_every_number_is_not_relied_on(site: Site, options: dict[str, Any]) -> None:
    site.work_orders.create_index("number", **options)
    site.work_orders.insert_many([{**ORDER, "number": number} for number in range(1, 9)])
    assert site.run(batch_size=3)["outbound"] == {"read": 8, "created": 8}
    with pytest.raises(DuplicateKeyError):
        site.work_orders.insert_one({**ORDER, "number": 1})


def test_a_descending_index_is_not_paged_by(site: Site) -> None:
    site.work_orders.create_index([("number", -1)], unique=True)
    site.work_orders.insert_many([{**ORDER, "number": number} for number in range(1, 9)])
    assert site.run(batch_size=3)["outbound"] == {"read": 8, "created": 8}


def test_the_client_is_closed_on_every_path(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    close = pymongo.MongoClient.close

    def close_and_tell(client: pymongo.MongoClient[Any]) -> None:
        closed.append(True)
        close(client)

    monkeypatch.setattr(pymongo.MongoClient, "close", close_and_tell)
    site.client_sends(1)
    site.run()
    assert closed == [True]
    site.work_orders.drop_indexes()
    site.work_orders.insert_one({**ORDER, "number": 1})
    with pytest.raises(EndpointError):
        site.run()
    assert closed == [True, True]


def test_outbound_reads_pages_by_the_index_in_the_order_of_numbers(site: Site) -> None:
    site.run()
    for number in (30, 4, 200, 1):
        site.work_orders.insert_one({**ORDER, "number": number})
    with open_session(site.mapping, site.settings, make_log("error", "text", str)) as session:
        pages = [[item.origin for item in batch] for batch in session.inside_reader().batches(3)]
    assert pages == [["number 1", "number 4", "number 30"], ["number 200"]]
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 4, "created": 4}}
