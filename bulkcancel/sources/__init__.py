"""Reads a file or standard input, and makes rows of it in bounded memory, whatever it holds."""

from bulkcancel.sources.caller import CallerPairs, Pair
from bulkcancel.sources.links import parts_of_link
from bulkcancel.sources.options import InputOptions
from bulkcancel.sources.own_rows import DUPLICATE, TargetCheck
from bulkcancel.sources.pairs import as_id, is_id, parse_pair, reject, what_is_wrong
from bulkcancel.sources.parser import Parser
from bulkcancel.sources.reader import Source, open_source

__all__ = [
    "DUPLICATE",
    "CallerPairs",
    "InputOptions",
    "Pair",
    "Parser",
    "Source",
    "TargetCheck",
    "as_id",
    "is_id",
    "open_source",
    "parse_pair",
    "parts_of_link",
    "reject",
    "what_is_wrong",
]
