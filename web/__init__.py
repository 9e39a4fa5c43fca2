"""The highlight page of `utawaku serve`: upload songs, get highlights and playlists, in a browser.

`application.py` joins the handlers to one aiohttp application, which the command puts behind the
guard of `library.web_guard`. Media are opened in worker processes only (`worker.py`).
"""
