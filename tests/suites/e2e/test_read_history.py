"""History over HTTP: a deployment with an archiver, read through its APIs."""

import asyncio

from shared.store import keys
from tests.suites.e2e.caller import deploy

LIMIT_S = 60.0


async def test_ended_generations_are_read_from_the_database() -> None:
    """After the archive and the end in the store, a generation is found by id, in lists, and in the usage."""
    async with deploy(workers=("noop",), deliver=0, sweep=0) as place:
        place.stack.add("archive", "-m", "workers", "archive")
        caller = await place.create_caller(cents=100)
        unarchived = await caller.request("GET", "/api/v1/generations")
        assert (200, "true") == (unarchived.status, unarchived.headers.get("History-Incomplete", "true"))
        ids = [await caller.create(f"boat {number}") for number in range(3)]
        shown = [await caller.wait_for_end(name) for name in ids]
        async with asyncio.timeout(LIMIT_S):
            while (await caller.request("GET", "/api/v1/usage")).body.get("total", {}).get("count") != 3:
                await asyncio.sleep(0.1)
        await place.store.call("DEL", *(keys.generation(name) for name in ids))
        assert shown == [await caller.poll(name) for name in ids]
        page = await caller.request("GET", "/api/v1/generations?limit=2&q=BOAT")
        assert ids[:0:-1] == [one["id"] for one in page.body["data"]]
        assert "History-Incomplete" not in page.headers
        following = page.headers["Link"].partition(">")[0].removeprefix("<")
        rest = await caller.request("GET", following)
        assert ids[:1] == [one["id"] for one in rest.body["data"]]
        assert 'rel="prev"' in rest.headers["Link"]
        jobs = await caller.request("GET", "/api/jobs?limit=2&status=completed")
        assert [f"job_{name.replace('-', '')}" for name in ids[:0:-1]] == [job["jobId"] for job in jobs.body["jobs"]]
        assert jobs.body["jobs"][1]["jobId"] in jobs.headers["Link"]
        canceled = await caller.request("DELETE", f"/api/v1/generations?id={ids[0]}")
        assert (409, "conflict") == (canceled.status, canceled.body["error"]["code"])
        lines = (await caller.request("GET", "/api/v1/transactions")).body["data"]
        usage = (await caller.request("GET", "/api/v1/usage?by=model")).body
        spent = -sum(line["amount_micros"] for line in lines if line["type"] != "topup")
        assert ("test/noop", spent) == (usage["data"][0]["group"], usage["total"]["net_micros"])
        table = await caller.request("GET", "/api/v1/usage?by=model", headers={"Accept": "text/csv"})
        assert [b"model", b"test/noop"] == [row.partition(b",")[0] for row in table.body.split()]
