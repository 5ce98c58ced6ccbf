"""The soak's server: what it answered is on disk, and its quota can be changed."""

from pathlib import Path
from uuid import UUID

import aiohttp
from support.recording import RecordingSandbox, quota_of, read_record, words_of

from bulkcancel.sandbox import HeaderMode, Quota, SandboxOptions, Scenario
from bulkcancel.sandbox.server import serve

KEYS = {"DD-API-KEY": "a", "DD-APPLICATION-KEY": "b"}
W = str(UUID(int=1 << 127, version=4))


async def cancel(session: aiohttp.ClientSession, url: str, instance: str) -> int:
    """Cancel one; gives the status, or 0 where none came."""
    try:
        async with session.put(f"{url}/api/v2/workflows/{W}/instances/{instance}/cancel") as reply:
            await reply.read()
            return reply.status
    except aiohttp.ClientError:
        return 0


async def test_what_is_answered_is_on_record_at_once(tmp_path: Path) -> None:
    """Also beyond the quota, and by the quota that is in force."""
    options = SandboxOptions(quota=Quota(1, 3600), latency=0.0)
    async with (
        serve(RecordingSandbox(options, tmp_path / "record")) as url,
        aiohttp.ClientSession(headers=KEYS) as session,
    ):
        assert [await cancel(session, url, W) for _ in range(2)] == [200, 429]
        async with session.put(f"{url}/quota/{words_of(Quota(2, 3600, HeaderMode.ON_429))}") as reply:
            assert reply.status == 200
        assert [await cancel(session, url, W) for _ in range(3)] == [200, 200, 429]
        record = read_record(tmp_path / "record")
    assert [one.status for one in record] == ["200", "429", "200", "200", "429"]
    assert {(one.workflow_id, one.instance_id) for one in record} == {(W, W)}
    assert not any(one.is_fault for one in record)


async def test_faults_are_on_record_too(tmp_path: Path) -> None:
    """Each as what the client met: a status, a page in place of an answer, or a connection cut off."""
    options = SandboxOptions(scenario=Scenario.FLAKY, latency=0.0, stall=0.0)
    async with (
        serve(RecordingSandbox(options, tmp_path / "record")) as url,
        aiohttp.ClientSession(headers=KEYS) as session,
    ):
        for number in range(60):
            await cancel(session, url, str(UUID(int=(1 << 127) + number, version=4)))
        record = read_record(tmp_path / "record")
    assert {"0", "200", "500", "503", "page"} == {one.status for one in record}
    assert {one.status for one in record if one.is_fault} == {"0", "500", "503", "page"}


def test_a_quota_is_one_word() -> None:
    """The same when it is read."""
    quota = Quota(600, 60, HeaderMode.RETRY_AFTER_DATE)
    assert quota_of(words_of(quota)) == quota
