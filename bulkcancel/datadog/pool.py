"""The connections that are kept open, and which of them may carry another request."""

import select
from typing import TYPE_CHECKING
from weakref import WeakSet

import aiohttp

if TYPE_CHECKING:
    from ssl import SSLContext

    from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientTimeout
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace
    from yarl import URL


class ConnectionClosedError(aiohttp.ClientConnectionError):
    """A connection ended before the head of a reply was in.

    It is none of the errors after which aiohttp sends a request again by itself: such a request would
    be neither counted nor paced.

    Attributes:
        was_stale: Whether it had been used before, and brought nothing this time: it was being closed while
            the request was on its way, which says nothing about the request.
    """

    def __init__(self, words: str, *, was_stale: bool) -> None:
        super().__init__(words)
        self.was_stale = was_stale


class Pool(aiohttp.TCPConnector):
    """aiohttp's connections, of which only those that have kept silent are used again.

    aiohttp reuses a connection on which something has come in since the last reply, and takes that for
    the answer to the next request (RFC 9112, section 9.2, says to close it). So each connection is looked
    at when it is taken: at what aiohttp has read, and at what the system still holds. What comes in later
    than that can't be told from the answer.
    """

    def __init__(self, *, keepalive_timeout: float, ttl_dns_cache: int, ssl: "SSLContext") -> None:
        super().__init__(
            limit=0,  # the gates bound the requests in flight; waiting for a slot would eat into a timeout
            keepalive_timeout=keepalive_timeout,
            ttl_dns_cache=ttl_dns_cache,
            ssl=ssl,
        )
        self._known: WeakSet[ResponseHandler] = WeakSet()
        self._was_used: dict[ClientRequest, bool] = {}  # for each request on its way: was its connection?
        self._went_stale: set[tuple[str, URL]] = set()

    async def connect(
        self,
        req: "ClientRequest",
        traces: "list[Trace]",
        timeout: "ClientTimeout",  # noqa: ASYNC109 - aiohttp's own signature
    ) -> "Connection":
        """Take a connection for one request: a silent one that was used before, or a new one."""
        errand = req.method, req.url
        wants_new = errand in self._went_stale
        self._went_stale.discard(errand)
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            if protocol is None or protocol not in self._known:
                if protocol is not None:
                    self._known.add(protocol)
                self._was_used[req] = False
                return connection
            if not wants_new and _is_silent(connection):
                self._was_used[req] = True
                return connection
            connection.close()

    async def send_once(self, req: "ClientRequest", handler: "ClientHandlerType") -> "ClientResponse":
        """Send a request, as the session's middleware that keeps aiohttp from sending it a second time.

        When a connection that was used before ends without a reply, the next request for the same thing
        goes on a new connection, so that it meets a stale one only once.

        Raises:
            ConnectionClosedError: The connection ended before the head of a reply was in.
            RuntimeError: aiohttp took a connection that was not looked at. No version known does.
        """
        try:
            response = await handler(req)
        except (aiohttp.ClientConnectionError, ConnectionError) as error:
            if isinstance(error, aiohttp.ClientConnectorError | TimeoutError):
                raise
            was_stale = self._was_used.get(req, False) and not _has_begun(error)
            if was_stale:
                self._went_stale.add((req.method, req.url))
            raise ConnectionClosedError(str(error), was_stale=was_stale) from error
        else:
            if req not in self._was_used:
                response.close()
                raise RuntimeError("this version of aiohttp takes connections by another way than connect()")
            return response
        finally:
            self._was_used.pop(req, None)


def _is_silent(connection: "Connection") -> bool:
    """Whether nothing has come in on a connection since its last reply, and nobody has closed it."""
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or protocol.should_close:
        return False
    socket = transport.get_extra_info("socket")
    if socket is None:
        return False
    unread = select.poll()
    unread.register(socket, select.POLLIN)
    return not unread.poll(0)


def _has_begun(error: Exception) -> bool:
    """Whether part of a reply's head came in before the connection ended."""
    return isinstance(error, aiohttp.ServerDisconnectedError) and not isinstance(error.message, str)
