"""What can be said of a MongoDB and a collection before a run uses them. Nothing is written or made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Table
from datetime import UTC, datetime
from typing import Any, Final

from pymongo.database import Database
from pymongo.errors import ExecutionTimeout, OperationFailure

from etl.diagnosis import Check, fail, ok, warn
from etl.endpoints.mongodb.counts import LOOKED_AT, queue_index
from etl.endpoints.mongodb.documents import dotted
from etl.endpoints.mongodb.exact import Document, Exact
from etl.endpoints.mongodb.key_index import duplicates, find_key_index
from etl.endpoints.mongodb.names import LEASES, OURS
from etl.endpoints.mongodb.retry import Retry
from etl.endpoints.mongodb.uri import DECLINED
from etl.exit_codes import ExitCode
from etl.mapping.model import Mapping
from etl.record import printable

_NEEDED: Final = ("find", "insert", "update")
_NEEDED_OF_OURS: Final = ("find", "insert", "update", "remove", "createIndex")
_NAMED: Final = 3
"""So many missing rights are named."""

_LONGEST_MS: Final = 700
_APART: Final = 2.0
"""So many seconds may lie between two clocks."""


def examine_server(database: Database[Document]) -> Iterator[Check]:
    """Yield what answers, and how far its clock is from this machine's."""
    before = datetime.now(UTC)
    hello = database.client.admin.command("hello")
    after = datetime.now(UTC)
    version = database.client.server_info()["version"]
    name = hello.get("setName")
    kind = f"replica set {name}" if name else "a cluster of shards" if hello.get("msg") == "isdbgrid" else "one server"
    yield ok("server", f"MongoDB {version} answers, {kind}")
    apart = (hello["localTime"].replace(tzinfo=UTC) - (before + (after - before) / 2)).total_seconds()
    if abs(apart) <= _APART + (after - before).total_seconds():
        yield ok("clock", "MongoDB's clock is this machine's")
    else:
        text = f"MongoDB's clock is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} this machine's"
        yield warn("clock", text, "set both by one time server (NTP)")


def examine_rights(database: Database[Document], collection: str, *, index: bool) -> Iterator[Check]:
    """Yield whether this user may do what a run does. index: a run makes the unique index."""
    status = database.command("connectionStatus", showPrivileges=True)["authInfo"]
    users = [f"{user['user']}@{user['db']}" for user in status["authenticatedUsers"]]
    if not users:
        yield ok("rights", "no user is named, and none is asked for")
        return
    wanted: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(OURS), _NEEDED_OF_OURS)
    wanted[collection] = (*_NEEDED, "createIndex") if index else _NEEDED
    missing = [
        f"{action} on {name}"
        for name, actions in wanted.items()
        for action in actions
        if not any(_allows(each, database.name, name, action) for each in status["authenticatedUserPrivileges"])
    ]
    if missing:
        few = ", ".join(missing[:_NAMED]) + (f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else "")
        fix = f"give this user the role readWrite on the database {database.name}"
        yield fail("rights", f"{', '.join(users)} may not {few}", fix, ExitCode.FAILED)
    else:
        yield ok("rights", f"{', '.join(users)} may do what a run does")


def _allows(privilege: Table[str, Any], database: str, collection: str, action: str) -> bool:
    resource = privilege["resource"]
    if action not in privilege["actions"] and "anyAction" not in privilege["actions"]:
        return False
    fits = resource.get("db") in ("", database) and resource.get("collection") in ("", collection)
    return bool(resource.get("anyResource")) or fits


def examine_collection(documents: Exact, mapping: Mapping, retry: Retry, setting: str | None) -> Iterator[Check]:
    """Yield what is said of the collection and its indexes. setting: MONGO_INDEX."""
    count = retry(documents.rough_count)
    yield ok("collection", f"{documents.database.name}.{documents.name} has about {count:,} documents")
    index = find_key_index(documents, mapping, retry).name
    key = " + ".join(map(dotted, mapping.key_paths))
    if index:
        yield ok("index", f"{index} keeps {key} unique")
    elif setting == DECLINED:
        yield warn("index", f"none keeps {key} unique, and MONGO_INDEX is {DECLINED}", "unset MONGO_INDEX to have one")
    else:
        yield ok("index", f"none keeps {key} unique yet: the next run makes one")
    if not index:
        yield _duplicates(documents, mapping, key)
    if count > LOOKED_AT and not queue_index(retry(documents.list_indexes), mapping.mongodb):
        asked = next((name for name in mapping.mongodb.export_when if not name.startswith("$")), None)
        if asked is not None:
            text = "no index says which documents wait to go out, so that `etl status` cannot count them all"
            yield warn("queue", text, f'db.{documents.name}.createIndex({{"{asked}": 1}})')


def _duplicates(documents: Exact, mapping: Mapping, key: str) -> Check:
    try:
        found = duplicates(documents, mapping, _LONGEST_MS)
    except ExecutionTimeout:
        return warn("duplicates", f"there was no time to see whether documents share a {key}", "the next run sees it")
    if found:
        fix = "keep one of each"
        return fail("duplicates", f"documents share a {key}: {'; '.join(found)}", fix, ExitCode.FAILED)
    return ok("duplicates", f"no documents share a {key}")


def examine_others(database: Database[Document], collection: str, mapping: str) -> Iterator[Check]:
    """Yield which other mappings have ever worked with the collection, and who is at work now."""
    wanted = {"_id.collection": {"$regex": f"^{re.escape(collection)}($|\\{{)"}}
    try:
        found = list(Exact(database[LEASES]).find_many(wanted))
    except OperationFailure:  # no right to look, which is said elsewhere
        return
    names = sorted({printable(each["_id"]["mapping"]) for each in found} - {mapping})
    if names:
        yield ok("neighbours", f"other mappings work with {collection}: {', '.join(names)}")
    holders = [each["holder"] for each in found if each["_id"]["mapping"] == mapping and each.get("holder")]
    for holder in holders:
        yield ok("lease", f"process {holder.get('pid')} on {printable(str(holder.get('host')))} holds it, or did last")
