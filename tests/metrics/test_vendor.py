"""The vendor's own server reads what we send.

The package datadog-serverless-compat holds it: DogStatsD as the vendor runs it where there is no agent, with
its parser and its aggregation. Every ten seconds it sends what it has; its log says what that is. It is made to
believe in a place that has it start, a directory of Azure's, by a file system of its own; what it sends goes to
a port of loopback that nobody listens at.
"""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.cliapp import Call, write
from support.datagrams import unix_agent
from support.sandboxes import sandbox_beside

from bulkcancel.metrics.table import METRICS
from bulkcancel.sandbox import HeaderMode, Quota, SandboxOptions

pytestmark = pytest.mark.slow

# In a mount namespace: the directory that the server looks for stands in a file system of its own.
START = """
mount -t tmpfs none /home && mkdir -p /home/site/wwwroot/f && echo '{}' > /home/site/wwwroot/host.json && exec "$@"
"""
PATIENCE = 40.0
NOBODY = "http://127.0.0.1:9"
SERIES = re.compile(
    r'Metric \{ metric: "([^"]+)", points: \[Point \{ timestamp: \d+, value: ([\d.]+) \}\].*?kind: (\w+), tags: \[([^\]]*)\]'
)
SKETCH = re.compile(
    r'Sketch \{ metric: "([^"]+)".*?tags: \[([^\]]*)\], dogsketches: \[Dogsketch \{ ts: \d+, cnt: (\d+)'
)
MORE = {"dd.origin:azurefunction", "origin:azurefunction"}


def binary() -> Path:
    """The server, where it is installed."""
    if sys.platform != "linux":
        pytest.skip("the vendor's server is there for Linux alone")
    package = pytest.importorskip("datadog_serverless_compat", reason="the vendor's server is not installed")
    return Path(package.__file__).parent / "bin" / "linux-amd64" / "datadog-serverless-compat"


def free_udp_port() -> int:
    """A port that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def vendor(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The server at work: its port, and its log."""
    program, port, log = tmp_path / "dogstatsd", free_udp_port(), tmp_path / "log"
    program.write_bytes(binary().read_bytes())
    program.chmod(0o700)
    environ = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "FUNCTIONS_EXTENSION_VERSION": "~4",
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "WEBSITE_SITE_NAME": "test",
        "DD_AZURE_RESOURCE_GROUP": "test",
        "DD_API_KEY": "a" * 32,
        "DD_SITE": "localhost",
        "DD_LOG_LEVEL": "trace",
        "DD_PROXY_HTTPS": NOBODY,
        "HTTPS_PROXY": NOBODY,
        "DD_DOGSTATSD_PORT": str(port),
        "DD_APM_RECEIVER_PORT": str(free_udp_port()),
    }
    words = ["unshare", "--map-root-user", "--mount", "sh", "-c", START, "sh", str(program)]
    with log.open("wb") as said, subprocess.Popen(words, env=environ, stdout=said, stderr=said) as process:
        try:
            said_by(log, "starting to listen on port", process)
            yield port, log
        finally:
            process.kill()


def said_by(log: Path, words: str, process: "subprocess.Popen[bytes] | None" = None) -> str:
    """The log, once it says that; skipped where the server does not even start."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        text = log.read_text(errors="replace")
        if re.search(words, text):
            return text
        if process is not None and process.poll() is not None:
            pytest.skip(f"the vendor's server does not start here: {text[-200:].strip()}")
        time.sleep(0.05)
    raise AssertionError(f"never said: {words}")


class Seen:
    """What the server has seen, by its own log.

    Attributes:
        values: The sum of a count, the last value of a gauge, how many values a distribution has; by name and tags.
        kinds: The kinds, by name.
    """

    def __init__(self, text: str) -> None:
        self.values: dict[tuple[str, frozenset[str]], float] = {}
        self.kinds: dict[str, str] = {}
        for name, value, kind, tags in SERIES.findall(text):
            key = name, tags_in(tags)
            self.kinds[name] = kind.lower()
            self.values[key] = float(value) + (self.values.get(key, 0.0) if kind == "Count" else 0.0)
        for name, tags, count in SKETCH.findall(text):
            key = name, tags_in(tags)
            self.kinds[name] = "distribution"
            self.values[key] = self.values.get(key, 0.0) + int(count)

    def total(self, name: str, *tags: str) -> float:
        """The sum of a metric over all that bear these tags."""
        return sum(value for (one, borne), value in self.values.items() if one == name and borne >= {*tags})


def tags_in(text: str) -> frozenset[str]:
    """The tags that the log shows, without those that the server adds."""
    return frozenset(re.findall(r'"([^"]+)"', text)) - MORE


def test_the_vendor_s_server_reads_every_metric(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a run by UDP, and of a drain handed on from a Unix socket: names, kinds, values and tags."""
    for name, value in (("DD_ENV", "test"), ("DD_API_KEY", "a" * 32), ("DD_APP_KEY", "b" * 40)):
        monkeypatch.setenv(name, value)
    with vendor(tmp_path) as (port, log), unix_agent(tmp_path / "dsd") as at_socket:
        ids = (f"{number:08d}-0000-4000-8000-000000000000" for number in range(1, 151))
        with sandbox_beside(SandboxOptions(quota=Quota(100, 1, HeaderMode.ON_429))) as (url, _):
            options = ("--base-url", url, "-y", "-c", "64", "-o", "r.csv")
            run = call("run", write("in.csv", *ids), *options, "--statsd", f"127.0.0.1:{port}")
        options = ("--all-workflows", "--sandbox", "-y", "--settle", "0.1", "-o", "d.csv")
        drain = call("drain", *options, "--statsd", at_socket.address)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for data in at_socket.datagrams():
                out.sendto(data, ("127.0.0.1", port))
        text = said_by(log, r"Sketch \{[^}]*operation:drain")
    assert "do not reach" not in run.err + drain.err
    assert "Failed to parse" not in text
    seen = Seen(text)
    assert seen.kinds == {metric.name: metric.kind.value for metric in METRICS}
    of_run = ("operation:run", "site:127.0.0.1", "env:test")
    assert seen.total("bulkcancel.rows", *of_run) == 150
    assert seen.total("bulkcancel.run.exit", *of_run) == run.code
    assert (
        seen.total("bulkcancel.throttled", *of_run)
        == seen.total("bulkcancel.requests", "status:429", *of_run)
        > 0
    )
    assert seen.total("bulkcancel.request.duration", *of_run) == seen.total("bulkcancel.requests", *of_run)
    of_drain = ("operation:drain", "site:sandbox", "env:test")
    assert seen.total("bulkcancel.alive", *of_drain) == 0
    assert seen.total("bulkcancel.rows", "outcome:canceled", *of_drain) > 0
