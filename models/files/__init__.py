"""Photos, signatures and documents: received safely, kept once, never overwritten.

``shelf`` is the folder, ``pictures`` makes a safe picture out of whatever was sent, ``records`` says whose it is.
"""

from models.files.pictures import Alike, alike, distance
from models.files.records import FileKind, Purpose, StoredFile, keep_document, like_it, receive_photo, receive_signature
from models.files.shelf import NoRoom, Shelf

__all__ = [
    "Alike", "FileKind", "NoRoom", "Purpose", "Shelf", "StoredFile", "alike", "distance", "keep_document", "like_it",
    "receive_photo", "receive_signature",
]
