"""Bilibili's seasons (合集), a part of `tests.servers.bilibili`.

Requests and answers are as in the public descriptions of the API.
"""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Season:
    """A season of a member, with one section."""

    number: int
    section: int
    mid: int
    title: str
    episodes: list[dict[str, Any]] = field(default_factory=list)


class SeasonPages:
    """Lists seasons and what is in them, and adds to them."""

    owner: Any
    query: dict[str, str]
    body: bytes
    _member: Any

    def _csrf_member(self, given: str | None) -> tuple[Any, tuple[int, Any]]:
        """The member whose token this is; else the refusal."""
        raise NotImplementedError

    def _seasons(self, path: str) -> tuple[int, Any]:
        member = self._member()
        if member is None:
            return 200, {"code": -101, "message": "账号未登录", "ttl": 1}
        own = [one for one in self.owner.seasons if one.mid == member.mid]
        page, size = int(self.query["pn"]), int(self.query["ps"])
        rows = [
            {
                "season": {"id": one.number, "title": one.title, "mid": one.mid},
                "sections": {
                    "sections": [
                        {"id": one.section, "title": "正片", "epCount": len(one.episodes)}
                    ],
                    "total": 1,
                },
            }
            for one in own[(page - 1) * size : page * size]
        ]
        data = {"seasons": rows or None, "page": {"pn": page, "ps": size, "total": len(own)}}
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": data}

    def _season_of(self, section: Any, member: Any) -> Season | None:
        return next(
            (
                one
                for one in self.owner.seasons
                if str(one.section) == str(section) and member and one.mid == member.mid
            ),
            None,
        )

    def _section(self, path: str) -> tuple[int, Any]:
        season = self._season_of(self.query.get("id"), self._member())
        if season is None:
            return 200, {"code": -404, "message": "啥都木有", "ttl": 1}
        section = {"id": season.section, "seasonId": season.number, "title": "正片", "type": 1}
        data = {"section": section, "episodes": season.episodes or None}
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": data}

    def _section_add(self, path: str) -> tuple[int, Any]:
        asked = json.loads(self.body)
        member, refusal = self._csrf_member(asked.get("csrf"))
        if member is None:
            return refusal
        season = self._season_of(asked.get("sectionId"), member)
        if season is None or self.query.get("csrf") != asked.get("csrf"):
            return 200, {"code": -400, "message": "请求错误", "ttl": 1}
        for episode in asked["episodes"]:
            archive = next((a for a in self.owner.archives if a.aid == episode["aid"]), None)
            if archive is None or archive.mid != member.mid or archive.state != 0:
                self.owner.violations.append(f"nothing to show was added: {episode}")
                return 200, {"code": -400, "message": "请求错误", "ttl": 1}
            if episode.keys() != {"aid", "cid", "title", "charging_pay"} or not episode["cid"]:
                self.owner.violations.append(f"no whole episode: {episode}")
            if any(one["aid"] == episode["aid"] for one in season.episodes):
                self.owner.violations.append(f"added twice: {episode}")
            number = self.owner._next()
            season.episodes.append(
                {**episode, "id": 170_000_000 + number, "seasonId": season.number}
            )
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": None}
