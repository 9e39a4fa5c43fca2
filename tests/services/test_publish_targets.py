"""A folder and a WebDAV share keep the same promises as Bilibili does."""

import hashlib
import json
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cheroot import wsgi
from filelock import FileLock
from wsgidav.wsgidav_app import WsgiDAVApp

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import LoginExpiredError, UploadInterruptedError
from utawaku.library.publish.quota import UNLIMITED
from utawaku.library.publish.records import Part, RemoteSubmission, Submission
from utawaku.services.publish.folder import FolderUploader
from utawaku.services.publish.protocol import Uploader
from utawaku.services.publish.queue import Queue, RetryOptions
from utawaku.services.publish.webdav import WebDavUploader


class Share:
    """A real WebDAV server over a folder, which can be told to break."""

    def __init__(self, root: Path) -> None:
        self.broken: dict[str, str] = {}
        self.methods: list[str] = []
        app = WsgiDAVApp(
            {
                "provider_mapping": {"/share": str(root)},
                "simple_dc": {"user_mapping": {"*": {"uta": {"password": "secret"}}}},
                "http_authenticator": {"accept_basic": True, "accept_digest": False},
                "verbose": 0,
                "logging": {"enable": False, "enable_loggers": []},
                "lock_storage": True,
            }
        )

        def breaking(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
            self.methods.append(method)
            how = (
                self.broken.pop(method, "") if "submission.json" in path or method != "PUT" else ""
            )
            if how == "after":
                list(app(environ, lambda *_: lambda _data: None))
            if how:
                start_response("500 Internal Server Error", [("Content-Length", "0")])
                return []
            return app(environ, start_response)

        self.server = wsgi.Server(("127.0.0.1", 0), breaking)
        self.server.prepare()
        self.thread = threading.Thread(target=self.server.serve, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.bind_addr[1]}/share"

    def stop(self) -> None:
        self.server.stop()
        self.thread.join(10)


@pytest.fixture
def share(tmp_path: Path) -> Iterator[Share]:
    root = tmp_path / "target"
    root.mkdir()
    share = Share(root)
    yield share
    share.stop()


@pytest.fixture(params=["folder", "webdav"])
def uploader(request: pytest.FixtureRequest, tmp_path: Path) -> Uploader:
    if request.param == "folder":
        return FolderUploader(tmp_path / "target", account="disk")
    share = request.getfixturevalue("share")
    return WebDavUploader(share.url, "uta", "secret", account="nas")


def queued(
    catalogue: Catalogue, uploader: Uploader, folder: Path, n_parts: int = 2, **changes: Any
) -> Submission:
    parts = []
    for index in range(n_parts):
        path = folder / f"{changes.get('append_to', '')[:3]}{index}.mp4"
        path.write_bytes(random.Random(str(path)).randbytes(3_000_000))
        parts.append(Part(index, f"s{path.name}", f"曲/{index}: 名前", str(path)))
    planned = Submission(
        id=0,
        target=uploader.target,
        account=uploader.account,
        title=changes.pop("title", "[歌切] 夜/に歌う"),
        parts=tuple(parts),
        description="0:00:10 曲",
        tags=("歌切",),
        source_url="https://example.org/stream",
        **changes,
    )
    added = catalogue.submissions.add(planned)
    return catalogue.submissions.move(added.id, "queued")


def work(catalogue: Catalogue, uploader: Uploader, submission: Submission) -> Submission:
    queue = Queue(
        catalogue, uploader, budget=UNLIMITED, retries=RetryOptions(), sleep=lambda _seconds: None
    )
    return queue.run(submission.id)


def assert_there(root: Path, submission: Submission, folder: str, n_parts: int) -> None:
    manifest = json.loads((root / folder / "submission.json").read_text())
    assert len(manifest["parts"]) == n_parts
    for entry in manifest["parts"]:
        content = (root / folder / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    ours = {part.sha256 for part in submission.parts}
    assert ours <= {entry["sha256"] for entry in manifest["parts"]}
    assert not list((root / ".incoming").iterdir())


def test_a_submission_becomes_a_folder_with_its_videos_and_texts(
    catalogue: Catalogue, uploader: Uploader, tmp_path: Path
) -> None:
    done = work(catalogue, uploader, queued(catalogue, uploader, tmp_path))
    assert done.state == "published", done.message
    assert_there(tmp_path / "target", done, done.remote_id, 2)
    manifest = json.loads((tmp_path / "target" / done.remote_id / "submission.json").read_text())
    assert manifest["title"] == "[歌切] 夜/に歌う"
    assert manifest["source"] == "https://example.org/stream"


def test_later_songs_join_the_folder(
    catalogue: Catalogue, uploader: Uploader, tmp_path: Path
) -> None:
    first = work(catalogue, uploader, queued(catalogue, uploader, tmp_path))
    later = queued(catalogue, uploader, tmp_path, 1, append_to=first.remote_id)
    done = work(catalogue, uploader, later)
    assert done.state == "published", done.message
    assert_there(tmp_path / "target", done, first.remote_id, 3)


def test_a_crash_between_publishing_and_recording_is_found_out(
    catalogue: Catalogue, uploader: Uploader, tmp_path: Path
) -> None:
    submission = queued(catalogue, uploader, tmp_path)

    class Dying:
        target, account = uploader.target, uploader.account

        def __getattr__(self, name: str) -> Any:
            return getattr(uploader, name)

        def submit(self, kept: Submission, *, before_send: Callable[[], None]) -> RemoteSubmission:
            uploader.submit(kept, before_send=before_send)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(catalogue, Dying(), submission)
    assert catalogue.submissions.get(submission.id).submit_sent_at is not None
    done = work(catalogue, uploader, submission)
    assert done.state == "published"
    assert done.attempts == 1
    assert_there(tmp_path / "target", done, done.remote_id, 2)


def test_a_title_that_is_there_already_is_held(
    catalogue: Catalogue, uploader: Uploader, tmp_path: Path
) -> None:
    work(catalogue, uploader, queued(catalogue, uploader, tmp_path))
    second = queued(catalogue, uploader, tmp_path)
    for part in second.parts:
        Path(part.path).write_bytes(b"another")
    done = work(catalogue, uploader, second)
    assert (done.state, done.hold_code) == ("held", "same_title")


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("method", ["PUT", "MOVE", "MKCOL", "HEAD", "GET"])
def test_a_share_that_breaks_gets_everything_once(
    catalogue: Catalogue, share: Share, tmp_path: Path, method: str, how: str
) -> None:
    uploader = WebDavUploader(share.url, "uta", "secret", account="nas")
    share.broken[method] = how
    submission = queued(catalogue, uploader, tmp_path)
    done = work(catalogue, uploader, submission)
    if done.state != "published":
        done = work(catalogue, uploader, submission)
    assert done.state == "published", done.message
    assert not share.broken
    assert_there(tmp_path / "target", done, done.remote_id, 2)


def test_a_wrong_password_holds_the_queue(
    catalogue: Catalogue, share: Share, tmp_path: Path
) -> None:
    uploader = WebDavUploader(share.url, "uta", "wrong", account="nas")
    with pytest.raises(LoginExpiredError):
        uploader.check_ready()
    done = work(catalogue, uploader, queued(catalogue, uploader, tmp_path))
    assert (done.state, done.hold_code) == ("held", "login")


def test_a_file_that_changes_while_it_is_sent_is_not_published(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    uploader = FolderUploader(tmp_path / "target")
    submission = queued(catalogue, uploader, tmp_path, 1)

    class Changing(FolderUploader):
        def upload_part(self, submission: Submission, part: Part, **options: Any) -> Any:
            sent = super().upload_part(submission, part, **options)
            Path(part.path).write_bytes(b"cut again")
            return sent

    done = work(catalogue, Changing(tmp_path / "target", account="folder"), submission)
    assert done.state == "failed"
    assert "changed" in done.message
    assert (
        work(catalogue, uploader, catalogue.submissions.move(done.id, "queued")).state
        == "published"
    )


def test_two_programs_never_work_on_the_same_queue(catalogue: Catalogue, tmp_path: Path) -> None:
    uploader = FolderUploader(tmp_path / "target")
    submission = queued(catalogue, uploader, tmp_path, 1)
    lock_file = tmp_path / "locks" / "upload.lock"
    queue = Queue(catalogue, uploader, budget=UNLIMITED, lock_file=lock_file)
    lock_file.parent.mkdir()
    with FileLock(lock_file), pytest.raises(UploadInterruptedError, match="another"):
        queue.run(submission.id)
    assert catalogue.submissions.get(submission.id).state == "queued"
    assert queue.run(submission.id).state == "published"
