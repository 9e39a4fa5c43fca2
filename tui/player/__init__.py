"""Listening: what to play next (`queue`), where its samples come from (`decode`), how they reach
the ears (`output`, `engine`), and the whole as the screens use it (`player`)."""
