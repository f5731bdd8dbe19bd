"""The same job one record at a time: two calls to MongoDB for each, with or without an index on the number."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from pymongo import MongoClient

from benchmarks.handwritten import Record, to_client, to_tracos


def synchronise(uri: str, database: str, inbound: Path, outbound: Path, *, indexed: bool) -> None:
    client: MongoClient[Record] = MongoClient(uri, tz_aware=True)
    outbound.mkdir(parents=True, exist_ok=True)
    with client:
        collection = client[database]["workorders"]
        if indexed:
            collection.create_index("number", unique=True)
        for file in sorted(inbound.glob("*.json")):
            document = to_tracos(json.loads(file.read_bytes()))
            stamps = {"isSynced": False, "updatedAt": datetime.now(UTC)}
            collection.update_one({"number": document["number"]}, {"$set": document | stamps}, upsert=True)
        for document in collection.find({"isSynced": {"$ne": True}}):
            file = outbound / f"workorder_{document['number']}.json"
            file.write_text(json.dumps(to_client(document), indent=2) + "\n")
            marks = {"isSynced": True, "syncedAt": datetime.now(UTC)}
            collection.update_one({"number": document["number"]}, {"$set": marks})
