"""``python -m demo FOLDER --date YYYY-MM-DD --until HH:MM``: the day in a database of its own, ``FOLDER/clearbay.db``.

For the sample store of a running system (views/settings/sample.py), which copies it from there. Told nothing of that
system's database, key or network.
"""

from __future__ import annotations

import argparse
from datetime import date, time
from pathlib import Path

import demo.day
from app import create_app
from models.base import db
from views.database import transaction
from views.environment import Settings


def play(folder: Path, on: date, until: time | None) -> None:
    """Make the tables and play the day up to a time."""
    with create_app(Settings.for_demo(folder)).app_context():
        db.create_all()
        with transaction():
            demo.day.load(on, until)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--date", type=date.fromisoformat, required=True)
    parser.add_argument("--until", type=time.fromisoformat)
    asked = parser.parse_args()
    play(asked.folder, asked.date, asked.until)
