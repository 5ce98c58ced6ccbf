"""A pair as one number, so that millions fit in memory; it is the same on every machine."""

from hashlib import blake2b


def pair_digest(workflow_id: str, instance_id: str) -> int:
    """A 128-bit digest. The chance that any two of two million pairs share one is below 1e-26."""
    return int.from_bytes(blake2b(f"{workflow_id}/{instance_id}".encode(), digest_size=16).digest())
