"""`utawaku train fma`: the Free Music Archive's data set, for `train taste --pretrain`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from utawaku.commands.console import bar, out, print_json
from utawaku.library.language import tr


def fma(
    folder: Annotated[Path, typer.Argument(help="Folder to unpack into.")],
    subset: Annotated[
        Literal["small", "medium", "large", "full"],
        typer.Option(
            "--set",
            help="small: 8,000 clips of 30 s in 8 genres; medium: 25,000 in 16; large: 106,574; "
            "full: whole songs.",
        ),
    ] = "small",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before so much is fetched.")] = (
        False
    ),
    keep: Annotated[bool, typer.Option("--keep", help="Keep the zip files.")] = False,
    mirror: Annotated[
        str, typer.Option(help="Another web address of the folder that holds the zip files.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fetch and unpack FMA, from which `train taste --pretrain FOLDER` learns genres.

    Says first how much that is (large: 100 GB, and as much again unpacked). What was stopped goes
    on. The clips are under licences of their artists: see fma_metadata/tracks.csv.
    """
    from utawaku.library.progress import part
    from utawaku.models.training.fma_download import ARCHIVES, METADATA, SITE, fetch_archive

    archive = ARCHIVES[subset]
    asked = tr(
        "{name} is {gigabytes:.0f} GB, and as much again unpacked into {folder}. Fetch it?",
        name=archive.name,
        gigabytes=archive.gigabytes,
        folder=folder.absolute(),
    )
    if not yes:
        typer.confirm(asked, abort=True, err=True)
    site = mirror.rstrip("/") or SITE
    with bar("fetching") as show:
        fetch_archive(METADATA, folder, site=site, keep=keep, progress=part(show, 0.0, 0.02))
        n_files = fetch_archive(archive, folder, site=site, keep=keep, progress=part(show, 0.02, 1))
    if json:
        print_json({"folder": folder, "n_files": n_files})
        return
    out.print(
        tr(
            "{n_files} files in {folder}: `utawaku train taste --pretrain {folder}`",
            n_files=n_files,
            folder=folder,
        ),
        markup=False,
        soft_wrap=True,
    )
