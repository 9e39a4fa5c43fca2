"""Bilibili's favourites folders (收藏夹), a part of `tests.servers.bilibili`.

Requests and answers are as in the public descriptions of the API.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Folder:
    """A favourites folder (收藏夹) of a member."""

    number: int
    mid: int
    title: str
    privacy: int
    aids: list[int] = field(default_factory=list)


class FavouritesPages:
    """Lists and makes folders, puts videos on them and takes them off."""

    owner: Any
    query: dict[str, str]
    _member: Any
    _form: Any

    def _csrf_member(self, given: str | None) -> tuple[Any, tuple[int, Any]]:
        """The member whose token this is; else the refusal."""
        raise NotImplementedError

    def _folders(self, path: str) -> tuple[int, Any]:
        member = self._member()
        own = [one for one in self.owner.folders if str(one.mid) == self.query.get("up_mid")]
        shown = [one for one in own if not one.privacy or (member and member.mid == one.mid)]
        rows = [
            {
                "id": one.number,
                "fid": one.number // 100,
                "mid": one.mid,
                "attr": 22 | one.privacy,
                "title": one.title,
                "fav_state": 0,
                "media_count": len(one.aids),
            }
            for one in shown
        ]
        data = {"count": len(rows), "list": rows or None, "season": None}
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": data}

    def _folder_add(self, path: str) -> tuple[int, Any]:
        form = self._form()
        member, refusal = self._csrf_member(form.get("csrf"))
        if member is None:
            return refusal
        title = form.get("title", "")
        if not 1 <= len(title) <= 20:
            return 200, {"code": -400, "message": "请求错误", "ttl": 1}
        if any(one.mid == member.mid and one.title == title for one in self.owner.folders):
            self.owner.violations.append(f"a second folder of one title: {title}")
        number = (1_000_000 + self.owner._next()) * 100 + member.mid % 100
        self.owner.folders.append(Folder(number, member.mid, title, int(form.get("privacy", "0"))))
        data = {"id": number, "fid": number // 100, "mid": member.mid, "title": title}
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": data}

    def _favour(self, path: str) -> tuple[int, Any]:
        form = self._form()
        member, refusal = self._csrf_member(form.get("csrf"))
        if member is None:
            return refusal
        if form.get("type") != "2" or not form.get("rid", "").isdigit():
            self.owner.violations.append(f"no video: {form}")
            return 200, {"code": -400, "message": "请求错误", "ttl": 1}
        aid = int(form["rid"])
        if aid not in self.owner.videos.values():
            return 200, {"code": 10003, "message": "不存在该稿件", "ttl": 1}
        own = {str(one.number): one for one in self.owner.folders if one.mid == member.mid}
        for name, adds in (("add_media_ids", True), ("del_media_ids", False)):
            for number in filter(None, form.get(name, "").split(",")):
                if number not in own:
                    return 200, {"code": -403, "message": "访问权限不足", "ttl": 1}
                aids = own[number].aids
                if (aid in aids) == adds:
                    code, message = (11201, "已经收藏过了") if adds else (11202, "已经取消收藏了")
                    return 200, {"code": code, "message": message, "ttl": 1}
                aids.append(aid) if adds else aids.remove(aid)
        data = {"prompt": False, "toast_msg": "", "success_num": 0}
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": data}

    def _video(self, path: str) -> tuple[int, Any]:
        bvid = self.query.get("bvid", "")
        if bvid not in self.owner.videos:
            return 200, {"code": -404, "message": "啥都木有", "ttl": 1}
        data = {"bvid": bvid, "aid": self.owner.videos[bvid], "title": "【歌切】"}
        return 200, {"code": 0, "message": "0", "ttl": 1, "data": data}
