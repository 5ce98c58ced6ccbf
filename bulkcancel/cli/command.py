"""A command whose help has its options in sections, examples to copy, and its exit codes.

It is written with click's own formatter. Of the libraries for this, click-option-group puts made-up options
among a command's own, cloup adds 40 ms to each start, and rich-click 15.
"""

import re
import shutil
import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from bulkcancel.cli.exit_codes import rows_of
from bulkcancel.cli.sections import Section, section_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bulkcancel.models import ExitCode

_NARROWEST = 30
_TOO_NARROW_FOR_COLUMNS = 56
_ELSEWHERE = "Other options"  # for one without a section, which a test refuses: help is never to fail
_RANGE = re.compile(r"(\d+)<=x<=(\d+)")
# A line is not to end within an option's name, nor between what belongs together: a default and its value,
# an option in an example and what it is given.
_TOGETHER = re.compile(r"(?<=\w)-(?=\w)|(?<=\[default:) ")
_TOGETHER_IN_EXAMPLES = re.compile(r"(?<=\w)-(?=\w)|(?<= -\w) (?=\w)|(?<=\|) |(?<= --)[\w-]+ (?=[\w~])")
_GLUE = str.maketrans("- ", "\N{NON-BREAKING HYPHEN}\N{NO-BREAK SPACE}")
_UNGLUE = {glue: plain for plain, glue in _GLUE.items()}


class Example(NamedTuple):
    """A command line to copy.

    Attributes:
        purpose: What it is for.
        line: As it is typed.
    """

    purpose: str
    line: str


class HelpFormatter(click.HelpFormatter):
    """Writes help for terminals that are narrow, too.

    Attributes:
        least_column: How wide the first column of a list is at least, so that lists below each other align.
    """

    def __init__(
        self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None
    ) -> None:
        super().__init__(indent_increment, width, max_width)
        columns = shutil.get_terminal_size().columns
        if width is None and columns < self.width + 2:  # click writes 50 columns where there are fewer
            self.width = max(columns - 2, _NARROWEST)
        self.least_column = 0

    @property
    def widest_column(self) -> int:
        """How wide the first column of a list may be; what is wider stands on a line of its own."""
        return 4 if self.width < _TOO_NARROW_FOR_COLUMNS else min(28, self.width * 2 // 5)

    def write(self, string: str) -> None:
        """Take what was laid out."""
        super().write(string.translate(_UNGLUE))

    def write_text(self, text: str) -> None:
        """A paragraph."""
        super().write_text(_glued(_TOGETHER, text))

    def write_dl(self, rows: "Iterable[tuple[str, str]]", col_max: int = 30, col_spacing: int = 2) -> None:
        """A list of words and what they mean; side by side where there is room."""
        super().write_dl(
            [(word.ljust(self.least_column), _glued(_TOGETHER, meaning)) for word, meaning in rows],
            min(col_max, self.widest_column),
            col_spacing,
        )


def lines_of(example: Example, width: int) -> list[str]:
    """An example in lines of that width: what it is for, as the shell's comment, and the command."""
    lines = textwrap.wrap(example.purpose, width, initial_indent="# ", subsequent_indent="# ")
    glued = _glued(_TOGETHER_IN_EXAMPLES, example.line)
    *parts, last = textwrap.wrap(glued, width - 2, subsequent_indent="    ", break_long_words=False)
    return [*lines, *(f"{part.translate(_UNGLUE)} \\" for part in parts), last.translate(_UNGLUE)]


@contextmanager
def _aligned(formatter: click.HelpFormatter, widest: int) -> "Iterator[None]":
    """Have lists align, of which the widest word is that wide."""
    if isinstance(formatter, HelpFormatter):
        formatter.least_column = min(widest, formatter.widest_column)
    yield
    if isinstance(formatter, HelpFormatter):
        formatter.least_column = 0


def _record(option: click.Option, ctx: click.Context) -> tuple[str, str]:
    """An option and what click says of it, as people would."""
    words, meaning = option.get_help_record(ctx) or ("", "")  # nothing where it is hidden, which none is here
    return words, _RANGE.sub(r"\1 to \2", meaning.replace("  [", " ["))


def _glued(together: re.Pattern[str], text: str) -> str:
    """The text, whose lines are not to end where that pattern is."""
    return together.sub(lambda found: found[0].translate(_GLUE), text)


class _Context(click.Context):
    formatter_class = HelpFormatter


class WithSections(click.Command):
    """What `Command` and the group of all commands share.

    Attributes:
        lists: Words that the description explains, by the title of the list.
        examples: Shown at the end of the help.
        exit_codes: What each exit code of this command means.
    """

    context_class = _Context

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - click's
        lists: "Mapping[str, Sequence[tuple[str, str]]] | None" = None,
        examples: "Sequence[Example]" = (),
        exit_codes: "Mapping[ExitCode, str] | None" = None,
        **kwargs: Any,  # noqa: ANN401 - click's
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lists = lists or {}
        self.examples = examples
        self.exit_codes = exit_codes or {}

    def options_by_section(self, ctx: click.Context) -> dict[str, list[click.Option]]:
        """The options that are shown, by the titles of their sections, in the order of the help."""
        found: dict[Section | None, list[click.Option]] = {section: [] for section in (*Section, None)}
        for param in self.get_params(ctx):
            if isinstance(param, click.Option) and not param.hidden:
                found[section_of(param)].append(param)
        return {
            section.title if section else _ELSEWHERE: options for section, options in found.items() if options
        }

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the description, and the lists in it."""
        super().format_help_text(ctx, formatter)
        for title, rows in self.lists.items():
            with formatter.section(title):
                formatter.write_dl(rows)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section, in columns that align."""
        sections = {
            title: [_record(option, ctx) for option in options]
            for title, options in self.options_by_section(ctx).items()
        }
        widest = max(len(words) for records in sections.values() for words, _ in records)
        with _aligned(formatter, widest):
            for title, records in sections.items():
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the examples and the exit codes."""
        if self.examples:
            with formatter.section("Examples"):
                width = formatter.width - formatter.current_indent
                lines = [line for example in self.examples for line in lines_of(example, width)]
                formatter.write_text("\n".join(("\b", *lines)))  # which keeps the lines as they are
        if self.exit_codes:
            with formatter.section("Exit codes"):
                formatter.write_dl(rows_of(self.exit_codes))


class Command(WithSections):
    """A command, of which every option can be set in the environment."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's
        kwargs.setdefault("context_settings", {"auto_envvar_prefix": "BULKCANCEL"})
        super().__init__(*args, **kwargs)
