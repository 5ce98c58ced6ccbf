"""What a person sees while it runs: messages and a bar on standard error, and the closing words."""

from bulkcancel.progress.announcer import Announcer
from bulkcancel.progress.display import ProgressDisplay
from bulkcancel.progress.messages import LogFormat, Messages, Output
from bulkcancel.progress.words import closing_lines, counts_of, duration, lines_of, number_of, status_line
from bulkcancel.progress.writer import BackgroundWriter

__all__ = [
    "Announcer",
    "BackgroundWriter",
    "LogFormat",
    "Messages",
    "Output",
    "ProgressDisplay",
    "closing_lines",
    "counts_of",
    "duration",
    "lines_of",
    "number_of",
    "status_line",
]
