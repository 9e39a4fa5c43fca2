"""Settings of publishing: where to, in what words, and how much at a time."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from utawaku.library.optional_path import OptionalPath
from utawaku.library.publish.quota import Budget
from utawaku.library.publish.style import PART_TITLES, Style
from utawaku.library.secret_url import SecretUrl

_STYLE, _BUDGET = Style(), Budget()


class PublishSettings(BaseModel):
    """Settings of publishing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: str = Field(
        default="bilibili",
        description="Where songs are published to unless said otherwise: `bilibili`, `folder`, "
        "`webdav` or a name in `publish.sites`.",
    )
    account: str = Field(default="", description="Account to use; empty is the only one there is.")
    season: str = Field(
        default="",
        description="Season (合集) on Bilibili, by title or number, that submissions are added to "
        "once they are reviewed; empty is none.",
    )
    group_by: Literal["stream", "all"] = Field(
        default="stream",
        description="One submission for each stream, or one for everything chosen.",
    )
    title: str = Field(default=_STYLE.title, description="Title of a submission.")
    part_title: str = Field(
        default=_STYLE.part_title,
        description="Title of a part; `numbered` and `quoted` (《title》 - artist) are ready-made.",
    )
    description: str = Field(
        default=_STYLE.description, description="Description; {setlist} is the list."
    )
    setlist_line: str = Field(default=_STYLE.setlist_line, description="One line of the list.")
    tags: tuple[str, ...] = Field(default=_STYLE.tags, description="Tags of every submission.")
    category: int = Field(default=_STYLE.category, description="Bilibili's tid; 31 is covers.")
    copyright: Literal[1, 2] = Field(
        default=2, description="1 own work, 2 repost (names its source)."
    )
    lines: tuple[str, ...] = Field(
        default=("AUTO", "bda2", "tx", "txa", "bldsa", "alia", "estx", "akbd"),
        description="Upload lines in the order they are tried.",
    )
    parts_per_hour: int = Field(
        default=_BUDGET.parts_per_hour, ge=0, description="0 is no ceiling."
    )
    parts_per_day: int = Field(default=_BUDGET.parts_per_day, ge=0, description="0 is no ceiling.")
    submits_per_hour: int = Field(
        default=_BUDGET.submits_per_hour, ge=0, description="0 is no ceiling."
    )
    submits_per_day: int = Field(
        default=_BUDGET.submits_per_day, ge=0, description="0 is no ceiling."
    )
    bytes_per_day: int = Field(default=0, ge=0, description="0 is no ceiling.")
    part_spacing_s: float = Field(
        default=_BUDGET.part_spacing_s, ge=0, description="Between parts."
    )
    submit_spacing_s: float = Field(
        default=_BUDGET.submit_spacing_s, ge=0, description="Between submissions."
    )
    font: OptionalPath = Field(
        default=None, description="Font for rendered titles; empty looks for one."
    )
    folder: OptionalPath = Field(default=None, description="Folder of the target `folder`.")
    webdav_url: SecretUrl = Field(
        default=SecretUrl(""), description="Address of the target `webdav`."
    )
    webdav_user: str = Field(default="", description="User of the target `webdav`.")
    webdav_password: SecretStr = Field(
        default=SecretStr(""),
        description="Better in the environment: UTAWAKU_PUBLISH__WEBDAV_PASSWORD.",
    )

    sites: dict[str, dict[str, SecretStr]] = Field(
        default_factory=dict,
        description="Options of further sites by name, each served by "
        "`services/publish/sites/NAME.py`.",
    )

    @field_validator("target")
    @classmethod
    def _plain_name(cls, target: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", target):
            raise ValueError("give `bilibili`, `folder`, `webdav` or a name in `publish.sites`")
        return target

    def style(self) -> Style:
        """The words."""
        return Style(
            title=self.title,
            part_title=PART_TITLES.get(self.part_title, self.part_title),
            description=self.description,
            setlist_line=self.setlist_line,
            tags=self.tags,
            category=self.category,
            copyright=self.copyright,
        )

    def budget(self) -> Budget:
        """The ceilings."""
        return Budget(
            parts_per_hour=self.parts_per_hour,
            parts_per_day=self.parts_per_day,
            submits_per_hour=self.submits_per_hour,
            submits_per_day=self.submits_per_day,
            bytes_per_day=self.bytes_per_day,
            part_spacing_s=self.part_spacing_s,
            submit_spacing_s=self.submit_spacing_s,
        )
