"""Every setting there is. `./clearbay help` prints this table and a test compares it with the README."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """One environment variable: its name, what stands in for it when absent, its meaning."""

    name: str
    default: str
    zh: str
    en: str


SETTINGS = (
    Setting(
        "CLEARBAY_DATABASE_URL",
        "serve 必填 / required by serve; 命令 / commands: sqlite:///data/clearbay.db",
        "数据库:sqlite:///路径 或 postgresql://用户:密码@主机/库",
        "the database: sqlite:///path or postgresql://user:password@host/name",
    ),
    Setting(
        "CLEARBAY_DATA",
        "serve 必填 / required by serve; 命令 / commands: data",
        "照片、签名与文件所在的文件夹,须可写",
        "the folder of photos, signatures and documents; must be writable",
    ),
    Setting(
        "CLEARBAY_SECRET_KEY",
        "serve 必填 / required by serve",
        "至少 32 个字符的随机密钥;换掉它,PIN 码、工牌与客户链接须重做",
        "a random key of at least 32 characters; a new one means new PINs, badges and customers' links",
    ),
    Setting("CLEARBAY_BIND", "127.0.0.1:8000", "监听地址与端口", "address and port to listen on"),
    Setting(
        "CLEARBAY_URL",
        "–",
        "对外网址,如 https://clearbay.example:印在二维码里,也是唯一应答的主机名",
        "the public address, as https://clearbay.example: printed in QR codes, and the only host name answered",
    ),
    Setting(
        "CLEARBAY_PROXIES",
        "0",
        "前面有几层可信的反向代理(Caddy 为 1)",
        "how many trusted proxies stand in front (1 behind Caddy)",
    ),
    Setting("CLEARBAY_LANGUAGE", "zh", "默认语言:zh 或 en", "the language before anybody chose one: zh or en"),
    Setting(
        "CLEARBAY_BACKUP_TO",
        "–",
        "备份的另一个位置:已挂载的共享或另一块硬盘上的文件夹,或对象存储 s3://存储桶/前缀",
        "another place for backups: a folder on a mounted share or another disk, or object storage, s3://bucket/prefix",
    ),
    Setting(
        "CLEARBAY_S3_ENDPOINT",
        "s3:// 必填 / required by s3://",
        "对象存储的地址 https://…(阿里云 OSS、腾讯云 COS、MinIO、AWS)",
        "the address of the object storage, https://… (Aliyun OSS, Tencent COS, MinIO, AWS)",
    ),
    Setting("CLEARBAY_S3_REGION", "s3:// 必填 / required by s3://", "对象存储的地域", "its region"),
    Setting("CLEARBAY_S3_KEY", "s3:// 必填 / required by s3://", "访问密钥的编号", "the id of the access key"),
    Setting("CLEARBAY_S3_SECRET", "s3:// 必填 / required by s3://", "访问密钥", "the access key itself"),
    Setting(
        "CLEARBAY_MAIL",
        "–",
        "发邮件的服务器:smtps://用户:密码@主机:465 或 smtp://…:587(STARTTLS)",
        "the server for mail: smtps://user:password@host:465 or smtp://…:587 (STARTTLS)",
    ),
    Setting("CLEARBAY_MAIL_FROM", "–", "邮件的发件地址", "the sender of mail"),
    Setting(
        "CLEARBAY_TEXT_URL",
        "–",
        "短信网关的地址 https://…,以 JSON 接收",
        "the gateway for text messages, https://…, which takes JSON",
    ),
    Setting(
        "CLEARBAY_TEXT_KEY",
        "–",
        "用来给网关请求签名的密钥(HMAC-SHA256)",
        "the key that signs what the gateway gets (HMAC-SHA256)",
    ),
    Setting(
        "CLEARBAY_TEXT_BODY",
        "–",
        'JSON 的样式,如 {"phone": "{to}", "content": "{text}"}',
        'the form of that JSON, as {"phone": "{to}", "content": "{text}"}',
    ),
    Setting("CLEARBAY_LOG", "-", "请求日志:- 为标准错误输出,或文件路径", "the log: - for standard error, or a file"),
    Setting("CLEARBAY_WORKERS", "2", "服务进程数", "processes of the server"),
    Setting("CLEARBAY_THREADS", "4", "每个进程的线程数", "threads of each process"),
    Setting(
        "CLEARBAY_PYTHON",
        "–",
        "用哪个 Python 创建环境(3.11 或更新)",
        "the Python to make the environment with (3.11 or newer)",
    ),
    Setting(
        "CLEARBAY_MODE",
        "serve",
        "由 ./clearbay 自己设定(demo、command);没有设定时按 serve 严格检查",
        "set by ./clearbay itself (demo, command); whatever lacks it is read as strictly as serve",
    ),
)
