"""Seasons (合集) of the user's own Bilibili account: find one, and add a submission to it.

Requests as in the public descriptions of the API (bilibili-API-collect:
docs/creativecenter/season.md) and in biliup 1.2.9. New seasons are reviewed by people of the site,
so none is made here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from utawaku.library.errors import UploadInterruptedError, UploadRefusedError

if TYPE_CHECKING:
    from utawaku.services.publish.bilibili.client import PartClient

_API = "https://member.bilibili.com/x2/creative/web"
_PAGES, _PAGE_SIZE = 20, 30


@dataclass(frozen=True, slots=True)
class Season:
    """A season and the section of it that submissions are added to: its first."""

    number: int
    title: str
    section: int


def find_season(client: "PartClient", wanted: str) -> Season:
    """Return the season of this title or number.

    Raises:
        UploadRefusedError: there is none, or several have this title.
        UploadError: any other of its kinds.
    """
    found = list(_seasons(client))
    same = [one for one in found if wanted in (one.title, str(one.number))]
    if len(same) == 1:
        return same[0]
    if same:
        numbers = ", ".join(str(one.number) for one in same)
        raise UploadRefusedError(
            "several seasons have this title", subject=wanted, next_step=f"Give a number: {numbers}"
        )
    titles = ", ".join(one.title for one in found) or "none"
    raise UploadRefusedError(
        "the account has no such season",
        subject=wanted,
        next_step=f"Make it on the site, which reviews it first. There are: {titles}",
    )


def add_to_season(client: "PartClient", season: Season, episode: Mapping[str, Any]) -> None:
    """Add a submission to a season; one that is there stays once.

    `episode` has `aid`, `cid` (of the first part) and `title`.

    Raises:
        UploadError: any of its kinds.
    """
    data = _get(client, "/season/section", {"id": str(season.section)})
    if any(row.get("aid") == episode["aid"] for row in _rows(data.get("episodes"))):
        return
    client.session.post(
        f"{_API}/season/section/episodes/add?csrf={client.csrf}",
        json={
            "sectionId": season.section,
            "episodes": [{**episode, "charging_pay": 0}],
            "csrf": client.csrf,
        },
    )


def _seasons(client: "PartClient") -> Iterator[Season]:
    for page in range(1, _PAGES + 1):
        data = _get(client, "/seasons", {"pn": str(page), "ps": str(_PAGE_SIZE)})
        rows = _rows(data.get("seasons"))
        for row in rows:
            season, sections = row.get("season") or {}, row.get("sections") or {}
            listed = _rows(sections.get("sections"))
            if listed and "id" in season:
                title = str(season.get("title", ""))
                yield Season(int(season["id"]), title, int(listed[0]["id"]))
        if len(rows) < _PAGE_SIZE:
            return


def _get(client: "PartClient", path: str, params: Mapping[str, str]) -> dict[str, Any]:
    data = client.session.get(f"{_API}{path}", params=dict(params)).json().get("data")
    if not isinstance(data, dict):
        raise UploadInterruptedError("the site's answer about seasons held nothing")
    return data


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
