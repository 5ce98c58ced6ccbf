"""The command that continues a run where it ends."""

from typing import TYPE_CHECKING

from bulkcancel.cli.file_names import spelled
from bulkcancel.cli.typed_command import command_line
from bulkcancel.operations.report_target import STDIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkcancel.cli.run_options import RunOptions


_OF_READING = ("--limit", "--shard")  # options that say how much of INPUT to read


def resume_command(
    words: list[str], report: str, options: "RunOptions", *, is_replayable: bool, needs_input: bool = True
) -> str:
    """The same command, continued: without `--limit`; a stream has to be sent again from its start.

    Args:
        words: The command line of the run that ends.
        report: Its report.
        options: The options it had.
        is_replayable: Whether its input can be read again.
        needs_input: Whether rows of the input are left to do. Else the report's own are tried again.
    """
    kept = list(without(_OF_READING[:1] if needs_input else _OF_READING, words))
    if not needs_input:
        if options.input in kept:
            kept.remove(options.input)
    elif not is_replayable:
        # A pipe that had a name of its own, such as /dev/fd/63, is gone with its writer.
        if options.input in kept:
            kept[kept.index(options.input)] = STDIO
        else:
            kept.insert(kept.index("run") + 1, STDIO)
        if not options.yes:
            kept.append("--yes")
    command = command_line(resuming(kept, report, options))
    return command if is_replayable or not needs_input else f"<the same rows> | {command}"


def resuming(words: list[str], report: str, options: "RunOptions") -> list[str]:
    """The words, so that they go on with that very report, however its name was typed."""
    if options.report_filled:
        words = list(without(("-o", "--report"), words))
    if options.report is None or options.report_filled:
        words = [*words, "-o", spelled(report)]
    return words if options.resume else [*words, "--resume"]


def without(options: tuple[str, ...], words: list[str]) -> "Iterator[str]":
    """The words but for those options and their values.

    Args:
        options: The options, each as it is spelled; none may begin like another of one letter.
        words: A command line.
    """
    rest = iter(words)
    for word in rest:
        if word in options:
            next(rest, None)
        elif word.partition("=")[0] not in options and (word[:2] not in options or word[1:2] == "-"):
            yield word
