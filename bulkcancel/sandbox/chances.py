"""What is left to chance, decided by names alone: the same on every machine, every time."""

from hashlib import blake2b
from uuid import UUID


def chance(*parts: object) -> float:
    """A number from 0.0 to 1.0 that the parts alone decide."""
    digest = blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def made_up_id(seed: int, name: str, number: int) -> str:
    """A UUID that the parts alone decide."""
    digest = blake2b(f"{seed}/{name}/{number}".encode(), digest_size=16).digest()
    return str(UUID(bytes=digest, version=4))


def workflow_id_of(seed: int, number: int) -> str:
    """The id of one of a sandbox's own workflows; a runaway is the first."""
    return made_up_id(seed, "workflow", number)
