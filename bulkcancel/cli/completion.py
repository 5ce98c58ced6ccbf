"""What a shell offers when somebody presses Tab: files where one is named, and sites."""

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from bulkcancel.sites import SHORT_NAMES, SITES

if TYPE_CHECKING:
    import click


def files(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - click's signature
    """Have the shell offer its files."""
    return [CompletionItem(incomplete, type="file")]


def sites(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - the same
    """The short names, each with what it stands for, and the sites' own."""
    offered = [*SHORT_NAMES.items(), *((site, None) for site in SITES)]
    typed = incomplete.lower()
    return [CompletionItem(name, help=meaning) for name, meaning in offered if name.startswith(typed)]
