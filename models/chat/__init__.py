"""Chats that came with a recording: read from every form in which sites and recorders keep them."""

from utawaku.models.chat.message import ChatMessage
from utawaku.models.chat.read import read_chat

__all__ = ["ChatMessage", "read_chat"]
