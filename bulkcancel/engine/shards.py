"""`--shard I/N`: which rows are this process's, the same on every machine."""

from hashlib import blake2b
from typing import TYPE_CHECKING

from bulkcancel.models import InstanceRef

if TYPE_CHECKING:
    from bulkcancel.models import Row, Shard


def belongs_to(row: "Row", shard: "Shard") -> bool:
    """Whether a row falls to a shard: by its pair, or by its line where the row is unusable."""
    key = f"{row.workflow_id}/{row.instance_id}" if isinstance(row, InstanceRef) else f"line {row.line}"
    digest = blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest) % shard.total == shard.index - 1
