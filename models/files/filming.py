"""Makes one film anew; a program of its own (models/files/films.py starts it): ``filming.py FOLDER SECONDS``.

Reads FOLDER/sent, writes FOLDER/film and FOLDER/still, and tells on one line of JSON how large the film is or what is
wrong: ``long``, ``unreadable``. Imports nothing of the house.
"""

from __future__ import annotations

import json
import resource
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.filter import Graph

SIDE, RATE = 960, 25
PIXELS = 3840 * 2160  # 4K
SECONDS_OF_WORK = 45
MEMORY = 3 * 1024**3  # of addresses; a decoder of 4K keeps some twenty pictures
STILL_AT = 0.7        # seconds: cameras find their focus first
READ = "mov,matroska"  # what is opened at all; no playlists, no addresses
TURNS = {90: ("transpose", "cclock"), -270: ("transpose", "cclock"), -90: ("transpose", "clock"),
         270: ("transpose", "clock")}


class TooLong(Exception):  # noqa: N818  the film's fault
    """More seconds than are taken."""


def fitted(width: int, height: int) -> tuple[int, int]:
    """Even sides of at most ``SIDE``, in the same shape."""
    share = min(1.0, SIDE / max(width, height))
    return max(int(width * share) // 2 * 2, 2), max(int(height * share) // 2 * 2, 2)


def through(frame: Any, given: Any) -> tuple[Graph, int, int]:
    """The way of each picture: upright, small, so many a second, in the colours every player knows."""
    graph, sideways = Graph(), frame.rotation in TURNS
    steps: list[tuple[str, str]] = [TURNS[frame.rotation]] if sideways else \
        [("hflip", ""), ("vflip", "")] if abs(frame.rotation) == 180 else []
    wide, tall = fitted(*((frame.height, frame.width) if sideways else (frame.width, frame.height)))
    steps += [("scale", f"{wide}:{tall}"), ("fps", str(RATE)), ("format", "yuv420p")]
    nodes = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format,
                              time_base=given.time_base or Fraction(1, 1000))]
    nodes += [graph.add(name, told) if told else graph.add(name) for name, told in steps]
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()
    return graph, wide, tall


def pulled(graph: Graph) -> Any:
    """What has come out of the way by now."""
    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


class Film:
    """The film that is written, and the still out of it."""

    def __init__(self, folder: Path, sent: Any) -> None:
        self.folder = folder
        self.pictures = sent.streams.video[0]
        self.sound = next(iter(sent.streams.audio), None)
        self.out = av.open(str(folder / "film"), "w", format="mp4", options={
            "movflags": "+faststart", "fflags": "+bitexact"})
        self.video: Any = None
        self.audio: Any = None
        self.graph: Any = None
        self.still: Any = None
        self.start: float | None = None
        self.heard: list[Any] = []  # before the first picture
        self.resampler = av.AudioResampler(format="fltp", layout="mono", rate=44100)

    def begin(self, frame: Any) -> None:
        """The first picture says how large the film is."""
        self.graph, wide, tall = through(frame, self.pictures)
        self.video = self.out.add_stream("libx264", rate=RATE, options={
            "preset": "veryfast", "crf": "27", "profile": "main", "maxrate": "1500k", "bufsize": "3000k",
            "x264-params": "threads=2"})
        self.video.width, self.video.height, self.video.pix_fmt = wide, tall, "yuv420p"
        if self.sound is not None:
            self.audio = self.out.add_stream("aac", rate=44100, layout="mono")
            self.audio.bit_rate = 64_000

    def within(self, time: float | None, seconds: int) -> None:
        """Raises TooLong."""
        if time is None:
            return
        self.start = time if self.start is None else min(self.start, time)
        if time - self.start > seconds + 0.5:
            raise TooLong

    def see(self, frame: Any) -> None:
        """One picture, as it was sent."""
        if self.graph is None:
            self.begin(frame)
        self.graph.push(frame)
        self.write()
        heard, self.heard = self.heard, []
        for piece in heard:
            self.out.mux(self.audio.encode(piece))

    def write(self) -> None:
        """What is ready of the pictures."""
        for frame in pulled(self.graph):
            if self.still is None or (frame.time is not None and frame.time - (self.start or 0) <= STILL_AT):
                self.still = frame
            frame.pict_type = 0
            self.out.mux(self.video.encode(frame))

    def hear(self, frame: Any) -> None:
        """One piece of sound."""
        for piece in self.resampler.resample(frame):
            if self.audio is None:
                self.heard.append(piece)
            else:
                self.out.mux(self.audio.encode(piece))

    def end(self) -> dict[str, int]:
        """The rest of everything; how large it is."""
        if self.graph is None:
            raise ValueError("no picture")
        self.graph.push(None)
        self.write()
        self.out.mux(self.video.encode(None))
        if self.audio is not None:
            self.out.mux(self.audio.encode(None))
        self.out.close()
        self.still.to_image().save(self.folder / "still", "PNG")
        return {"width": self.video.width, "height": self.video.height}


def made(folder: Path, seconds: int) -> dict[str, int]:
    """The film out of what was sent. Raises TooLong and whatever a broken file makes a decoder raise."""
    with av.open(str(folder / "sent"), options={"format_whitelist": READ, "protocol_whitelist": "file"}) as sent:
        first = sent.streams.video[0]
        if first.width * first.height > PIXELS or not first.width:
            raise ValueError("too many pixels")
        first.thread_type = "AUTO"
        film = Film(folder, sent)
        for frame in sent.decode(*[one for one in (first, film.sound) if one is not None]):
            film.within(frame.time, seconds)
            if isinstance(frame, av.VideoFrame):
                film.see(frame)
            else:
                film.hear(frame)
        return film.end()


def main() -> None:
    """Within limits: a film that is a bomb ends this process, not the server's."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_OF_WORK, SECONDS_OF_WORK))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024**2, 64 * 1024**2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        told: dict[str, Any] = made(Path(sys.argv[1]), int(sys.argv[2]))
    except TooLong:
        told = {"error": "long"}
    except Exception:  # noqa: BLE001  a broken file makes the decoders raise anything
        told = {"error": "unreadable"}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
