"""The API over HTTP: where it is, who asks, and one request at a time. It moves bytes and judges nothing."""

from bulkcancel.datadog.client import DatadogApi
from bulkcancel.datadog.keys import Credentials, read_credentials
from bulkcancel.datadog.target import Target
from bulkcancel.datadog.transport import connect

__all__ = ["Credentials", "DatadogApi", "Target", "connect", "read_credentials"]
