"""`--shard I/N`: which rows are this process's, the same on every machine."""

from typing import TYPE_CHECKING

from bulkcancel.digest import pair_digest
from bulkcancel.models import InstanceRef

if TYPE_CHECKING:
    from bulkcancel.models import Row
    from bulkcancel.settings import Shard


def belongs_to(row: "Row", shard: "Shard") -> bool:
    """Whether a row falls to a shard: by its pair, or by its line where the row is unusable."""
    if isinstance(row, InstanceRef):
        number = pair_digest(row.workflow_id, row.instance_id)
    else:
        number = pair_digest("line", str(row.line))
    return number % shard.total == shard.index - 1
