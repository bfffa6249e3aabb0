"""What object storage answers instead of doing it, as a sentence that names the way out and never a key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from views.backups.place import Trouble
from views.environment import Bucket, Storage

MISSING = {"NoSuchKey", "NotFound", "404"}
ELSEWHERE = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}


@contextmanager
def in_words_of_storage(bucket: Bucket, storage: Storage, *, missing_is_fine: bool = False) -> Iterator[None]:
    """Answers of the storage and of the network, as Trouble. What they say themselves may hold a key: not repeated."""
    from botocore import exceptions as told

    cut = (told.ConnectionError, told.HTTPClientError, told.IncompleteReadError, told.ResponseStreamingError)
    try:
        yield
    except told.ClientError as trouble:
        code, status = _code(trouble.response)
        if not (missing_is_fine and code in MISSING):
            raise _refused(bucket, storage, code, status) from None
    except cut as trouble:
        why = type(trouble).__name__
        raise Trouble(f"对象存储 {storage.host} 连不上或中断了({why})。"
                      "本机的备份仍在;请检查网络和 CLEARBAY_S3_ENDPOINT",
                      f"the object storage {storage.host} cannot be reached, or broke off ({why}). "
                      "What lies here stands; look at the network and CLEARBAY_S3_ENDPOINT") from None
    except told.BotoCoreError as trouble:
        why = type(trouble).__name__
        raise Trouble(f"对象存储用不了({why})", f"the object storage cannot be used ({why})") from None


def _code(answer: dict[str, Any]) -> tuple[str, int]:
    code = re.sub(r"[^A-Za-z0-9.]", "", str(answer.get("Error", {}).get("Code", "")))[:60]
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code or str(status), status


def _refused(bucket: Bucket, storage: Storage, code: str, status: int) -> Trouble:
    if code == "NoSuchBucket":
        return Trouble(f"没有存储桶 {bucket.name}({storage.host})。请创建,或更正 CLEARBAY_BACKUP_TO",
                       f"there is no bucket {bucket.name} at {storage.host}: make it, or correct CLEARBAY_BACKUP_TO")
    if status == 507 or "Quota" in code or "StorageFull" in code:
        return Trouble(f"对象存储已满:{bucket}({code})。本机的备份仍在;请扩容",
                       f"the object storage is full: {bucket} ({code}). What lies here stands; get more room")
    if code == "RequestTimeTooSkewed":
        return Trouble("本机时钟不准,对象存储拒绝了。请校准时间",
                       "the object storage refuses because this machine's clock is wrong: set it right")
    if code in ELSEWHERE or status in (301, 307):
        return Trouble(f"存储桶 {bucket.name} 不在这个地域({code})。请更正 CLEARBAY_S3_REGION 和 CLEARBAY_S3_ENDPOINT",
                       f"the bucket {bucket.name} is in another region ({code}): correct CLEARBAY_S3_REGION and "
                       "CLEARBAY_S3_ENDPOINT")
    if status in (401, 403):
        return Trouble(f"对象存储拒绝了密钥({code})。请检查 CLEARBAY_S3_KEY、CLEARBAY_S3_SECRET,"
                       f"以及它在 {bucket} 的读、写、列、删权限",
                       f"the object storage refuses the key ({code}): look at CLEARBAY_S3_KEY and CLEARBAY_S3_SECRET, "
                       f"and whether it may list, read, write and delete in {bucket}")
    return Trouble(f"对象存储没有收下,回答 {code}({status})。本机的备份仍在;下次备份会接着传",
                   f"the object storage answered {code} ({status}). What lies here stands; the next backup goes on")
