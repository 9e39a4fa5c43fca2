"""A video for a song that has only sound: title card, moving waveform and spectrum."""

from models.rendering.card import CardText
from models.rendering.fonts import TextFont, find_font
from models.rendering.video import RenderResult, VideoStyle, render_song

__all__ = ["CardText", "RenderResult", "TextFont", "VideoStyle", "find_font", "render_song"]
