"""Addresses of published submissions, for those who look at them."""

import re

from utawaku.library.publish.records import Submission

_BILIBILI_ID = re.compile(r"BV[0-9A-Za-z]+", re.ASCII)


def address_of(submission: Submission) -> str:
    """The page of a submission; empty where it has none, or none that anybody may see.

    The address of a share can hold a secret, so it is never told.
    """
    if submission.target == "bilibili" and _BILIBILI_ID.fullmatch(submission.remote_id):
        return f"https://www.bilibili.com/video/{submission.remote_id}"
    return ""
