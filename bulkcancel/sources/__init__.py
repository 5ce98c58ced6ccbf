"""From a file, standard input or a caller's own pairs to rows, bounded in memory whatever comes."""

from bulkcancel.sources.caller import CallerPairs, Pair
from bulkcancel.sources.pairs import InputOptions, as_id, is_id, parse_pair, reject, what_is_wrong
from bulkcancel.sources.parser import Parser
from bulkcancel.sources.reader import Source, open_source

__all__ = [
    "CallerPairs",
    "InputOptions",
    "Pair",
    "Parser",
    "Source",
    "as_id",
    "is_id",
    "open_source",
    "parse_pair",
    "reject",
    "what_is_wrong",
]
