"""Addresses that Dagster needs on several machines. Light: the supervisor of `up` imports it."""

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    import sqlalchemy as sa

    from utawaku.library.config import Settings

POSTGRES_VARIABLE = "DAGSTER_POSTGRES_URL"
REDIS_VARIABLE = "DAGSTER_REDIS_URL"
_STOPPED = (
    "-cidle_in_transaction_session_timeout=30s -ctcp_keepalives_idle=15 "
    "-ctcp_keepalives_interval=5 -ctcp_keepalives_count=3"
)
"""The server takes back what a machine holds in the middle of a change when it stops."""


def is_cluster(settings: "Settings") -> bool:
    """Return whether runs go to workers."""
    return bool(settings.cluster.redis_url.get_secret_value())


def environment(settings: "Settings") -> dict[str, str]:
    """Return what `dagster.yaml` of a cluster refers to; empty on one machine."""
    if not is_cluster(settings):
        return {}
    return {
        POSTGRES_VARIABLE: dagster_url(settings.catalogue_url.get_secret_value()),
        REDIS_VARIABLE: settings.cluster.redis_url.get_secret_value(),
    }


def schema_of(url: "sa.URL") -> str:
    """The schema for Dagster's tables, beside the one of the catalogue that `url` names."""
    options = str(url.query.get("options", ""))
    own = options.partition("search_path=")[2].split(",")[0].split()
    return f"{own[0]}_dagster" if own else "dagster"


def dagster_url(catalogue_url: str) -> str:
    """Address of Dagster's storage: the catalogue's database, a schema of its own.

    With the driver psycopg2, the only one that dagster-postgres's notifications work with.
    """
    from sqlalchemy import make_url

    url = make_url(catalogue_url)
    options = f"-csearch_path={schema_of(url)} {_STOPPED}"
    url = url.set(drivername="postgresql+psycopg2").update_query_dict({"options": options})
    address, _, query = url.render_as_string(hide_password=False).partition("?")
    # `+` for a space is SQLAlchemy's reading only.
    return f"{address}?{query.replace('+', quote(' '))}"
