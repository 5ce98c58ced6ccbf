"""One number for one pair, so that millions of them fit in memory; the same on every machine."""

from hashlib import blake2b


def pair_digest(workflow_id: str, instance_id: str) -> int:
    """A 128-bit digest of a pair: among two million, the chance that any two meet is below 1e-26."""
    return int.from_bytes(blake2b(f"{workflow_id}/{instance_id}".encode(), digest_size=16).digest())
