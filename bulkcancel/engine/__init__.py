"""A run: rows go in, one result for each comes out, and a stop signal ends it early and cleanly."""

from bulkcancel.engine.dispatcher import Api, Dispatcher
from bulkcancel.engine.intake import RowSource
from bulkcancel.engine.observers import Observers
from bulkcancel.engine.run import Run
from bulkcancel.engine.stop_signal import is_failure
from bulkcancel.engine.totals import Totals

__all__ = ["Api", "Dispatcher", "Observers", "RowSource", "Run", "Totals", "is_failure"]
