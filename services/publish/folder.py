"""Publishing into a folder: each submission becomes a folder of videos with its texts."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from utawaku.library.errors import DuplicateTitleError, UploadInterruptedError
from utawaku.library.files import atomic_path, safe_component
from utawaku.library.progress import Progress
from utawaku.library.publish.preflight import OPEN, Finding, check
from utawaku.library.publish.records import Part, RemoteSubmission, Submission
from utawaku.services.publish.protocol import OnSent, UploadedPart, uncounted

MANIFEST = "submission.json"
"""Written last: a folder that has it is complete."""
INCOMING = ".incoming"
_BLOCK = 1 << 20


class FolderUploader:
    """A local or mounted folder. Parts wait in `.incoming/` until the submission is complete."""

    target = "folder"

    def __init__(self, root: Path, account: str = "folder") -> None:
        self.root = root
        self.account = account

    def check_ready(self) -> None:
        """Make the folder and see that it can be written."""
        try:
            (self.root / INCOMING).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _failed(self.root, error) from error
        if not os.access(self.root, os.W_OK):
            raise UploadInterruptedError(
                "cannot be written", subject=str(self.root), next_step="Check its permissions"
            )

    def preflight(self, submission: Submission) -> list[Finding]:
        """Only missing and empty files are refused."""
        return check(submission, OPEN, now=time.time())

    def upload_part(
        self,
        submission: Submission,
        part: Part,
        *,
        attempt: int,
        progress: Progress,
        on_sent: OnSent = uncounted,
    ) -> UploadedPart:
        """Copy one file, verified against its digest; its name holds that digest."""
        source = Path(part.path)
        name = remote_part_name(submission, part, source.suffix)
        target = self.root / INCOMING / name
        try:
            size = source.stat().st_size
            if shutil.disk_usage(self.root).free < size:
                raise UploadInterruptedError("the disk is full", subject=str(self.root))
            digest = hashlib.sha256()
            with atomic_path(target) as temporary:
                with source.open("rb") as reader, temporary.open("wb") as writer:
                    done = 0
                    while block := reader.read(_BLOCK):
                        digest.update(block)
                        writer.write(block)
                        on_sent(len(block))
                        done += len(block)
                        progress(done / max(size, 1), part.title)
                if digest.hexdigest() != part.sha256:
                    raise UploadInterruptedError("changed while it was copied", subject=str(source))
        except OSError as error:
            raise _failed(target, error) from error
        return UploadedPart(name)

    def submit(
        self, submission: Submission, *, before_send: Callable[[], None]
    ) -> RemoteSubmission:
        """Move the parts into the submission's folder and write its manifest last."""
        folder = self._folder_of(submission)
        manifest = folder / MANIFEST
        old = _read(manifest)
        if old is not None and not submission.append_to and not _ours(old, submission):
            raise DuplicateTitleError(
                "a submission of this title is there already",
                subject=str(folder),
                next_step="Change the title",
            )
        before_send()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            entries = list(old["parts"]) if old is not None else []
            known = {entry["name"] for entry in entries}
            for part in submission.parts:
                if part.remote_name in known:
                    continue
                shown = shown_name(part, len(entries) + 1)
                waiting = self.root / INCOMING / part.remote_name
                if waiting.exists():
                    waiting.replace(folder / shown)
                entries.append(manifest_entry(part, shown))
            if submission.cover_path and not submission.append_to:
                cover = Path(submission.cover_path)
                with atomic_path(folder / f"cover{cover.suffix.lower()}") as temporary:
                    shutil.copyfile(cover, temporary)
            described = {**manifest_of(submission), **(old or {}), "parts": entries}
            with atomic_path(manifest) as temporary:
                temporary.write_text(json.dumps(described, ensure_ascii=False, indent=2), "utf-8")
        except OSError as error:
            raise _failed(folder, error) from error
        return RemoteSubmission(folder.name, title=submission.title, visibility="open")

    def find(self, submission: Submission) -> RemoteSubmission | None:
        """The submission, when its manifest names all our parts."""
        folder = self._folder_of(submission)
        manifest = _read(folder / MANIFEST)
        if manifest is None or not _ours(manifest, submission):
            return None
        names = tuple(entry["name"] for entry in manifest["parts"])
        return RemoteSubmission(folder.name, title=manifest["title"], part_names=names)

    def similar(self, submission: Submission, *, known: Collection[str]) -> RemoteSubmission | None:
        """The folder that this submission would go to, where it is there already."""
        folder = self._folder_of(submission)
        manifest = _read(folder / MANIFEST)
        return None if manifest is None else similar_in(manifest, folder.name, submission, known)

    def _folder_of(self, submission: Submission) -> Path:
        return self.root / (submission.append_to or safe_component(submission.title))


def remote_part_name(submission: Submission, part: Part, suffix: str) -> str:
    """A name that no other content can have."""
    return f"{submission.id}-{part.position:03}-{part.sha256[:16]}{suffix.lower()}"


def shown_name(part: Part, number: int) -> str:
    """The file name that people see."""
    suffix = Path(part.path).suffix.lower()
    title = safe_component(part.title)
    return title + suffix if title[:2].isdigit() else f"{number:02} {title}{suffix}"


def manifest_of(submission: Submission) -> dict[str, Any]:
    """Return what a submission says about itself."""
    return {
        "title": submission.title,
        "description": submission.description,
        "tags": list(submission.tags),
        "source": submission.source_url,
        "publish_at": submission.publish_at,
    }


def manifest_entry(part: Part, shown: str) -> dict[str, Any]:
    """Return what the manifest says about a part."""
    return {
        "name": part.remote_name,
        "file": shown,
        "title": part.title,
        "song": part.song_id,
        "sha256": part.sha256,
        "size_bytes": part.size_bytes,
    }


def similar_in(
    manifest: Mapping[str, Any], folder: str, submission: Submission, known: Collection[str]
) -> RemoteSubmission | None:
    """Return what a manifest tells of a submission that may be ours.

    One to append to counts only where it has all our parts, and they are not `known`.
    """
    there = RemoteSubmission(
        folder,
        title=str(manifest["title"]),
        part_names=tuple(str(entry["name"]) for entry in manifest["parts"]),
        part_titles=tuple(str(entry["title"]) for entry in manifest["parts"]),
    )
    ours, unknown = {part.title for part in submission.parts}, set(there.unknown_titles(known))
    wanted = ours <= unknown if submission.append_to else unknown
    return there if ours and wanted else None


def _ours(manifest: Mapping[str, Any], submission: Submission) -> bool:
    there = {entry["name"] for entry in manifest["parts"]}
    return {part.remote_name for part in submission.parts} <= there


def _read(path: Path) -> dict[str, Any] | None:
    try:
        manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UploadInterruptedError("cannot be read", subject=str(path)) from error
    return manifest


def _failed(path: Path, error: OSError) -> UploadInterruptedError:
    return UploadInterruptedError(f"cannot be written ({error.strerror})", subject=str(path))
