"""From settings to a queue that is ready to work."""

import hashlib
import importlib
import pkgutil
import time
from collections.abc import Callable
from pathlib import Path

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError, LoginExpiredError, NotFoundError, UploadRefusedError
from utawaku.library.files import remove_stale_temporaries
from utawaku.library.plugins import UPLOAD_TARGETS, load_plugin, plugin_names
from utawaku.library.progress import Progress
from utawaku.library.publish.quota import UNLIMITED
from utawaku.library.publish.records import Account, Part, Submission
from utawaku.media.render import CardText, TextFont, find_font, render_song
from utawaku.services.publish import sites
from utawaku.services.publish.bilibili.shared_accounts import accounts_of
from utawaku.services.publish.bilibili.uploader import BilibiliUploader
from utawaku.services.publish.folder import FolderUploader
from utawaku.services.publish.protocol import Uploader
from utawaku.services.publish.queue import Queue, RetryOptions
from utawaku.services.publish.webdav import WebDavUploader


def uploader_for(target: str, account: str, settings: Settings, catalogue: Catalogue) -> Uploader:
    """The target's client for one account.

    Raises:
        ConfigError: the target is unknown or not set up.
    """
    wanted = settings.publish
    if target == "bilibili":
        return BilibiliUploader(
            accounts_of(settings, catalogue),
            account,
            lines=wanted.lines,
            n_existing_parts=lambda remote_id: catalogue.submissions.n_parts_of(
                target, remote_id, published_only=True
            ),
        )
    if target == "folder" and wanted.folder is not None:
        return FolderUploader(wanted.folder.expanduser(), account)
    if target == "webdav" and wanted.webdav_url:
        password = wanted.webdav_password.get_secret_value()
        url = wanted.webdav_url.get_secret_value()
        return WebDavUploader(url, wanted.webdav_user, password, account)
    if target in wanted.sites and target in site_names():
        options = {name: value.get_secret_value() for name, value in wanted.sites[target].items()}
        if target in _own_sites():
            make = importlib.import_module(f"{sites.__name__}.{target}").uploader
        else:
            make = load_plugin(UPLOAD_TARGETS, target)
        made: Uploader = make(account, options)
        return made
    raise ConfigError(
        "is not set up as a target", subject=target, next_step="See `utawaku upload --help`"
    )


def site_names() -> list[str]:
    """Names of the sites of `services/publish/sites/` and of other packages."""
    return [*_own_sites(), *plugin_names(UPLOAD_TARGETS)]


def _own_sites() -> list[str]:
    return [found.name for found in pkgutil.iter_modules(sites.__path__)]


def queue_for(
    target: str,
    account: str,
    settings: Settings,
    catalogue: Catalogue,
    *,
    retries: RetryOptions | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Queue:
    """The queue of one account, with the settings' budget; it renders what has no video."""
    return Queue(
        catalogue,
        uploader_for(target, account, settings, catalogue),
        budget=settings.publish.budget() if target == "bilibili" else UNLIMITED,
        retries=retries or RetryOptions(),
        videos=RenderedVideos(catalogue, settings),
        lock_file=settings.data_dir / "locks" / f"upload-{target}-{account}.lock",
        sleep=sleep,
    )


class RenderedVideos:
    """Makes the video of a part whose song has only sound, and clears it away afterwards."""

    def __init__(self, catalogue: Catalogue, settings: Settings) -> None:
        self._catalogue = catalogue
        self._settings = settings
        self._font: TextFont | None = None
        self.folder = settings.cache_dir / "renders"

    def make(self, submission: Submission, part: Part, progress: Progress) -> Path:
        """The part's video.

        Raises:
            UploadRefusedError: the song has no file any more.
        """
        try:
            song = self._catalogue.songs.get(part.song_id)
        except NotFoundError as error:
            raise UploadRefusedError("the song is no longer there", subject=part.title) from error
        audio = self._settings.library_root / song.file_path
        if not song.file_path or not audio.is_file():
            raise UploadRefusedError(
                "the song has no file",
                subject=part.title,
                next_step="Run the stream again (utawaku ingest), then queue it again",
            )
        self._font = self._font or find_font(self._settings.publish.font)
        n_parts = len(submission.parts)
        text = CardText(
            title=song.title or part.title,
            artist=song.artist,
            channel=song.channel,
            date=song.uploaded_on,
            number=f"{part.position + 1} / {n_parts}" if n_parts > 1 else "",
        )
        target = self.folder / f"{self._key(audio, text)}.mp4"
        if not target.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            remove_stale_temporaries(self.folder)
            result = render_song(
                audio,
                target,
                text,
                picture=Path(submission.cover_path) if submission.cover_path else None,
                font=self._font,
                progress=progress,
            )
            self._tell_unwritable(result.unwritable)
        return target

    def clear(self, submission: Submission) -> None:
        """Delete what was rendered for a submission that is published."""
        for part in submission.parts:
            path = Path(part.path)
            if part.path and path.parent == self.folder:
                path.unlink(missing_ok=True)

    def _key(self, audio: Path, text: CardText) -> str:
        facts = f"{audio}\0{audio.stat().st_mtime_ns}\0{audio.stat().st_size}\0{text}"
        return hashlib.sha256(facts.encode()).hexdigest()[:32]

    def _tell_unwritable(self, characters: str) -> None:
        if characters:
            self._catalogue.notices.add(
                "warning",
                "Titles in rendered videos are incomplete",
                body=f"no font at hand can write: {characters[:40]}",
                next_step="Install utawaku[fonts], or set uploads.font to a font file",
            )


def record_account(name: str, settings: Settings, catalogue: Catalogue, *, ask: bool) -> Account:
    """Look at an account (with `ask`, also on the site) and record what was found."""
    accounts = accounts_of(settings, catalogue)
    state = accounts.state(name)
    problem = state.problem
    if ask and not problem:
        try:
            state = accounts.ensure_ready(name)
        except LoginExpiredError as error:
            problem = error.problem
    known = {account.name: account for account in catalogue.accounts.all()}.get(name)
    account = Account(
        name=name,
        cookies_path=str(accounts.path(name)),
        expires_at=state.expires_at,
        checked_at=time.time() if ask else (known.checked_at if known else None),
        state=problem,
    )
    catalogue.accounts.put(account)
    if problem or state.expires_soon(time.time()):
        catalogue.notices.add(
            "warning",
            f"The log-in of {name} {'cannot be used' if problem else 'ends soon'}",
            body=problem,
            next_step=f"utawaku login {name}",
        )
    return account
