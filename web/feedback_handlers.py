"""Feedback: a few words, or a thumb for one highlight, kept as a notice and posted."""

import asyncio

from aiohttp import web

from utawaku.library.language import translated
from utawaku.library.text import clean_line, clean_text
from utawaku.services.webhook import announce, is_told
from utawaku.web.answers import accept, refuse
from utawaku.web.pages import ROOT
from utawaku.web.service import SERVICE
from utawaku.web.song_handlers import THANKS

MAX_WORDS, MAX_SUBJECT = 4_000, 300
THUMBS = {"up": "thumb up", "down": "thumb down"}


async def take_feedback(request: web.Request) -> web.StreamResponse:
    """Keep what somebody says, and tell whether the webhook took it."""
    form = await request.post()
    words = clean_text(str(form.get("words", "")), keep_lines=True).strip()
    thumb = THUMBS.get(str(form.get("thumb", "")), "")
    about = clean_line(str(form.get("about", "")))[:MAX_SUBJECT]
    if not words and not thumb:
        return refuse(request, "Write a few words first.", status=400)
    if len(words) > MAX_WORDS:
        return refuse(request, f"Write {MAX_WORDS:,} characters at most.", status=400)
    service = request.app[SERVICE]
    title = ": ".join(filter(None, ["Feedback", thumb]))
    body = "\n".join(filter(None, [about and f"About: {about}", words]))
    await asyncio.to_thread(service.catalogue.notices.add, "info", title, body=body)
    is_passed = await asyncio.to_thread(announce, service.settings, "info", title, body)
    said = "not-passed-on"
    if is_passed:
        said = "passed-on" if is_told(service.settings) else "kept"
    return accept(request, to=f"{ROOT}?said={said}#feedback", thanks=translated(THANKS[said]))
