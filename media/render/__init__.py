"""A video for a song that has only sound: title card, moving waveform and spectrum."""

from utawaku.media.render.card import CardText
from utawaku.media.render.fonts import TextFont, find_font
from utawaku.media.render.video import RenderResult, VideoStyle, render_song

__all__ = ["CardText", "RenderResult", "TextFont", "VideoStyle", "find_font", "render_song"]
