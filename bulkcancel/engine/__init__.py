"""The run: rows go in, one result for each comes out, and the brake ends it early and cleanly."""

from bulkcancel.engine.brake import Brake, StoppedError
from bulkcancel.engine.gate import Gate
from bulkcancel.engine.intake import RowSource
from bulkcancel.engine.run import Engine

__all__ = ["Brake", "Engine", "Gate", "RowSource", "StoppedError"]
