"""Secrets that lie where others could read them: sealed with a key that each machine keeps."""

import base64
import binascii
import secrets

from utawaku.library.errors import ConfigError

_KEY_BYTES, _NONCE_BYTES, _TAG_BYTES = 32, 12, 16


def new_key() -> str:
    """Return a fresh key, as text for the settings."""
    return base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def checked_key(key: str) -> bytes:
    """Return the bytes of a key.

    Raises:
        ConfigError: it is no key of `new_key`.
    """
    try:
        read = base64.urlsafe_b64decode(key.encode())
    except (binascii.Error, UnicodeEncodeError):
        read = b""
    if len(read) != _KEY_BYTES:
        raise ConfigError(
            "cluster.key is no key",
            next_step="Take the one that `utawaku cluster init --key new` printed",
        )
    return read


def seal(data: bytes, key: str, name: str) -> bytes:
    """Encrypt with AES-256 in Galois/Counter mode (NIST SP 800-38D): nonce, tag, text.

    Args:
        data: what nobody else is to read.
        key: of `new_key`.
        name: what it is; only under the same name can it be read again.

    Raises:
        ConfigError: the key is none.
    """
    from Cryptodome.Cipher import AES

    nonce = secrets.token_bytes(_NONCE_BYTES)
    cipher = AES.new(checked_key(key), AES.MODE_GCM, nonce=nonce)
    cipher.update(name.encode())
    text, tag = cipher.encrypt_and_digest(data)
    return nonce + tag + text


def unseal(sealed: bytes, key: str, name: str) -> bytes:
    """Inverse of `seal`.

    Raises:
        ConfigError: it was sealed with another key or under another name, or was changed.
    """
    from Cryptodome.Cipher import AES

    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    tag, text = rest[:_TAG_BYTES], rest[_TAG_BYTES:]
    try:
        cipher = AES.new(checked_key(key), AES.MODE_GCM, nonce=nonce)
        cipher.update(name.encode())
        return cipher.decrypt_and_verify(text, tag)
    except ValueError as error:
        raise ConfigError(
            "was encrypted with another cluster.key",
            subject=name,
            next_step="Give each machine the same cluster.key",
        ) from error
