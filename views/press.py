"""The press: HTML becomes a PDF in a process of its own, which knows nothing of database, settings or network.

A worker stays warm (its fonts and stylesheet are read once), prints one paper at a time and ends by itself when idle.
Of a paper's addresses it opens only ``static:`` (our own files) and ``photo:`` (pictures handed over with the paper).
The worker itself is views/printer.py.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

from models.words import Blocked, Say
from views.pipe import read, write

log = logging.getLogger("clearbay.press")

AT_ONCE = 2       # of a process's few threads, so many may wait for paper; the others go on with their work
PATIENCE = 40     # seconds for one paper
PAPERS = 300      # then a fresh worker takes over

BUSY = Say("Several papers are being printed at this moment. Try again in a few seconds.")
FAILED = Say("This paper could not be printed. Try again; if it happens again, tell the service manager.")


@cache
def press_of(root: Path) -> Press:
    """The press of this process; its worker ends with it."""
    press = Press(root)
    atexit.register(press.close)
    return press


class Press:
    """The one worker of a process, started when the first paper is printed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._waiting = threading.BoundedSemaphore(AT_ONCE)
        self._turn = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._printed, self._owner, self._gave_up = 0, 0, False

    def print(self, html: str, pictures: dict[str, Path]) -> bytes:
        """The PDF of a page. ``pictures`` are the files that it may name as ``photo:<name>``. Raises Blocked."""
        if not self._waiting.acquire(blocking=False):
            raise Blocked(BUSY)
        try:
            with self._turn:
                return self._print(html, {name: str(path) for name, path in pictures.items()})
        finally:
            self._waiting.release()

    def _print(self, html: str, pictures: dict[str, str]) -> bytes:
        for _ in range(2):  # a worker may have ended since the last paper
            try:
                told, pdf = self._ask({"html": html, "pictures": pictures})
            except (OSError, EOFError):
                self.close()
                if self._gave_up:
                    break
                continue
            if told["refused"]:
                log.warning("refused", extra={"facts": {"say": "a paper named what it may not open",
                                                        "schemes": told["refused"]}})
            if pdf:
                return pdf
            log.error("failed", extra={"facts": {"say": "a paper failed", "error": told.get("error")}})
            raise Blocked(FAILED)
        log.error("failed", extra={"facts": {"say": "a paper took too long" if self._gave_up else "the press failed"}})
        raise Blocked(FAILED)

    def _ask(self, paper: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        worker = self._ready()
        assert worker.stdin is not None
        assert worker.stdout is not None
        self._gave_up = False
        stop = threading.Timer(PATIENCE, self._give_up, [worker])
        stop.start()
        try:
            write(worker.stdin, json.dumps(paper).encode())
            told, pdf = json.loads(read(worker.stdout)), read(worker.stdout)
        finally:
            stop.cancel()
        self._printed += 1
        return told, pdf

    def _give_up(self, worker: subprocess.Popen[bytes]) -> None:
        self._gave_up = True
        worker.kill()

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():  # a server forks after the app is made: the parent's worker is not ours
            self._worker, self._owner = None, os.getpid()
        if self._printed >= PAPERS or (self._worker is not None and self._worker.poll() is not None):
            self.close()
        if self._worker is None:
            self._printed = 0
            self._worker = subprocess.Popen(  # noqa: S603  our own module, our own arguments
                [sys.executable, "-P", "-m", "views.printer", str(self.root)],
                cwd=self.root, env=bare_environment(self.root), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL)
        return self._worker

    def close(self) -> None:
        """End the worker."""
        worker, self._worker = self._worker, None
        if worker is not None and self._owner == os.getpid():
            worker.kill()
            worker.communicate()


def bare_environment(root: Path) -> dict[str, str]:
    """What the worker may know: where programs and fonts are. No address of a database, no key."""
    known = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "FONTCONFIG_PATH", "FONTCONFIG_FILE", "XDG_CACHE_HOME")
    # The allocator gives memory back after a paper with many photos instead of keeping it for the next.
    frugal = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_MMAP_THRESHOLD_": "131072"}
    return {name: os.environ[name] for name in known if name in os.environ} | frugal | {"PYTHONPATH": str(root)}
