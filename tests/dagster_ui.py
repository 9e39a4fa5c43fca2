"""The Dagster UI of `utawaku up` in a real browser: questions and orders as it sends them."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from tests import chromium

REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": "utawaku"}
ENDED = ("SUCCESS", "FAILURE", "CANCELED")
LONGEST_S = 420.0


class DagsterUi:
    """The UI on a page that is logged in. Each request is made by the page, as the UI makes it."""

    def __init__(self, page: chromium.Page) -> None:
        self.page = page

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data that a query or mutation comes to."""
        options = {
            "method": "POST",
            "headers": {"Content-Type": "application/json"},
            "body": json.dumps({"query": query, "variables": variables}),
        }
        script = f"fetch('/graphql', {json.dumps(options)}).then(answer => answer.text())"
        told = json.loads(await self.page.evaluate(script))
        assert not told.get("errors"), told["errors"]
        data: dict[str, Any] = told["data"]
        return data

    async def sees(self, path: str, *texts: str) -> None:
        """Open a page of the UI and wait until it shows these texts."""
        async with asyncio.timeout(LONGEST_S):  # the tab begins with an empty page
            while not await self.page.evaluate(
                "location.protocol === 'http:' && document.readyState === 'complete'"
            ):
                await asyncio.sleep(0.2)
        # Else an invitation to the community lies over the first page.
        await self.page.evaluate("localStorage.setItem('communityNux', JSON.stringify('1'))")
        await self.page.evaluate(f"location.assign({json.dumps(path)})")
        async with asyncio.timeout(LONGEST_S):
            while True:
                shown = str(
                    await self.page.evaluate("document.body ? document.body.innerText : ''")
                )
                if all(text in shown for text in texts):
                    return
                await asyncio.sleep(0.5)

    async def press(self, words: str) -> None:
        """Press the first button that begins with these words, once it can be pressed; of a dialog
        where one is open."""
        script = (
            "(() => { const dialogs = [...document.querySelectorAll('[role=dialog], .bp5-dialog')];"
            " const buttons = [...(dialogs.pop() ?? document).querySelectorAll('button')];"
            " const found = buttons.find(one => !one.disabled &&"
            f" one.innerText.trim().startsWith({json.dumps(words)}));"
            " found?.click(); return Boolean(found); })()"
        )
        async with asyncio.timeout(LONGEST_S):
            while not await self.page.evaluate(script):
                await asyncio.sleep(0.5)

    async def stale(self, names: Sequence[str], streams: Sequence[str]) -> set[tuple[str, str]]:
        """The (stream, asset) that the UI marks as stale."""
        fields = " ".join(
            f"s{n}: staleStatus(partition: {json.dumps(stream)})"
            for n, stream in enumerate(streams)
        )
        keys = [{"path": [name]} for name in names]
        query = (
            "query($keys: [AssetKeyInput!]) { assetNodes(assetKeys: $keys) {"
            f" assetKey {{ path }} {fields} }} }}"
        )
        data = await self.ask(query, keys=keys)
        return {
            (stream, node["assetKey"]["path"][0])
            for node in data["assetNodes"]
            for n, stream in enumerate(streams)
            if node.get(f"s{n}") == "STALE"
        }

    async def partitions(self) -> set[str]:
        """Keys of all streams that the UI lists."""
        query = '{ assetNodes(assetKeys: [{path: ["segments"]}]) { partitionKeys } }'
        (node,) = (await self.ask(query))["assetNodes"]
        return set(node["partitionKeys"])

    async def runs(self, **filters: Any) -> list[dict[str, Any]]:
        """Runs, the latest first, with their tags as a mapping."""
        query = (
            "query($filter: RunsFilter) { runsOrError(filter: $filter, limit: 50) { ... on Runs {"
            " results { runId status pipelineName assetSelection { path }"
            " tags { key value } } } } }"
        )
        found = (await self.ask(query, filter=filters))["runsOrError"]["results"]
        return [
            {
                **run,
                "tags": {one["key"]: one["value"] for one in run["tags"]},
                "assets": [one["path"][0] for one in run["assetSelection"] or ()],
            }
            for run in found
        ]

    async def launch(self, asset: str, stream: str) -> str:
        """Materialize one asset of a stream; the run."""
        query = (
            "mutation($params: ExecutionParams!) { launchPipelineExecution("
            "executionParams: $params)"
            " { __typename ... on LaunchRunSuccess { run { runId } }"
            " ... on PythonError { message } } }"
        )
        selector = {
            **REPOSITORY,
            "pipelineName": "__ASSET_JOB",
            "assetSelection": [{"path": [asset]}],
            "assetCheckSelection": None,
        }
        tags = [{"key": "dagster/partition", "value": stream}]
        params = {
            "selector": selector,
            "mode": "default",
            "runConfigData": "{}",
            "executionMetadata": {"tags": tags},
        }
        told = (await self.ask(query, params=params))["launchPipelineExecution"]
        return str(told["run"]["runId"])

    async def backfill(self, names: Sequence[str], streams: Sequence[str]) -> str:
        """Launch a backfill; its number."""
        query = (
            "mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams:"
            " $params) { __typename ... on LaunchBackfillSuccess { backfillId }"
            " ... on PythonError { message } } }"
        )
        params = {
            "assetSelection": [{"path": [name]} for name in names],
            "partitionNames": list(streams),
            "tags": [],
        }
        told = (await self.ask(query, params=params))["launchPartitionBackfill"]
        return str(told["backfillId"])

    async def materialize_all(self, asset: str) -> str:
        """Materialize all partitions of an asset by the buttons of its page; the backfill."""
        before = await self.backfills()
        await self.sees(f"/assets/{asset}", "Materialize")
        for words in ("Materialize", "All", "Launch"):
            await self.press(words)
        async with asyncio.timeout(LONGEST_S):
            while not (new := [one for one in await self.backfills() if one not in before]):
                await asyncio.sleep(1)
        return new[0]

    async def backfills(self) -> list[str]:
        """Numbers of backfills, the latest first."""
        query = (
            "{ partitionBackfillsOrError(limit: 20) { ... on PartitionBackfills {"
            " results { id } } } }"
        )
        return [
            one["id"] for one in (await self.ask(query))["partitionBackfillsOrError"]["results"]
        ]

    async def backfill_ended(self, number: str) -> str:
        """Wait for the end of a backfill; its status."""
        query = (
            "query($id: String!) { partitionBackfillOrError(backfillId: $id) {"
            " ... on PartitionBackfill { status } } }"
        )
        async with asyncio.timeout(LONGEST_S):
            while True:
                told = (await self.ask(query, id=number))["partitionBackfillOrError"]["status"]
                if told not in ("REQUESTED", "CANCELING", "FAILING"):
                    return str(told)
                await asyncio.sleep(1)

    async def ended(self, run_id: str) -> dict[str, Any]:
        """Wait for the end of a run."""
        async with asyncio.timeout(LONGEST_S):
            while True:
                (run,) = await self.runs(runIds=[run_id])
                if run["status"] in ENDED:
                    return run
                await asyncio.sleep(1)

    async def begun(self, run_id: str) -> None:
        """Wait until a run has its process."""
        async with asyncio.timeout(LONGEST_S):
            while (await self.runs(runIds=[run_id]))[0]["status"] != "STARTED":
                await asyncio.sleep(0.5)

    async def repeat(self, run_id: str) -> str:
        """Press "Re-execute" on a run; the new one."""
        query = (
            "mutation($params: ReexecutionParams!) { launchRunReexecution("
            "reexecutionParams: $params) { __typename ... on LaunchRunSuccess { run { runId } }"
            " ... on PythonError { message } } }"
        )
        params = {"parentRunId": run_id, "strategy": "ALL_STEPS"}
        told = (await self.ask(query, params=params))["launchRunReexecution"]
        assert "run" in told, told
        return str(told["run"]["runId"])

    async def cancel(self, run_id: str) -> None:
        """Press "Terminate" on a run."""
        query = (
            "mutation($id: String!) { terminateRun(runId: $id, terminatePolicy: SAFE_TERMINATE)"
            " { __typename } }"
        )
        told = (await self.ask(query, id=run_id))["terminateRun"]
        assert told["__typename"] == "TerminateRunSuccess", told

    async def type_partition(self, key: str) -> None:
        """Add a partition that is no stream, as the UI offers it."""
        query = (
            "mutation($r: RepositorySelector!, $k: String!) { addDynamicPartition("
            'repositorySelector: $r, partitionsDefName: "stream", partitionKey: $k)'
            " { __typename } }"
        )
        told = (await self.ask(query, r=REPOSITORY, k=key))["addDynamicPartition"]
        assert told["__typename"] == "AddDynamicPartitionSuccess", told

    async def failed_checks(self, asset: str) -> set[str]:
        """Names of the checks of an asset whose latest evaluation failed."""
        query = (
            "query($key: AssetKeyInput!) { assetChecksOrError: assetNodeOrError(assetKey: $key) {"
            " ... on AssetNode { assetChecksOrError {"
            " ... on AssetChecks { checks { name } } } } } }"
        )
        node = (await self.ask(query, key={"path": [asset]}))["assetChecksOrError"]
        failed = set()
        for one in node["assetChecksOrError"]["checks"]:
            query = (
                "query($key: AssetKeyInput!, $name: String!) { assetCheckExecutions(assetKey: $key,"
                " checkName: $name, limit: 1) { evaluation { success } } }"
            )
            told = await self.ask(query, key={"path": [asset]}, name=one["name"])
            if any(not run["evaluation"]["success"] for run in told["assetCheckExecutions"]
                   if run["evaluation"]):  # fmt: skip
                failed.add(one["name"])
        return failed
