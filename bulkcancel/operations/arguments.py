"""What a caller hands in: refused at once, by its name, where it can't be used."""

import asyncio
import math

from bulkcancel.errors import ConfigurationError


def check_arguments(*arguments: tuple[str, object, str, bool]) -> None:
    """See that each can be used: its name, its value, what is wanted, and whether it is that.

    Raises:
        ConfigurationError: One can't.
    """
    for name, value, wanted, usable in arguments:
        if not usable:
            raise ConfigurationError.of_value(name, value, wanted)


def is_duration(value: object) -> bool:
    """Whether it is a number of seconds that can pass."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0.0 < value < math.inf


def require_asyncio() -> None:
    """See that an asyncio event loop runs here.

    Raises:
        ConfigurationError: None does.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError(
            "bulkcancel needs asyncio, and no asyncio event loop runs here: call it from asyncio.run(...), "
            "or in a trio program from a thread of its own."
        ) from None
