"""A small object storage on this machine that speaks as much S3 as a backup needs, and can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY, SECRET, BUCKET = "AKIDEXAMPLESHOP", "a/very+secret/thing/nobody/may/ever/read", "shop"
PAGE = 3  # objects in one page of a list, so that a list has several


class ObjectStorage:
    """``objects`` by key; ``asked`` are the requests so far. ``etag`` as some storages give it, ``checksum`` as others.

    ``refuse`` answers a request with (status, code) instead, ``spoil`` changes what is put before it lies there,
    ``cut`` hangs up: each is asked with the method and the key.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.sums: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.md5_etags, self.checksums = True, False
        self.refuse: Any = lambda method, key: None
        self.spoil: Any = lambda key, data: data
        self.cut: Any = lambda method, key: False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def put(self) -> list[str]:
        """What was sent since the last time this was asked."""
        sent = [key for method, key in self.asked if method == "PUT"]
        self.asked.clear()
        return sent

    def etag(self, data: bytes) -> str:
        md5 = hashlib.md5(data).hexdigest()
        return f'"{md5.upper() if self.md5_etags else md5[::-1] + "-1"}"'


def _handler(storage: ObjectStorage) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            pass

        def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def error(self, status: int, code: str) -> None:
            """With what nobody may repeat."""
            self.answer(status, f"<Error><Code>{code}</Code><Message>{SECRET}</Message></Error>".encode())

        def asked(self) -> str | None:
            """The key, once everything speaks for answering."""
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = unquote(urlsplit(self.path).path).lstrip("/")
            bucket, _, key = path.partition("/")
            storage.asked.append((self.command, key))
            self.data = data
            if storage.cut(self.command, key):
                self.close_connection = True
                return None
            if f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
                return self.error(403, "InvalidAccessKeyId")
            if refused := storage.refuse(self.command, key):
                return self.error(*refused)
            if bucket != BUCKET:
                return self.error(404, "NoSuchBucket")
            if key and self.command in ("GET", "HEAD") and key not in storage.objects:
                return self.error(404, "NoSuchKey")
            return key

        def do_PUT(self) -> None:
            key = self.asked()
            if key is None:
                return
            md5 = base64.b64encode(hashlib.md5(self.data).digest()).decode()
            if md5 != self.headers["Content-MD5"] or \
                    self.headers["x-amz-content-sha256"] != hashlib.sha256(self.data).hexdigest():
                self.error(400, "BadDigest")
                return
            kept = storage.objects[key] = storage.spoil(key, self.data)
            storage.sums[key] = self.headers["x-amz-checksum-sha256"]
            self.answer(200, ETag=storage.etag(kept))

        def do_GET(self) -> None:
            key = self.asked()
            if key:
                self.answer(200, storage.objects[key], **self.told(key))
            if key != "":
                return
            query = parse_qs(urlsplit(self.path).query)
            prefix, after = query["prefix"][0], query.get("continuation-token", [""])[0]
            keys = sorted(key for key in storage.objects if key.startswith(prefix) and key > after)
            rows = "".join(f"<Contents><Key>{key}</Key><Size>{len(storage.objects[key])}</Size>"
                           f"<ETag>{storage.etag(storage.objects[key])}</ETag></Contents>" for key in keys[:PAGE])
            more = "<IsTruncated>false</IsTruncated>" if len(keys) <= PAGE else \
                f"<IsTruncated>true</IsTruncated><NextContinuationToken>{keys[PAGE - 1]}</NextContinuationToken>"
            self.answer(200, f"<ListBucketResult>{rows}{more}</ListBucketResult>".encode())

        def do_HEAD(self) -> None:
            if key := self.asked():
                self.answer(200, storage.objects[key], **self.told(key))
            elif key == "":
                self.answer(200)

        def do_DELETE(self) -> None:
            if (key := self.asked()) is not None:
                storage.objects.pop(key, None)
                self.answer(204)

        def told(self, key: str) -> dict[str, str]:
            data = storage.objects[key]
            told = {"ETag": storage.etag(data)}
            if storage.checksums and self.command == "HEAD" and storage.sums.get(key):
                told["x-amz-checksum-sha256"] = base64.b64encode(hashlib.sha256(data).digest()).decode()
            return told

    return Handler
