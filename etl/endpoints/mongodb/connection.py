"""A connection to MongoDB: opened, checked, always closed, and never telling its password."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from bson.errors import BSONError
from pymongo import MongoClient, ReadPreference, WriteConcern, timeout
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    InvalidURI,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)
from pymongo.read_concern import ReadConcern

from etl.endpoints.mongodb.decoding import AsObjects
from etl.endpoints.mongodb.retry import Retry, is_transient
from etl.endpoints.mongodb.uri import check_database, check_uri, options_of, redact, shown_uri
from etl.errors import EndpointError, SettingsError

_LONGEST_MS: Final = {"serverSelectionTimeoutMS": 3000, "connectTimeoutMS": 20_000, "waitQueueTimeoutMS": 3_600_000}
"""How long one attempt waits for a server, for a connection, for a free one of these, unless the URI says otherwise."""

_LEAST_CONNECTIONS: Final = 2
"""One for the work, and one for the heartbeat of its lease, which waits behind no query."""

_CONFIRMED_MS: Final = 5000
"""How long one attempt waits until enough members of a replica set confirm a write."""

_FAREWELL_SECONDS: Final = 1.0
"""How long a client that is closed looks for the server to take leave of."""

_FIRST_SECONDS: Final = 10.0
"""How long a run looks for a MongoDB that may not be there at all."""

_HOW_TO_START: Final = (
    "start one with `docker compose up -d --wait`, correct MONGO_URI, or unset it to use the embedded MongoDB"
)
_HOW_TO_TRUST: Final = (
    "write the host as its certificate has it, and name the file of the authority that signed it: tlsCAFile=FILE"
)
_HOW_TO_CONFIRM: Final = (
    "fewer members of the replica set are there than w in MONGO_URI asks for, a majority if it says nothing: see "
    "rs.status(); what was written may be there already, and running again is safe"
)
_UNTRUSTED: Final = "certificate verify failed"
_UNAUTHORIZED, _AUTHENTICATION_FAILED = 13, 18
_UNCONFIRMED, _NO_SUCH_CONCERN = {50, 64}, {79, 100}
_FAILURES: Final = (PyMongoError, BSONError, OverflowError)
_REPLICATED: Final = {"RSPrimary", "Mongos"}


@contextmanager
def connect(uri: str, database: str, retry: Retry) -> Iterator[Database[dict[str, Any]]]:
    """Connect, check that MongoDB answers, and close the client on every path.

    Raises:
        SettingsError: when the URI or the database name is malformed.
        EndpointError: when no MongoDB answers there, or it refuses us; every other failure of MongoDB on the way.

    """
    with reported(uri):
        check_uri(uri)
        check_database(database)
        longest = max(int(retry.seconds * 1000), 1)  # 0 would be for ever
        client = _client(uri, longest)
        try:
            first = replace(retry, seconds=min(retry.seconds, _FIRST_SECONDS))
            first(lambda: _greet(client), on=lambda e: is_transient(e) and not _is_untrusted(e))
            # what decides is what was written last, whatever the URI wants read from where
            yield client.get_database(
                database,
                read_preference=ReadPreference.PRIMARY,
                read_concern=ReadConcern("local"),
                write_concern=_durable(client, longest),
            )
        finally:
            with timeout(_FAREWELL_SECONDS):  # it looks for a server, to tell it
                client.close()


def _client(uri: str, most: int) -> MongoClient[dict[str, Any]]:
    """Return a client. most: milliseconds after which every wait of one attempt ends, whatever the URI says."""
    try:
        # what pymongo warns of and leaves out may be what makes the connection safe, such as tls=yes
        with warnings.catch_warnings():
            warnings.filterwarnings("error", category=UserWarning)
            client = MongoClient[Any](
                uri,
                document_class=AsObjects,
                tz_aware=True,
                unicode_decode_error_handler="strict",
                # a date outside Python's years comes back as a type of its own, so that its record can be rejected
                datetime_conversion="DATETIME_AUTO",
                **_limits(uri, most),
            )
    except UserWarning as error:
        raise SettingsError(_misspelt(redact(str(error), uri))) from None
    except (InvalidURI, ConfigurationError, ValueError, TypeError, LookupError, OSError) as error:
        why = redact(str(error), uri)
        if isinstance(error, ConfigurationError) and ("DNS" in why or "resolution" in why):
            raise EndpointError(f"the hosts of {shown_uri(uri)} cannot be looked up: {why}") from None
        raise SettingsError(f"MONGO_URI is not a usable MongoDB URI: {why}; write mongodb://HOST:27017") from None
    if not client.write_concern.acknowledged:
        client.close()
        raise SettingsError("MONGO_URI has w=0, so that no write is confirmed; remove it, or write w=majority")
    return client


def _misspelt(warning: str) -> str:
    """Return what is wrong with an option of which pymongo only warns."""
    if not warning.startswith("Unknown option"):
        return f"MONGO_URI has an option that would be left out: {warning}; correct or remove it"
    similar = re.search(r"one of \((.*?)\)", warning)
    meant = f"; did you mean one of {similar[1]}?" if similar else "; correct or remove it"
    return f"MONGO_URI has an option that does not exist{meant}"


def _limits(uri: str, most: int) -> dict[str, Any]:
    """Return the limits of one attempt's waits: those of the URI where these are shorter; 0 is none there."""
    said = options_of(uri)
    limits: dict[str, Any] = {
        name: min(_number(said.get(name.lower())) or longest, most) for name, longest in _LONGEST_MS.items()
    }
    if "timeoutms" in said:  # one for a whole call, in place of the others; 0 would take theirs away
        limits["timeoutMS"] = min(_number(said["timeoutms"]), most) or None
    if 0 < _number(said.get("maxpoolsize")) < _LEAST_CONNECTIONS:
        limits["maxPoolSize"] = _LEAST_CONNECTIONS
    return limits if "appname" in said else {"appname": "tracos-etl", **limits}


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdecimal() else 0


def _greet(client: MongoClient[dict[str, Any]]) -> None:
    """Make sure that MongoDB answers, and that it is one that can be written to."""
    client.admin.command("ping")
    if not client.admin.command("hello").get("isWritablePrimary", True):
        raise NotPrimaryError("it is a secondary, whose data may be old")


def _durable(client: MongoClient[dict[str, Any]], most: int) -> WriteConcern:
    """Return a write concern under which what is confirmed stays, unless the URI says otherwise; no wait is endless.

    A single server confirms a write up to a tenth of a second before it is on its disk. Of a replica set a majority is
    asked for by name: with a time limit alone MongoDB would take one member for enough.
    """
    said = client.write_concern.document
    alone = _kinds(client) == {"Standalone"} and "fsync" not in said
    default: dict[str, Any] = {"j": True} if alone else {"w": "majority"}
    return WriteConcern(**{**default, **said, "wtimeout": min(said.get("wtimeout") or _CONFIRMED_MS, most)})


def index_options(database: Database[dict[str, Any]]) -> dict[str, Any]:
    """Return with what an index is made: without waiting for members of a replica set that may not be there."""
    return {"commitQuorum": 1} if _kinds(database.client) & _REPLICATED else {}


def _kinds(client: MongoClient[dict[str, Any]]) -> set[str]:
    return {server.server_type_name for server in client.topology_description.server_descriptions().values()}


def reason(error: BaseException) -> str:
    """Return what an error of pymongo says, without the state of the whole cluster. It may hold a secret."""
    if not isinstance(error, BulkWriteError):
        return re.split(r", Timeout:|, full error:| \(configured timeouts:", str(error))[0]
    wrong = [*error.details.get("writeConcernErrors", ()), *error.details.get("writeErrors", ())]
    return "; ".join(sorted({str(each.get("errmsg")) for each in wrong}))


@contextmanager
def reported(uri: str) -> Iterator[None]:
    """Turn every error of pymongo into an EndpointError that says what was tried, without secrets."""
    try:
        yield
    except _FAILURES as error:
        raise EndpointError(_report(error, uri)) from None


def is_failure(error: BaseException) -> bool:
    """Return whether an error is one of MongoDB, which ends a run with exit code 4."""
    return isinstance(error, _FAILURES)


def _is_untrusted(error: BaseException) -> bool:
    """Return whether a server's certificate was refused, which no waiting mends."""
    return isinstance(error, ConnectionFailure) and _UNTRUSTED in str(error)


def _report(error: Exception, uri: str) -> str:
    where, why = f"MongoDB at {shown_uri(uri)}", redact(reason(error), uri)
    if _is_untrusted(error):
        return f"{where} is not trusted ({why}); {_HOW_TO_TRUST}"
    if isinstance(error, NotPrimaryError):
        return f"{where} takes no writes ({why}); name all hosts of its replica set, and its replicaSet=NAME"
    if isinstance(error, ConnectionFailure):
        return f"MongoDB is not reachable at {shown_uri(uri)} ({why}); {_HOW_TO_START}"
    if (concern := _concern_code(error)) in _UNCONFIRMED:
        return f"{where} did not confirm a write ({why}); {_HOW_TO_CONFIRM}"
    if concern in _NO_SUCH_CONCERN:
        return f"{where} cannot do what w in MONGO_URI says: {why}; correct it, or write w=majority"
    code = error.code if isinstance(error, OperationFailure) else None
    if code == _AUTHENTICATION_FAILED:
        return f"{where} refused us: {why}; correct the user and password in MONGO_URI"
    if code == _UNAUTHORIZED:
        what = why.partition(" to execute command")[0]
        return f"{where} refused us: {what}; this user needs the role readWrite on the database"
    return f"{where} failed: {why}"


def _concern_code(error: Exception) -> int | None:
    """Return the code of a write that was done, and not confirmed as its write concern says."""
    details = error.details if isinstance(error, OperationFailure) else None
    wrong = (details or {}).get("writeConcernErrors") or [details or {}]
    code: int | None = wrong[0].get("code")
    return code if isinstance(error, WriteConcernError | BulkWriteError) else None
