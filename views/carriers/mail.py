"""Hands mail to a mail server."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate

from views.carriers.messages import Message, Trouble
from views.environment.messengers import MailServer

PATIENCE = 20  # seconds


def mail(server: MailServer, message: Message) -> str:
    """Hand it in; answers with the number of the letter. Raises Trouble."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = server.sender, message.to, message.subject
    letter["Date"], letter["Message-ID"] = formatdate(), f"<{message.id}@{server.sender.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday answers it
    letter.set_content(message.text)
    try:
        with _open(server) as post:
            post.send_message(letter)
    except smtplib.SMTPRecipientsRefused as refused:
        code = next(iter(refused.recipients.values()))[0]
        raise Trouble(f"smtp {code}", for_good=code >= 500) from None
    except smtplib.SMTPAuthenticationError as refused:
        raise Trouble(f"smtp {refused.smtp_code}") from None  # the manager mends a password; the letter waits
    except smtplib.SMTPResponseException as refused:
        raise Trouble(f"smtp {refused.smtp_code}", for_good=refused.smtp_code >= 500) from None
    except (smtplib.SMTPException, OSError) as trouble:
        raise Trouble(type(trouble).__name__) from None
    return str(letter["Message-ID"])


@contextmanager
def _open(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A connection that nobody overhears: TLS with a certificate that is looked at, or this very machine."""
    safely = ssl.create_default_context()
    if server.safe_from_start:
        post: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=PATIENCE, context=safely)
    else:
        post = smtplib.SMTP(server.host, server.port, timeout=PATIENCE)
    with post:
        if not server.safe_from_start and not server.loopback:
            post.starttls(context=safely)
        if server.user:
            post.login(server.user, server.password)
        yield post
