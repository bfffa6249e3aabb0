"""What must be provable later: sealed in one canonical form when it happens, chained per store, found out if changed.

``canonical`` is the form and its hash, ``chain`` the records and their order, ``contents`` what each kind of record
holds, ``codes`` what stands on a customer's copy, ``papers`` the signed papers, ``forgetting`` how personal data go.
``verify`` (with ``living`` and ``takeover``) is imported by its own name: it stands on everything else.
"""

from models.seal import contents
from models.seal.canonical import canonical, commitment, digest
from models.seal.chain import SealedEvent, SealedPersonal, SealHead, SealKind, seal, seal_of
from models.seal.codes import code_of, read_code, sealed_under
from models.seal.papers import Paper
from models.seal.witness import Witness

__all__ = ["Paper", "SealHead", "SealKind", "SealedEvent", "SealedPersonal", "Witness", "canonical", "code_of",
           "commitment", "contents", "digest", "read_code", "seal", "seal_of", "sealed_under"]
