"""Settings of several machines that work on one library."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from utawaku.library.secret_url import SecretUrl


class ClusterSettings(BaseModel):
    """The parts beside PostgreSQL that several machines share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    redis_url: SecretUrl = Field(
        SecretUrl(""),
        description="Redis through which `utawaku worker` gets its runs, as in "
        "redis://:PASSWORD@HOST/0; `utawaku cluster init` sets it. Empty is one machine.",
    )
    key: SecretStr = Field(
        SecretStr(""),
        description="Key that encrypts log-ins in the catalogue, the same on each machine; "
        "`utawaku cluster init --key new` makes one. Empty keeps each log-in on its machine.",
    )
