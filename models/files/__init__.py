"""Photos, signatures and documents: received safely, kept once, never overwritten.

``shelf`` is the folder, ``pictures`` makes a safe picture out of whatever was sent and ``films`` a safe film (in
``filming``, a program of its own), ``records`` says whose it is;
``fingerprints`` and ``album`` know a photo again that was used before.
"""

from models.files.album import Like, like_it, without_fingerprint
from models.files.fingerprints import Turned
from models.files.pictures import distance
from models.files.records import (
    FileKind,
    PhotoPrint,
    Purpose,
    StoredFile,
    keep_document,
    once_more,
    receive_photo,
    receive_signature,
)
from models.files.shelf import NoRoom, Shelf

__all__ = [
    "FileKind", "Like", "NoRoom", "PhotoPrint", "Purpose", "Shelf", "StoredFile", "Turned", "distance",
    "keep_document", "like_it", "once_more", "receive_photo", "receive_signature", "without_fingerprint",
]
