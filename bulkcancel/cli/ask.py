"""Before anything is canceled: who may be asked, how, and what forbids it."""

import os
import sys
import termios
from contextlib import suppress

import click

from bulkcancel.errors import ConfigurationError

# Whatever else it is set to refuses: a switch that means "hands off" is not to be missed for its spelling.
_NOT_READ_ONLY = frozenset({"", "0", "false", "no", "off", "n", "f"})
_YES, _NO = frozenset({"y", "yes"}), frozenset({"", "n", "no"})


class DeclinedError(ConfigurationError):
    """The person said no."""


def refuse_if_read_only() -> None:
    """Heed `DD_READ_ONLY`, as the vendor's own command line does.

    Raises:
        ConfigurationError: It is set.
    """
    if os.environ.get("DD_READ_ONLY", "").strip().lower() not in _NOT_READ_ONLY:
        raise ConfigurationError(
            "DD_READ_ONLY is set, so nothing may be canceled; unset it, or rehearse with --sandbox or "
            "--dry-run."
        )


def ask() -> None:
    """Ask on the terminal whether to go on; no answer at all is a no.

    Raises:
        DeclinedError: It is not to go on. Nothing was sent.
    """
    with suppress(OSError, ValueError, termios.error):  # an Enter typed ahead answers nothing
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
    while True:
        click.echo("Cancel them? [y/N]: ", nl=False, err=True)
        answer = sys.stdin.readline()
        if not answer:
            click.echo(err=True)
            raise DeclinedError("Declined: there was no answer; nothing was sent.")
        word = answer.strip().lower()
        if word in _YES:
            return
        if word in _NO:
            raise DeclinedError("Declined; nothing was sent.")
        click.echo("Say y to cancel them, or n.", err=True)
