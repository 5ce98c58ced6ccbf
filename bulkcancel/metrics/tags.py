"""Tags from the environment, as the vendor's own tools read them."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Each of these variables is one tag. It wins over the same tag in DD_TAGS.
_OWN_VARIABLES = {"env": "DD_ENV", "service": "DD_SERVICE", "version": "DD_VERSION"}
# The vendor's tracers take commas and white space between tags.
_BETWEEN = re.compile(r"[,\s]+")


def environment_tags(environ: "Mapping[str, str]", *, is_with_own: bool) -> list[str]:
    """The tags that `DD_TAGS` names, each once.

    Args:
        environ: The environment.
        is_with_own: Whether to add those of `DD_ENV`, `DD_SERVICE` and `DD_VERSION`, and of `DATADOG_TAGS`.
            The vendor's metrics library adds them by itself, and they must not stand there twice.
    """
    own = [
        f"{name}:{environ[variable]}" for name, variable in _OWN_VARIABLES.items() if environ.get(variable)
    ]
    old = [tag for tag in environ.get("DATADOG_TAGS", "").split(",") if tag]
    taken = {tag.partition(":")[0] for tag in own}
    named = [tag for tag in _BETWEEN.split(environ.get("DD_TAGS", "")) if tag]
    new = [tag for tag in named if tag.partition(":")[0] not in taken and tag not in old]
    found = [*own, *old, *new] if is_with_own else new
    return list(dict.fromkeys(found))
