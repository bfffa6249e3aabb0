"""A bucket of S3-compatible object storage as the other place of backups: copied to, rotated, fetched from.

It is laid out as a folder of backups is (``place``). There are no folders and no renaming here, so the manifest is the
name: it is sent last and removed first, and what has none is not a backup.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.files import Shelf
from views.backups.manifest import Manifest
from views.backups.place import FILES, MANIFEST, NAME, Place, Trouble, digest, in_words
from views.backups.refusals import in_words_of_storage
from views.environment import Bucket, Settings, Storage
from views.environment.settings import UNDER_WAY

if TYPE_CHECKING:
    from botocore.client import BaseClient

FETCHED = ".fetched"  # in the data folder
SHELF = Shelf("files")  # only its way of laying files out
CENTURY = "2"  # names of backups begin with their year, files with "files/"
AT_ONCE = 4  # a small photo is mostly waiting for the answer
TRIES = 4  # of a request, by itself
CHUNK = 1 << 20
LARGEST = 5 * 1000**3  # bytes in one piece; what is common to all of them


@dataclass(frozen=True)
class Held:
    """What a bucket tells of an object in its list. ``etag`` is the MD5 of the content, or anything else."""

    size: int
    etag: str


@dataclass(frozen=True)
class Thing:
    """A file here and the name it has there; ``told`` is the SHA-256 that it must have."""

    key: str
    path: Path
    told: str

    @cached_property
    def sums(self) -> tuple[int, str, str]:
        """Its size, SHA-256 and MD5, read once. Raises Trouble when it is not what it must be."""
        sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
        with self.path.open("rb") as file:
            while chunk := file.read(CHUNK):
                sha256.update(chunk)
                md5.update(chunk)
                size += len(chunk)
        if sha256.hexdigest() != self.told:
            raise Trouble(f"文件复制失败:{self.path}", f"a file could not be copied: {self.path}")
        return size, sha256.hexdigest(), md5.hexdigest()


class Away:
    """The backups below a prefix of a bucket. Everything raises Trouble when the storage does not do it."""

    def __init__(self, bucket: Bucket, storage: Storage | None) -> None:
        if storage is None:
            raise Trouble(f"{bucket}:没有设定 CLEARBAY_S3_ENDPOINT、_REGION、_KEY、_SECRET",
                          f"{bucket}: CLEARBAY_S3_ENDPOINT, _REGION, _KEY and _SECRET are not set")
        self.bucket, self.storage = bucket, storage
        self._base = f"{bucket.prefix}/" if bucket.prefix else ""
        with in_words_of_storage(bucket, storage):
            self._client = _client(storage)

    def names(self) -> list[str]:
        """The backups that are complete, the oldest first."""
        return _complete(self._listed(CENTURY))

    def check(self, name: str) -> None:
        """Raises Trouble when there is no backup of this name."""
        names = self.names()
        if name not in names:
            known = "、".join(names[-5:]) or "–"
            raise Trouble(f"{self.bucket} 中没有备份“{name}”。有:{known}",
                          f"there is no backup “{name}” in {self.bucket}. There are: {known}")

    # ---------------------------------------------------------------- there

    def copy(self, place: Place, folder: Path) -> None:
        """Have this backup there: what lacks of its files and parts, then a look at all of them, then its manifest."""
        name, manifest = folder.name, Manifest.read(folder)
        things = [Thing(SHELF.path(sha256).as_posix(), place.shelf.path(sha256), sha256)
                  for sha256 in place.files_of(folder)]
        things += [Thing(f"{name}/{part}", folder / part, told["sha256"]) for part, told in manifest.parts.items()]
        last = Thing(f"{name}/{MANIFEST}", folder / MANIFEST, digest(folder / MANIFEST))
        there = self._listed("files/") | self._listed(f"{name}/")
        if last.key in there and not self._is(last, there):
            raise Trouble(f"{self.bucket} 中已有另一台服务器的备份 {name}。请换一个前缀(CLEARBAY_BACKUP_TO)",
                          f"{self.bucket} holds a backup {name} of another server: choose another prefix")
        self._brought(things, there)
        self._brought([last], there)

    def _brought(self, things: list[Thing], there: Mapping[str, Held]) -> None:
        """They lie there whole when this returns; what arrived damaged is taken away again."""
        def bring(thing: Thing) -> bool:
            lacks = not self._is(thing, there)
            if lacks:
                self._send(thing)
            return lacks

        sent = [thing for thing, new in zip(things, _each(bring, things), strict=True) if new]
        now = {key: held for below in {thing.key.partition("/")[0] for thing in sent}
               for key, held in self._listed(f"{below}/").items()}
        damaged = [thing for thing in sent if not self._is(thing, now)]
        for thing in damaged:
            self._remove(thing.key)
        if damaged:
            key = damaged[0].key
            raise Trouble(f"传到 {self.bucket} 时损坏:{key}(共 {len(damaged)} 个)。下次备份会重传",
                          f"damaged on its way to {self.bucket}: {key} ({len(damaged)} in all); "
                          "the next backup sends it again")

    def _is(self, thing: Thing, there: Mapping[str, Held]) -> bool:
        """Whether it lies there as it is here: size and MD5 as listed, or, where the list tells no MD5, its SHA-256."""
        held, (size, sha256, md5) = there.get(thing.key), thing.sums
        if held is None or held.size != size:
            return False
        return held.etag == md5 or self._sha256(thing.key) == sha256

    def _sha256(self, key: str) -> str:
        """As the storage has computed it when the object came, or else of what it gives back."""
        with self._in_words():
            told = self._client.head_object(**self._of(key), ChecksumMode="ENABLED")
            if told.get("ChecksumSHA256") and told.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT":
                return binascii.hexlify(base64.b64decode(told["ChecksumSHA256"])).decode()
            sha256 = hashlib.sha256()
            for chunk in self._client.get_object(**self._of(key))["Body"].iter_chunks(CHUNK):
                sha256.update(chunk)
            return sha256.hexdigest()

    def _send(self, thing: Thing) -> None:
        size, sha256, md5 = thing.sums
        if size > LARGEST:
            raise Trouble(f"{thing.path} 超过 5 GB,对象存储不能一次收下",
                          f"{thing.path} is larger than 5 GB: too much in one piece")
        with thing.path.open("rb") as file, self._in_words():
            sums = {"ContentMD5": _base64(md5)}
            if self.storage.keeps_sha256:  # where buckets are encrypted with a key of one's own, no MD5 is listed
                sums["ChecksumSHA256"] = _base64(sha256)
            self._client.put_object(**self._of(thing.key), Body=file, ContentLength=size, **sums)

    # ---------------------------------------------------------------- rotation

    def remove(self, name: str) -> None:
        """Take a backup away; its files go with the next ``sweep``."""
        self._remove(f"{name}/{MANIFEST}")
        for key in self._listed(f"{name}/"):
            self._remove(key)

    def sweep(self) -> None:
        """Remove what no backup needs any more and what never became one; no file while a list cannot be read."""
        backups = self._listed(CENTURY)
        names = _complete(backups)
        needed = {SHELF.path(sha256).as_posix() for name in names for sha256 in self._files_of(name)}
        for key in backups:
            name = key.partition("/")[0]
            if NAME.fullmatch(name) and name not in names:
                self._remove(key)
        _each(self._remove, self._listed("files/").keys() - needed)

    def _files_of(self, name: str) -> list[str]:
        with self._in_words():
            return self._client.get_object(**self._of(f"{name}/{FILES}"))["Body"].read().decode("ascii").split()

    def _remove(self, key: str) -> None:
        with self._in_words():
            self._client.delete_object(**self._of(key))

    # ---------------------------------------------------------------- back again

    def fetch(self, name: str, place: Place) -> None:
        """Have this backup in a folder; what lies there whole from an interrupted time is not fetched again.

        A file that is missing or damaged there is left out, and found missing by whoever proves or restores it.
        """
        self.check(name)
        folder = place.folder / name
        with in_words(place.folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._load(f"{name}/{MANIFEST}", folder / MANIFEST)
            parts = {part: told["sha256"] for part, told in Manifest.read(folder).parts.items()}
            for part, sha256 in parts.items():
                path = folder / part
                if not path.is_file() or digest(path) != sha256:
                    self._load(f"{name}/{part}", path)
                if not path.is_file() or digest(path) != sha256:
                    raise Trouble(f"备份损坏:{self.bucket}/{name}/{part}",
                                  f"the backup is damaged: {self.bucket}/{name}/{part}")
            _each(lambda sha256: self._take(sha256, place), place.files_of(folder))

    def _take(self, sha256: str, place: Place) -> None:
        if place.shelf.holds(sha256) and place.shelf.is_whole(sha256):
            return
        path = place.shelf.path(sha256)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._load(SHELF.path(sha256).as_posix(), path)
        if path.is_file() and digest(path) != sha256:
            path.unlink()

    def _load(self, key: str, path: Path) -> None:
        """What lies there, as a file; none when there is none."""
        with self._in_words(missing_is_fine=True):
            body = self._client.get_object(**self._of(key))["Body"]
            with path.open("wb") as file:
                for chunk in body.iter_chunks(CHUNK):
                    file.write(chunk)

    # ---------------------------------------------------------------- how it is asked

    def _of(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket.name, "Key": self._base + key}

    def _listed(self, below: str) -> dict[str, Held]:
        found: dict[str, Held] = {}
        more: dict[str, Any] = {}
        with self._in_words():
            while True:
                page = self._client.list_objects_v2(Bucket=self.bucket.name, Prefix=self._base + below, **more)
                for one in page.get("Contents", ()):
                    found[one["Key"].removeprefix(self._base)] = Held(one["Size"], one["ETag"].strip('"').lower())
                if not page.get("IsTruncated"):
                    return found
                more = {"ContinuationToken": page["NextContinuationToken"]}

    def _in_words(self, *, missing_is_fine: bool = False) -> Any:
        return in_words_of_storage(self.bucket, self.storage, missing_is_fine=missing_is_fine)


@contextmanager
def fetched(settings: Settings, bucket: Bucket, name: str) -> Iterator[Place]:
    """The backup in a folder of the data folder, gone at the end; what was interrupted stays, to go on."""
    place = Place(settings.data / FETCHED)
    with place.locked():
        Away(bucket, settings.s3).fetch(name, place)
        try:
            yield place
        finally:
            if not (settings.data / UNDER_WAY).exists():
                shutil.rmtree(place.folder, ignore_errors=True)


def _complete(there: Iterable[str]) -> list[str]:
    split = [key.partition("/") for key in there]
    return sorted(name for name, _, part in split if part == MANIFEST and NAME.fullmatch(name))


def _each(act: Callable[[Any], Any], things: Iterable[Any]) -> list[Any]:
    """Several at once; with the first that fails no new one begins."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(act, things))


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


def _client(storage: Storage) -> BaseClient:
    """Imported here, for it costs every start half a second that only a backup needs."""
    import boto3
    from botocore.config import Config

    config = Config(
        signature_version="s3v4", connect_timeout=10, read_timeout=60, max_pool_connections=AT_ONCE,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        # Checksums of our own in plain headers: what boto3 adds by itself, in trailers, OSS and COS refuse.
        request_checksum_calculation="when_required", response_checksum_validation="when_required",
        s3={"addressing_style": "virtual" if storage.bucket_first else "path", "payload_signing_enabled": True},
        proxies={} if storage.loopback else None)
    return boto3.session.Session().client(
        "s3", endpoint_url=storage.endpoint, region_name=storage.region, config=config,
        aws_access_key_id=storage.key, aws_secret_access_key=storage.secret)
