"""A connection to MongoDB: opened, checked, always closed, and never telling its password."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from bson.errors import BSONError
from pymongo import MongoClient, WriteConcern
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    InvalidName,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)

from etl.endpoints.mongodb.decoding import AsObjects
from etl.endpoints.mongodb.retry import Retry, is_transient
from etl.endpoints.mongodb.uri import check_uri, redact, shown_uri
from etl.errors import EndpointError, SettingsError
from etl.record import shown

SELECTION_MS: Final = 3000
"""How long one attempt looks for a server, unless the URI says otherwise."""

_FIRST_SECONDS: Final = 10.0
"""How long a run looks for a MongoDB that may not be there at all."""

_HOW_TO_START: Final = (
    "start one with `docker compose up -d --wait`, correct MONGO_URI, or unset it to use the embedded MongoDB"
)
_HOW_TO_TRUST: Final = (
    "write the host as its certificate has it, and name the file of the authority that signed it: tlsCAFile=FILE"
)
_UNKNOWN_OPTION: Final = "Unknown option"
"""How a warning of pymongo begins; such an option is one misspelt, and may be one that makes the connection safe."""
_UNTRUSTED: Final = "certificate verify failed"
_UNAUTHORIZED, _AUTHENTICATION_FAILED = 13, 18


@contextmanager
def connect(uri: str, database: str, retry: Retry) -> Iterator[Database[dict[str, Any]]]:
    """Connect, check that MongoDB answers, and close the client on every path.

    Raises:
        SettingsError: when the URI or the database name is malformed.
        EndpointError: when no MongoDB answers there, or it refuses us; every other failure of MongoDB on the way.

    """
    with reported(uri):
        client: MongoClient[dict[str, Any]] = _client(uri)
        try:
            first = replace(retry, seconds=min(retry.seconds, _FIRST_SECONDS))
            first(lambda: client.admin.command("ping"), on=lambda e: is_transient(e) and not _is_untrusted(e))
            yield _database(client, database)
        finally:
            client.close()


def _client(uri: str) -> MongoClient[dict[str, Any]]:
    check_uri(uri)
    defaults: dict[str, Any] = {"appname": "tracos-etl", "serverSelectionTimeoutMS": SELECTION_MS}
    options = {name: value for name, value in defaults.items() if f"{name}=".lower() not in uri.lower()}
    try:
        # a date outside Python's years comes back as a type of its own, so that its record can be rejected
        with warnings.catch_warnings():
            warnings.filterwarnings("error", _UNKNOWN_OPTION, UserWarning)
            client = MongoClient[Any](
                uri, document_class=AsObjects, tz_aware=True, datetime_conversion="DATETIME_AUTO", **options
            )
    except UserWarning as error:
        similar = re.search(r"one of \((.*?)\)", str(error))
        meant = f"; did you mean one of {similar[1]}?" if similar else "; correct or remove it"
        raise SettingsError(f"MONGO_URI has an option that does not exist{meant}") from None
    except (InvalidURI, ConfigurationError, ValueError, TypeError, OSError) as error:
        why = redact(str(error), uri)
        if isinstance(error, ConfigurationError) and ("DNS" in why or "resolution" in why):
            raise EndpointError(f"the hosts of {shown_uri(uri)} cannot be looked up: {why}") from None
        raise SettingsError(f"MONGO_URI is not a usable MongoDB URI: {why}; write mongodb://HOST:27017") from None
    if not client.write_concern.acknowledged:
        client.close()
        raise SettingsError("MONGO_URI has w=0, so that no write is confirmed; remove it, or write w=majority")
    return client


def _database(client: MongoClient[dict[str, Any]], name: str) -> Database[dict[str, Any]]:
    try:
        return client.get_database(name, write_concern=_durable(client))
    except InvalidName as error:
        raise SettingsError(f"MONGO_DATABASE {shown(name)} is not a database name: {error}") from None


def _durable(client: MongoClient[dict[str, Any]]) -> WriteConcern:
    """Return a write concern under which what is confirmed stays, unless the URI says otherwise.

    A single server confirms a write up to a tenth of a second before it is on its disk. To a replica set nothing is
    said: its own default, a majority with a journal, is the safer one.
    """
    concern = client.write_concern
    alone = any(
        server.server_type_name == "Standalone" for server in client.topology_description.server_descriptions().values()
    )
    return WriteConcern(**{"j": True, **concern.document}) if alone else concern


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
    except (PyMongoError, BSONError, OverflowError) as error:
        raise EndpointError(_report(error, uri)) from None


def _is_untrusted(error: BaseException) -> bool:
    """Return whether a server's certificate was refused, which no waiting mends."""
    return isinstance(error, ConnectionFailure) and _UNTRUSTED in str(error)


def _report(error: Exception, uri: str) -> str:
    where, why = f"MongoDB at {shown_uri(uri)}", redact(reason(error), uri)
    if _is_untrusted(error):
        return f"{where} is not trusted ({why}); {_HOW_TO_TRUST}"
    if isinstance(error, ConnectionFailure):
        return f"MongoDB is not reachable at {shown_uri(uri)} ({why}); {_HOW_TO_START}"
    code = error.code if isinstance(error, OperationFailure) else None
    if code == _AUTHENTICATION_FAILED:
        return f"{where} refused us: {why}; correct the user and password in MONGO_URI"
    if code == _UNAUTHORIZED:
        what = why.partition(" to execute command")[0]
        return f"{where} refused us: {what}; this user needs the role readWrite on the database"
    return f"{where} failed: {why}"
