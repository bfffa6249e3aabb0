"""Backups: made during work, restored somewhere before they are believed, kept by rotation, copied elsewhere.

``place`` is a folder of backups, ``away`` a bucket of them (``refusals``: what it answers, in words), ``manifest`` what
a backup says of itself, ``engines`` how either database is written out and read in, ``made`` makes one, ``proof``
restores it into a scratch place and looks, ``restored`` brings it back.
"""

from views.backups.away import Away, fetched
from views.backups.made import Made, make
from views.backups.place import Place, Trouble
from views.backups.proof import drill
from views.backups.restored import restore

__all__ = ["Away", "Made", "Place", "Trouble", "drill", "fetched", "make", "restore"]
