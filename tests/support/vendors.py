"""Records as customers' systems deliver them, made up: what a mapping is drafted from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

STATES = ["Offen", "In Arbeit", "Erledigt", "Storniert", "Wartet", "Gelöscht"]
INSIDE_STATES = ["pending", "in_progress", "completed", "cancelled", "on_hold", "deleted"]
RANKS = ["Hoch", "Mittel", "Niedrig"]
HEADER = "Auftrags-Nr.;Kurztext;Status;Erstellt am;Fällig am;Priorität;Anlage;Kosten (EUR);Dringend;Sachbearbeiter"

INSIDE: dict[str, Any] = {
    "title": "Work order",
    "type": "object",
    "required": ["number", "title", "status", "createdAt"],
    "properties": {
        "number": {"type": "integer"},
        "title": {"type": "string"},
        "status": {"enum": INSIDE_STATES},
        "createdAt": {"type": "string", "format": "date-time"},
        "dueAt": {"type": ["string", "null"], "format": "date-time"},
        "priority": {"enum": ["high", "medium", "low", None]},
        "asset": {"type": ["object", "null"], "properties": {"code": {"type": ["string", "null"]}}},
        "cost": {"type": ["number", "null"], "multipleOf": 0.01, "minimum": 0, "maximum": 1000000},
        "urgent": {"type": ["boolean", "null"]},
        "updatedAt": {"type": ["string", "null"], "format": "date-time"},
        "isSynced": {"type": ["boolean", "null"]},
        "syncedAt": {"type": ["string", "null"], "format": "date-time"},
    },
}
"""What TracOS has of a work order at a customer who uses more of it."""


def german_rows(count: int = 40) -> bytes:
    """Return a CSV file as German software exports one: cp1252, semicolons, decimal commas, dates with dots."""
    rows = [HEADER]
    for n in range(1, count + 1):
        due = "" if n % 4 == 0 else f"{(n + 9) % 28 + 1:02}.04.2025"
        cost = f"{n * 1234:,}".replace(",", ".") + f",{n % 100:02}"
        rows.append(
            f"{4000 + n};Pumpe {n} prüfen;{STATES[n % 6]};{n % 28 + 1:02}.03.2025 {n % 12 + 7:02}:15;{due};"
            f"{RANKS[n % 3]};P-{n % 7:03};{cost};{'Ja' if n % 2 else 'Nein'};Müller"
        )
    return "".join(f"{row}\r\n" for row in rows).encode("cp1252")


def documents(numbers: range) -> str:
    """Return work orders of TracOS that are those of these rows, as mongoexport writes them."""
    found = [
        {
            "_id": {"$oid": f"{n:024x}"},
            "number": {"$numberLong": str(4000 + n)},
            "title": f"Pumpe {n} prüfen",
            "status": INSIDE_STATES[n % 6],
            "createdAt": {"$date": f"2025-03-{n % 28 + 1:02}T{n % 12 + 7:02}:15:00Z"},
            "cost": n * 1234 + n % 100 / 100,
            "asset": {"code": f"P-{n % 7:03}"},
            "isSynced": True,
        }
        for n in numbers
    ]
    return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in found)


def servicenow() -> dict[str, Any]:
    """Return an answer in which each field has a value and what people call it."""

    def both(value: str, label: str = "") -> dict[str, str]:
        return {"display_value": label or value, "value": value}

    states = {"1": "New", "2": "In Progress", "3": "On Hold", "6": "Resolved", "7": "Closed", "8": "Canceled"}
    return {
        "result": [
            {
                "sys_id": both(f"{n:032x}"),
                "number": both(f"INC00123{n:02}"),
                "short_description": both(f"Falha na carga {n}"),
                "state": both(code, label),
                "priority": both(str(n % 4 + 1), f"{n % 4 + 1} - Moderate"),
                "opened_at": both(f"2026-08-1{n} 10:00:00", f"1{n}/08/2026"),
                "closed_at": both("" if n < 4 else f"2026-08-2{n} 10:00:00", ""),
                "active": both("true" if n < 4 else "false"),
            }
            for n, (code, label) in enumerate(states.items(), 1)
        ]
    }


def sap() -> dict[str, Any]:
    """Return an OData answer: dates in their own form, nothing as empty text."""
    return {
        "d": {
            "results": [
                {
                    "__metadata": {"uri": f"https://host/MaintenanceOrder('{4000000 + n}')", "type": "Order"},
                    "MaintenanceOrder": str(4000000 + n),
                    "MaintenanceOrderDesc": f"Inspection {n}",
                    "CreationDate": f"/Date({1492041600000 + n * 1000})/",
                    "MaintPriority": "" if n % 2 else "1",
                    "SystemStatus": ["CRTD", "REL", "TECO"][n % 3],
                    "to_Operation": {"__deferred": {"uri": "https://host/Operation"}},
                }
                for n in range(1, 8)
            ]
        }
    }


def odoo() -> dict[str, Any]:
    """Return an answer in which `false` is no value, and a reference a pair of number and name."""
    return {
        "jsonrpc": "2.0",
        "id": 1,
        "result": [
            {
                "id": 40 + n,
                "name": f"Ink pump {n}",
                "description": False if n % 2 else f"It leaks {n}",
                "equipment_id": [10 + n, f"Printer {n}"],
                "technician_user_id": False if n % 3 else [4, "Joe"],
                "stage_id": [n % 3 + 1, ["New Request", "In Progress", "Done"][n % 3]],
                "archive": False,
                "create_date": f"2024-03-09 08:12:4{n}",
            }
            for n in range(1, 9)
        ],
    }


def upkeep() -> dict[str, Any]:
    """Return an answer with opaque keys and numbers in text, and lists in its records."""
    states = ["open", "in progress", "on hold", "complete"]
    return {
        "success": True,
        "results": [
            {
                "id": f"wfhn4{n}LMh3",
                "status": states[n % 4],
                "title": f"Repair sink {n}",
                "createdAt": f"2016-10-20T10:17:1{n}.712Z",
                "workOrderNo": str(150 + n),
                "cost": str(100 + n),
                "formItems": [{"formName": "English", "formValue": "87"}],
            }
            for n in range(1, 9)
        ],
    }


OPENAPI = """\
openapi: 3.0.3
info: {title: Vendor, version: "1"}
paths:
  /orders:
    get:
      responses:
        "200":
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Order"}}
components:
  schemas:
    Error: {type: object, properties: {message: {type: string}}}
    Person: {type: object, properties: {name: {type: string}}}
    Order:
      type: object
      required: [orderNo, subject, createdAt, state]
      properties:
        orderNo: {type: integer}
        subject: {type: string, example: "2024-01-01"}
        createdAt: {type: string, format: date-time}
        state: {type: string, enum: [open, started, done, cancelled]}
        note: {type: string, nullable: true}
        owner: {$ref: "#/components/schemas/Person"}
        etag: {type: string, readOnly: true}
"""


def write(folder: Path, name: str, content: Any) -> Path:
    """Write a sample: JSON, text or bytes."""
    raw = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else None
    (folder / name).write_bytes(json.dumps(content, ensure_ascii=False).encode() if raw is None else raw)
    return folder / name
