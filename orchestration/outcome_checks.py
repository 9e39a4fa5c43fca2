"""Failed checks of an artefact: told in the catalogue and by a notice."""

from collections.abc import Mapping, Sequence

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import CheckFailedError


def tell_failed_checks(
    catalogue: Catalogue,
    stream_id: str,
    asset: str,
    specs: Mapping[str, dg.AssetCheckSpec],
    results: Sequence[dg.AssetCheckResult],
) -> list[str]:
    """Leave what failed on record; returns the names of the checks.

    A check that blocks ends the attempt as failed, as it does in Dagster: nothing is cut by it.
    """
    failed = {one.check_name or "": _told(one) for one in results if not one.passed}
    catalogue.assets.checked(stream_id, asset, failed)
    stream = catalogue.streams.find(stream_id)
    title = (stream.title if stream else "") or stream_id
    for name, told in failed.items():
        spec = specs.get(name)
        blocks = spec is not None and spec.blocking
        catalogue.notices.add(
            "error" if blocks else "warning",
            f"Check failed: {asset}, {name.replace('_', ' ')}",
            body=f"{title}: {told}" if told else title,
            next_step=f"`utawaku ingest --again {asset} {stream_id}` makes it again"
            if blocks
            else "The stream can be used; look at what the check names",
            stream_id=stream_id,
        )
        if blocks:
            catalogue.assets.failed(
                stream_id,
                asset,
                f"the check {name} failed{f' ({told})' if told else ''}; nothing is cut by it",
                exit_code=CheckFailedError.exit_code,
                error=CheckFailedError.__name__,
            )
    return list(failed)


def _told(result: dg.AssetCheckResult) -> str:
    """The metadata of a failed check in one line."""
    parts = [f"{name}: {value.value}" for name, value in (result.metadata or {}).items()]
    return "; ".join(parts)[:1000]
