"""The key of one person's own words. Each author has their own, made from a secret of this installation that is kept in
a file or the environment and never in the database: a copy of the database alone opens nothing."""

from __future__ import annotations

import os
from base64 import b64encode
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES, KEY_BYTES = 12, 32
DRAFT = "draft"


class CannotBeOpened(Exception):
    """The key of this installation is not the one it was sealed with, or the bytes were changed."""


def key_of(author: UUID, store: str) -> bytes:
    """One author's key for one store: a note's key opens no journal, and another author's opens neither."""
    derive = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=store.encode(), info=author.bytes)
    return derive.derive(settings.PRIVATE_KEY)


def seal(words: str, *, author: UUID, store: str, row: UUID) -> bytes:
    """Bound to its row: moved to another one, it does not open."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key_of(author, store)).encrypt(nonce, words.encode(), row.bytes)


def draft_key(author: UUID) -> str:
    """With which the author's own page seals what is not kept yet, in the tab it was typed in: it opens no note and no
    entry, and is given to nobody else."""
    return b64encode(key_of(author, DRAFT)).decode()


def unseal(sealed: bytes, *, author: UUID, store: str, row: UUID) -> str:
    nonce, body = bytes(sealed[:NONCE_BYTES]), bytes(sealed[NONCE_BYTES:])
    try:
        return AESGCM(key_of(author, store)).decrypt(nonce, body, row.bytes).decode()
    except InvalidTag:
        raise CannotBeOpened from None
