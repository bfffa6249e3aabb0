"""How well recycled photos are noticed: ``python -m tests.likeness [pictures] [photos of the store]``.

Draws part-like pictures (320 unless told: eight kinds of parts, eight angles of each, the part of five cars from each
angle), does to every one what people do to use a photo twice, and looks for it among all of them as the app does. Then
tells how often the right one was found, how often another one was said to be the same, among them the same part of
another car from the same angle, and how long one photo takes against 100,000.
"""

from __future__ import annotations

import os
import pickle
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache

from PIL import Image

from models.files.fingerprints import BYTES, LIKE, SURE, Shelfmarks, opened, same_picture, taken
from tests.part_pictures import KINDS, MANIPULATIONS, photo_of

CARS, ANGLES = 5, 8
say = sys.stdout.write
AS_IT_IS = "not changed at all"


def drawn(number: int) -> Image.Image:
    """The picture of a number: five cars from each angle, eight angles of each kind."""
    scene, car = divmod(number, CARS)
    return photo_of(scene // ANGLES % len(KINDS), scene % ANGLES, car)


def kept(number: int) -> tuple[bytes, bytes]:
    made = taken(drawn(number))
    return made.bits, made.small


@lru_cache(maxsize=1)
def store_of(path: str) -> tuple[Shelfmarks, list[Image.Image]]:
    """All pictures as the store has kept them."""
    with open(path, "rb") as file:
        rows = pickle.load(file)  # noqa: S301  written by this very command
    return Shelfmarks(bits for bits, _ in rows), [opened(small) for _, small in rows]


def tried(number: int, path: str) -> list[tuple[str, dict[int, int]]]:
    """How every manipulation of a picture agrees with those that are near it, by their numbers, in percent."""
    marks, smalls = store_of(path)
    image = drawn(number)
    told = []
    for name, change in {AS_IT_IS: lambda same, n: same, **MANIPULATIONS}.items():
        small = opened(taken(change(image, number)).small)
        near = marks.near(small)
        told.append((name, {near[at][1]: match.agreement for at, match in same_picture(
            small, [(turn, cut, smalls[place]) for _, place, turn, cut in near], least=0.4)}))
    return told


def recall(count: int) -> None:
    """Draw, try, and tell."""
    with ProcessPoolExecutor(os.cpu_count()) as people, tempfile.NamedTemporaryFile() as file:
        pickle.dump(list(people.map(kept, range(count), chunksize=8)), file)
        file.flush()
        tries = [(number, *one) for number, told in enumerate(people.map(
            tried, range(count), [file.name] * count, chunksize=4)) for one in told]
    pairs, hard = count * (count - 1), count * (CARS - 1)
    say(f"{count} pictures, {len(MANIPULATIONS)} manipulations; among {pairs} ordered pairs of different pictures "
          f"{hard} of the same part from the same angle at another car\n")
    for least in (LIKE - 0.05, LIKE, LIKE + 0.05):
        say(f"\nlike from {least:.0%} agreement{'' if least != LIKE else ' (as the app takes it)'}\n")
        table(tries, least * 100, hard, pairs - hard)


def table(tries: list[tuple[int, str, dict[int, int]]], least: float, hard: int, others: int) -> None:
    """Found, and false alarms, by manipulation."""
    found: Counter[str] = Counter()
    twin: Counter[str] = Counter()
    other: Counter[str] = Counter()
    for number, name, agreed in tries:
        said = {place for place, percent in agreed.items() if percent >= least}
        found[name] += number in said
        twins = sum(place // CARS == number // CARS for place in said - {number})
        twin[name] += twins
        other[name] += len(said - {number}) - twins
    count, kinds = len(tries) // len(found), len(found)
    say(f"{'':36}{'found':>12}{'false: same angle':>20}{'other pictures':>18}\n")
    for name in found:
        say(f"{name:36}{found[name]:5}{found[name] / count:7.1%}{twin[name]:11}{twin[name] / hard:9.2%}"
              f"{other[name]:9}{other[name] / others:9.4%}\n")
    say(f"{'all':36}{found.total():5}{found.total() / len(tries):7.1%}{twin.total():11}"
          f"{twin.total() / hard / kinds:9.2%}{other.total():9}{other.total() / others / kinds:9.4%}\n")


def speed(photos: int) -> None:
    """One photo against so many of a store, of which a twentieth are of its own kind."""
    rng = random.Random(1)  # noqa: S311
    mine = taken(photo_of(0, 0, 0))
    small, like = opened(mine.small), [taken(photo_of(0, 0, car)) for car in range(1, 5)]

    def near_it(bits: bytes) -> bytes:
        return bytes(byte ^ (1 << rng.randrange(8) if rng.random() < 0.8 else 0) for byte in bits)

    marks = Shelfmarks(near_it(rng.choice(like).bits) if n % 20 == 0 else rng.randbytes(BYTES) for n in range(photos))
    whole, near = [], []
    for _ in range(7):
        begun = time.perf_counter()
        candidates = marks.near(small)
        near.append(time.perf_counter() - begun)
        same_picture(small, [(turn, cut, opened(rng.choice(like).small)) for _, _, turn, cut in candidates])
        whole.append(time.perf_counter() - begun)
    say(f"one photo against {photos:,}: {min(near) * 1000:.0f} ms for the hashes (median "
          f"{statistics.median(near) * 1000:.0f}), {min(whole) * 1000:.0f} ms with the {len(candidates)} nearest laid "
          f"over it (median {statistics.median(whole) * 1000:.0f}); {len(marks) * BYTES / 1e6:.1f} MB in memory\n")


if __name__ == "__main__":
    recall(int(sys.argv[1]) if len(sys.argv) > 1 else CARS * ANGLES * len(KINDS))
    speed(int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
    say(f"like from {LIKE:.0%} agreement, sure from {SURE:.0%}\n")
