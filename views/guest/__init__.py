"""What a customer's QR code opens: their car on its road, what is asked of them, and their papers. No sign-in.

Whoever holds the address holds the right; looking changes nothing, so a link preview is harmless. The address is
neither logged nor stored; other sites do not learn it (``Referrer-Policy: same-origin`` for every page: a stricter one
would take the origin from our own forms, and they would be refused).

``door`` follows a link, ``page`` is what the customer reads, ``told`` how it is put, ``acts`` what they do there,
``word`` the contract's end and an objection, ``files`` their pictures and papers, ``office`` the store's side.
"""

from views.guest import acts, files, office, page, word
from views.guest.door import bp

__all__ = ["acts", "bp", "files", "office", "page", "word"]
