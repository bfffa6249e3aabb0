"""What stands out in how customers decide and in what is found: facts for the service manager to look into.

``kinds`` says what is watched, ``alarms`` counts it, ``notes`` keeps what was seen when somebody looked.
"""

from models.watch.alarms import (
    COMPARED_DAYS,
    Alarm,
    Watched,
    alarms,
    comparison,
    look_into,
    standing,
    the_alarm,
    watched,
    window,
)
from models.watch.kinds import KINDS, Counts, Kind, WatchKind
from models.watch.notes import WatchNote, notes

__all__ = [
    "COMPARED_DAYS", "KINDS", "Alarm", "Counts", "Kind", "WatchKind", "WatchNote", "Watched", "alarms", "comparison",
    "look_into", "notes", "standing", "the_alarm", "watched", "window",
]
