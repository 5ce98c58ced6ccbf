"""The run: rows go in, one result for each comes out, and the stop_signal ends it early and cleanly."""

from bulkcancel.engine.intake import RowSource
from bulkcancel.engine.limiter import Limiter
from bulkcancel.engine.run import Engine
from bulkcancel.engine.stop_signal import StoppedError, StopSignal

__all__ = ["Engine", "Limiter", "RowSource", "StopSignal", "StoppedError"]
