"""Chats that came with a recording: read from every form in which sites and recorders keep them."""

from utawaku.models.chat.message import ChatMessage
from utawaku.models.chat.read import chat_json, check_chat, read_chat
from utawaku.models.chat.twitch import chat_lines

__all__ = ["ChatMessage", "chat_json", "chat_lines", "check_chat", "read_chat"]
