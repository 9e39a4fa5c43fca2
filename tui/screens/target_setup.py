"""Setting a target up without leaving the draft: log-in, folder, share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.app import App

from utawaku.library.config import Settings, load_settings, write_setting
from utawaku.library.language import tr
from utawaku.library.publish.drafts import TargetChoice
from utawaku.tui.screens.dialogs import AskText
from utawaku.tui.screens.log_in import LogInScreen
from utawaku.tui.services.services import Services
from utawaku.tui.targets import check_address

ACCOUNT = "main"


def set_up(
    app: App[Any], services: Services, choice: TargetChoice, done: Callable[[], None]
) -> None:
    """Ask for what a target needs, keep it, then call `done`."""
    if choice.target == "bilibili":

        def logged_in(account: str | None) -> None:
            if account is not None:
                app.notify(tr("Logged in as {account}.", account=account), markup=False)
                done()

        app.push_screen(LogInScreen(choice.account or ACCOUNT), logged_in)
    elif choice.target == "folder":
        _ask_folder(app, services, choice.place, done)
    elif choice.target == "webdav":
        _ask_share(app, services, done)
    else:
        app.notify(
            tr("The settings of {target} are in publish.sites.", target=choice.target), markup=False
        )


def _ask_folder(app: App[Any], services: Services, place: str, done: Callable[[], None]) -> None:
    def typed(text: str | None) -> None:
        if text is not None:
            folder = str(Path(text.strip()).expanduser().absolute())
            _keep(services, {"publish.folder": folder}, done)

    def check(text: str) -> str:
        path = Path(text.strip()).expanduser()
        if not text.strip():
            return tr("Type the path of a folder.")
        return tr("There is a file of that name.") if path.is_file() else ""

    app.push_screen(
        AskText(tr("Publish into a folder"), value=place, check=check,
                help=tr("Its path; it is made when the first song is published.")),
        typed,
    )  # fmt: skip


def _ask_share(app: App[Any], services: Services, done: Callable[[], None]) -> None:
    found: dict[str, str] = {}

    def address(text: str | None) -> None:
        if text is not None:
            found["publish.webdav_url"] = text.strip()
            app.push_screen(
                AskText(tr("User of the share"), help=tr("Empty where it asks for none.")), user
            )

    def user(text: str | None) -> None:
        if text is not None:
            found["publish.webdav_user"] = text.strip()
            app.push_screen(
                AskText(tr("Password"), hidden=True, help=tr("Kept in the settings file.")),
                password,
            )

    def password(text: str | None) -> None:
        if text is not None:
            if text:
                found["publish.webdav_password"] = text
            _keep(services, found, done)

    app.push_screen(
        AskText(tr("Publish to a WebDAV share"), check=check_address,
                help=tr("Its address, e.g. https://cloud.example/remote.php/dav/files/mio/")),
        address,
    )  # fmt: skip


def _keep(services: Services, values: dict[str, str], done: Callable[[], None]) -> None:
    def write() -> Settings:
        for name, value in values.items():
            write_setting(name, value)
        return load_settings()

    def written(settings: Settings) -> None:
        services.library.take(settings)
        done()

    services.worker.write(write, written)
