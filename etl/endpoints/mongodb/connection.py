"""A connection to MongoDB: opened, checked, always closed, and never telling its password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import unquote

from pymongo import MongoClient
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

from etl.endpoints.mongodb.retry import ATTEMPTS, Retry
from etl.errors import EndpointError, SettingsError
from etl.record import shown

SELECTION_MS: Final = 3000
"""How long one attempt looks for a server, unless the URI says otherwise."""

_HOW_TO_START: Final = (
    "start one with `docker compose up -d --wait`, correct MONGO_URI, or unset it to use the embedded MongoDB"
)
_CREDENTIALS: Final = re.compile(r"(mongodb(?:\+srv)?://)[^@/\s]*@", re.IGNORECASE)
_REFUSED: Final = {13, 18}


def redact(text: str, uri: str = "") -> str:
    """Return `text` without the password of `uri`, and without the credentials of any MongoDB URI in it."""
    for secret in _secrets(uri):
        text = text.replace(secret, "***")
    return _CREDENTIALS.sub(r"\1***@", text)


def _secrets(uri: str) -> list[str]:
    authority = uri.partition("://")[2].partition("/")[0]
    user_info, at, _ = authority.rpartition("@")
    password = user_info.partition(":")[2]
    return sorted({password, unquote(password)}, key=len, reverse=True) if at and password else []


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
            retry(lambda: client.admin.command("ping"))
            yield _database(client, database)
        finally:
            client.close()


def _client(uri: str) -> MongoClient[dict[str, Any]]:
    try:
        defaults: dict[str, Any] = {"appname": "tracos-etl", "serverSelectionTimeoutMS": SELECTION_MS}
        options = {name: value for name, value in defaults.items() if f"{name}=".lower() not in uri.lower()}
        return MongoClient(uri, tz_aware=True, **options)
    except (InvalidURI, ConfigurationError, ValueError, TypeError, OSError) as error:
        raise SettingsError(
            f"MONGO_URI is not a usable MongoDB URI: {redact(str(error), uri)}; "
            "write it as mongodb://user:password@host:27017"
        ) from None


def _database(client: MongoClient[dict[str, Any]], name: str) -> Database[dict[str, Any]]:
    try:
        return client[name]
    except InvalidName as error:
        raise SettingsError(f"MONGO_DATABASE {shown(name)} is not a database name: {error}") from None


def reason(error: BaseException) -> str:
    """Return what an error of pymongo says, without the state of the whole cluster. It may hold a secret."""
    if not isinstance(error, BulkWriteError):
        return str(error).split(", Timeout:")[0].split(", full error:")[0]
    wrong = [*error.details.get("writeConcernErrors", ()), *error.details.get("writeErrors", ())]
    return "; ".join(sorted({str(each.get("errmsg")) for each in wrong}))


@contextmanager
def reported(uri: str) -> Iterator[None]:
    """Turn every error of pymongo into an EndpointError that says what was tried, without secrets."""
    try:
        yield
    except PyMongoError as error:
        raise EndpointError(_report(error, uri)) from None


def _report(error: PyMongoError, uri: str) -> str:
    shown_uri = redact(uri, uri)
    why = redact(reason(error), uri)
    if isinstance(error, ConnectionFailure):
        return f"MongoDB is not reachable at {shown_uri} ({ATTEMPTS} attempts: {why}); {_HOW_TO_START}"
    if isinstance(error, OperationFailure) and error.code in _REFUSED:
        return f"MongoDB at {shown_uri} refused us: {why}; correct the user and password in MONGO_URI"
    return f"MongoDB at {shown_uri} failed: {why}"
