"""The pictures of the README: a site after a bad night, as a browser and a terminal show it.

python -m tests.pictures
"""

from __future__ import annotations

import fcntl
import html
import json
import os
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymongo

from etl.endpoints.embedded import embedded_server, find_servers
from tests.support.chromium import chromium, looking
from tests.support.site import MAPPING_FILE, ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURES = ROOT / "docs" / "img"
DATABASE = "cmms"
SIZE = {"width": 1200, "height": 780}
WIDTH = 118
THINGS = ["Pump P-17", "Fan F-3", "Conveyor C-2", "Boiler B-1", "Press H-9", "Compressor K-4", "Valve V-2", "Chiller"]
WORK = [
    "bearing noisy",
    "seal leaks",
    "belt slips",
    "inspect yearly",
    "change oil",
    "vibrates",
    "no start",
    "new filter",
]
COLOURS = {"1": "b", "2": "d", "31": "r", "32": "g", "33": "y", "34": "u", "35": "m", "36": "c"}
TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body { margin: 0; padding: 18px 22px; background: #14181f; color: #e4e8ee; }
pre { margin: 0; white-space: pre-wrap; font: 15px/1.5 "DejaVu Sans Mono", monospace; }
.b { font-weight: bold; } .d { color: #a2adbd; } .r { color: #ff8f85; } .g { color: #6cc994; } .y { color: #f0b357; }
.u { color: #86aef0; } .m { color: #cf9bea; } .c { color: #7fd4d8; } .p { color: #6cc994; }
</style><pre>"""


class Night:
    """A customer's folder and database, and what happens there."""

    def __init__(self, folder: Path, uri: str) -> None:
        self.folder = folder
        self.orders = pymongo.MongoClient[dict[str, Any]](uri)[DATABASE]["workorders"]
        self.environment = os.environ | {"MONGO_URI": uri, "MONGO_DATABASE": DATABASE, "TERM": "xterm-256color"}
        (folder / "data" / "inbound").mkdir(parents=True)
        (folder / "mappings").mkdir()
        shutil.copytree(ROOT / "schemas", folder / "schemas")
        mapping = MAPPING_FILE.read_text().replace("conflicts: {wins: client}", "conflicts: {wins: review}")
        (folder / "mappings" / MAPPING_FILE.name).write_text(mapping)

    def sends(self, number: int, work: int = 0, **fields: Any) -> None:
        record = {
            "orderNo": number,
            "summary": f"{THINGS[number % 8]}: {WORK[(number + work) % 8]}",
            "creationDate": f"2026-01-{number % 27 + 1:02d}T08:00:00+00:00",
            "isDone": number % 5 == 0,
            "isOnHold": number % 7 == 0,
        }
        (self.folder / "data" / "inbound" / f"{number}.json").write_text(json.dumps(record | fields))

    def edits(self, number: int, **fields: Any) -> None:
        self.orders.update_one({"number": number}, {"$set": {"isSynced": False, **fields}})

    def etl(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "etl", *arguments]
        options: dict[str, Any] = {"cwd": self.folder, "env": self.environment, "stderr": subprocess.DEVNULL}
        return str(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, **options).stdout)

    def types(self, *arguments: str) -> str:
        """Return what a command prints on a terminal."""
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, WIDTH, 0, 0))
        command = [sys.executable, "-m", "etl", *arguments]
        process = subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdin=its, stdout=its, stderr=subprocess.DEVNULL
        )
        os.close(its)
        printed = b""
        with suppress(OSError):  # the terminal is closed once nobody prints to it
            while some := os.read(ours, 65536):
                printed += some
        process.wait()
        return printed.decode().replace("\r\n", "\n").replace(str(self.folder), "~")

    def passes(self) -> None:
        """Eight nights that are as usual, and one that is not."""
        for number in range(1, 181):
            self.sends(number)
        self.etl("run")
        for night in range(1, 9):
            for number in range(night, 181, 9 - night // 3):
                self.sends(number, night)
            for number in range(177 + 4 * night, 181 + 4 * night):
                self.sends(number)
            self.etl("run")
        for number in (3, 8, 17, 21, 44):
            title = f"{THINGS[number % 8]}: {WORK[(number + 3) % 8]} (night shift)"
            self.edits(number, title=title, **({"status": "on_hold"} if number in (8, 44) else {}))
            self.sends(number, 5, isCanceled=number in (8, 44))
        for number in range(60, 75):
            self.edits(number, status="completed")
        for number in range(100, 120):
            self.sends(number, 6, isDone=True)
        for number in range(300, 312):
            self.sends(number, summary=None)
        for number in range(312, 315):
            self.sends(number, creationDate="31.12.2026 8 Uhr")
        (self.folder / "data" / "inbound" / "315.json").write_text('{"orderNo": 315, "summary": "Press')


@contextmanager
def served(night: Night) -> Iterator[str]:
    """Serve the site, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    arguments = [sys.executable, "-m", "etl", "serve", "--edit", "--port", port]
    with subprocess.Popen(
        arguments, cwd=night.folder, env=night.environment, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.send_signal(signal.SIGINT)


def terminal(night: Night, *commands: str) -> str:
    """Return a page that shows commands and what they print, as a terminal with colours does."""
    typed = ((command, night.types(*command.split()[1:])) for command in commands)
    shown = [f'<span class="p">$</span> {command}\n{_coloured(printed)}' for command, printed in typed]
    return TERMINAL + "\n".join(shown) + "</pre>"


def _coloured(text: str) -> str:
    parts, opened = re.split(r"\x1b\[([0-9;]*)m", text), 0
    made = [html.escape(parts[0])]
    for codes, part in zip(parts[1::2], parts[2::2], strict=True):
        classes = [COLOURS[code] for code in codes.split(";") if code in COLOURS]
        made.append("</span>" * opened if not classes else "")
        opened = 0 if not classes else opened + 1
        made.append(f'<span class="{" ".join(classes)}">' if classes else "")
        made.append(html.escape(part))
    return "".join(made) + "</span>" * opened


def shoot(page: Page, name: str, **options: Any) -> None:
    page.screenshot(path=PICTURES / f"{name}.png", **options)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, embedded_server(Path(folder) / "db", find_servers()[:1]) as (uri, _):
        night = Night(Path(folder) / "acme", uri)
        night.passes()
        page_of_terminal = terminal(night, "etl run", "etl status")
        report = Path(folder) / "report.html"
        report.write_text(night.etl("report"))
        with chromium() as browser, served(night) as address, looking(browser, viewport=SIZE) as page:
            page.set_content(page_of_terminal)
            height = page.evaluate("document.documentElement.offsetHeight")
            page.set_viewport_size({"width": SIZE["width"], "height": height})
            shoot(page, "terminal")
            page.set_viewport_size({"width": SIZE["width"], "height": SIZE["height"]})
            page.goto(report.as_uri())
            shoot(page, "report", full_page=True, clip={"x": 0, "y": 0, "width": SIZE["width"], "height": 1500})
            page.goto(address)
            page.get_by_role("link", name="Conflicts").click()
            page.get_by_label("Your name").fill("Ana")
            page.get_by_label("Note").fill("as agreed by phone")
            page.get_by_role("checkbox", name="Select 3").check()
            shoot(page, "conflicts")
            page.get_by_role("link", name="Playground").click()
            mapping = page.get_by_label("Mapping", exact=True)
            shoot(page, "playground")
            mapping.fill(mapping.input_value().replace("tracos: on_hold", "tracos: onhold", 1))
            page.locator("#tried").get_by_role("listitem").nth(1).get_by_role("button").click()
            page.evaluate("scrollTo(0, 0)")
            shoot(page, "playground_typo")


if __name__ == "__main__":
    main()
