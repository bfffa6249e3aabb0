"""A network that can be as bad as one likes, between a browser and the app: it knows where a request ends, no more.

``proxy.add(away())`` from now on nothing gets through; ``proxy.add(cut("PUT /sync/blob", after=30_000), times=1)`` cuts
the next photo in its middle; ``swallow`` does everything and loses the answer; ``fake`` answers itself; ``slow``
delays, throttles and loses; ``twice`` and ``late`` bring a request again or afterwards. ``proxy.clear()``
makes it good again. What came is in ``proxy.seen``.
"""

from __future__ import annotations

import random
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

PIECE = 16_384


class CutError(Exception):
    """The connection is gone."""


@dataclass
class Way:
    """One request on its way: the browser's side, the app's, and what is known of it."""

    browser: socket.socket
    app: Callable[[], socket.socket]
    line: str
    head: bytes
    length: int
    body: bytes
    onward: list[socket.socket] = field(default_factory=list)

    @property
    def told(self) -> str:
        """What a pattern is looked for in: method and address, and what is posted."""
        posted = self.body.decode("utf-8", "replace") if self.line.startswith("POST") else ""
        return f"{self.line} {posted}"

    def whole(self) -> bytes:
        """The request with all of its body, which nobody has forwarded yet."""
        while len(self.body) < self.length:
            piece = self.browser.recv(PIECE)
            if not piece:
                raise CutError
            self.body += piece
        return self.head + self.body

    def forward(self, *, at_most: int | None = None, pace: float = 0) -> socket.socket:
        """Send the request on, as it comes; ``at_most`` bytes of its body, ``pace`` bytes a second."""
        onward = self.app()
        self.onward.append(onward)
        onward.sendall(self.head)
        sent, piece = 0, self.body
        while True:
            if at_most is not None and sent + len(piece) >= at_most:
                onward.sendall(piece[: at_most - sent])
                raise CutError
            onward.sendall(piece)
            sent += len(piece)
            if pace:
                time.sleep(len(piece) / pace)
            if sent >= self.length:
                return onward
            piece = self.browser.recv(PIECE)
            if not piece:
                raise CutError

    def answer(self, onward: socket.socket, *, deliver: bool = True) -> None:
        """Bring the answer back, or read it and lose it."""
        while piece := onward.recv(PIECE):
            if deliver:
                self.browser.sendall(piece)


@dataclass
class Rule:
    """What happens to the requests that a pattern finds in their method, address and what is posted."""

    pattern: str
    act: Callable[[Way], None]
    times: int | None = None


def away(pattern: str = "") -> Rule:
    """Nothing gets through."""
    def act(way: Way) -> None:
        raise CutError
    return Rule(pattern, act)


def cut(pattern: str, *, after: int) -> Rule:
    """The connection breaks after so many bytes of the body."""
    return Rule(pattern, lambda way: way.answer(way.forward(at_most=after)))


def swallow(pattern: str) -> Rule:
    """The app does what it was asked, and nobody hears of it."""
    def act(way: Way) -> None:
        way.answer(way.forward(), deliver=False)
        raise CutError
    return Rule(pattern, act)


def fake(pattern: str, status: str, body: str = "", **headers: str) -> Rule:
    """Somebody else answers."""
    told = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    words = f"HTTP/1.1 {status}\r\n{told}Content-Length: {len(body.encode())}\r\nConnection: close\r\n\r\n{body}"

    def act(way: Way) -> None:
        left = way.length - len(way.body)
        while left > 0 and (piece := way.browser.recv(PIECE)):
            left -= len(piece)
        way.browser.sendall(words.encode())
    return Rule(pattern, act)


def twice(pattern: str) -> Rule:
    """The app gets it two times at once; one of its answers comes back."""
    def act(way: Way) -> None:
        again = threading.Thread(target=_later, args=(way, way.whole(), 0), daemon=True)
        again.start()
        way.answer(way.forward())
        again.join(20)
    return Rule(pattern, act)


def late(pattern: str, *, seconds: float) -> Rule:
    """The browser hears that it failed; the app gets it all the same, after what was sent since."""
    def act(way: Way) -> None:
        threading.Thread(target=_later, args=(way, way.whole(), seconds), daemon=True).start()
        raise CutError
    return Rule(pattern, act)


def _later(way: Way, asked: bytes, seconds: float) -> None:
    """Bring a request to the app once more; nobody hears the answer."""
    time.sleep(seconds)
    with suppress(OSError), way.app() as onward:
        onward.sendall(asked)
        while onward.recv(PIECE):
            pass


def slow(pattern: str = "", *, latency: float = 0, pace: float = 0, loses: float = 0,
         chance: random.Random | None = None) -> Rule:
    """``latency`` seconds before each answer, ``pace`` bytes a second, a share of the requests lost there or back."""
    dice = chance or random.Random(7)

    def act(way: Way) -> None:
        lost, back = dice.random() < loses, dice.random() < 0.5
        if lost and not back:
            raise CutError
        onward = way.forward(pace=pace)
        time.sleep(latency)
        way.answer(onward, deliver=not lost)
    return Rule(pattern, act)


@dataclass
class Proxy:
    """Listens on this machine and brings requests to the port of an app."""

    port: int
    rules: list[Rule] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def add(self, rule: Rule, times: int | None = None) -> None:
        """From now on; the newest rule that fits holds."""
        rule.times = times
        with self.lock:
            self.rules.insert(0, rule)

    def clear(self) -> None:
        with self.lock:
            self.rules.clear()

    def asked(self, pattern: str) -> list[str]:
        """The requests so far that a pattern finds."""
        return [line for line in self.seen if re.search(pattern, line)]

    def close(self) -> None:
        self.door.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                browser, _ = self.door.accept()
                threading.Thread(target=self._serve, args=(browser,), daemon=True).start()

    def _serve(self, browser: socket.socket) -> None:
        with browser, suppress(OSError, CutError):
            browser.settimeout(60)
            if (way := self._read(browser)) is not None:
                self.seen.append(way.line)
                try:
                    self._rule(way).act(way)
                finally:
                    for onward in way.onward:
                        onward.close()

    def _rule(self, way: Way) -> Rule:
        with self.lock:
            for rule in self.rules:
                if rule.times != 0 and re.search(rule.pattern, way.told):
                    rule.times = None if rule.times is None else rule.times - 1
                    return rule
        return Rule("", lambda way: way.answer(way.forward()))

    def _read(self, browser: socket.socket) -> Way | None:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = browser.recv(PIECE)
            if not piece:
                return None
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        # One request a connection: what happens to one happens to no other.
        head = re.sub(rb"(?im)^connection:.*\r\n", b"", head + b"\r\n") + b"Connection: close\r\n\r\n"
        line = head.split(b" HTTP/", 1)[0].decode()
        while line.startswith("POST") and length and len(body) < int(length[1]):
            piece = browser.recv(PIECE)
            if not piece:
                return None
            body += piece
        return Way(browser, lambda: socket.create_connection(("127.0.0.1", self.port), timeout=60), line, head,
                   int(length[1]) if length else 0, body)
