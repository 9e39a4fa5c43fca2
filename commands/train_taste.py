"""`utawaku train taste`: train the taste model on the grades."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from utawaku.commands.console import bar, out, print_json
from utawaku.library.language import tr, translated

if TYPE_CHECKING:
    from utawaku.workflows.taste_network import NetworkTraining


def taste(
    pretrain: Annotated[
        Path | None,
        typer.Option(metavar="FMA_FOLDER", help="First teach the network genres (long)."),
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over FMA, with earlier ones.")] = 20,
    network: Annotated[
        bool,
        typer.Option("--network", help="Also train the spectrogram network, and compare."),
    ] = False,
    imagenet: Annotated[
        str,
        typer.Option(
            metavar="FILE|fetch",
            help="Also train a network on MobileNetV2 with the weights of ImageNet, and compare: "
            "its file without classes (.h5), or fetch it (9 MB). Implies --network.",
        ),
    ] = "",
    imagenet_site: Annotated[
        str, typer.Option(help="Another web address of the folder that holds those weights.")
    ] = "",
    steps: Annotated[
        int, typer.Option(min=1, help="Batches of 32 songs that each network learns from.")
    ] = 200,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Learn from your grades, score every song, and choose what to ask next.

    Needs some likes and some dislikes (settings taste.min_grades, taste.min_each). --pretrain,
    --network and --imagenet need the extra `train` (TensorFlow); a --pretrain that was stopped goes
    on. Networks are compared on the same songs held out, and the best of all scores your songs.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.progress import part
    from utawaku.workflows.taste import score_songs, train_taste

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    results: dict[str, Any] = {}
    try:
        with bar("training") as show:
            base = None
            if imagenet:
                from utawaku.workflows.taste_network import imagenet_base

                base = imagenet_base(imagenet, settings, site=imagenet_site, progress=show)
            if pretrain is not None:
                from utawaku.workflows.taste_network import pretrain_on_fma

                results["pretrained"] = pretrain_on_fma(
                    pretrain, settings, n_epochs=epochs, progress=show
                )
            model, _ = train_taste(catalogue, settings, part(show, 0.0, 0.7))
            results["model"] = model
            results["n_scored"] = 0
            if catalogue.taste.current() is not None:
                results["n_scored"] = score_songs(catalogue, settings, part(show, 0.7, 1.0))
            if network or base is not None:
                from utawaku.workflows.taste_network import train_network

                results["network"] = train_network(
                    catalogue, settings, imagenet=base, n_steps=steps, progress=show
                )
                # Where the network is better it scores them all again.
                score_songs(catalogue, settings, show)
    finally:
        catalogue.close()
    if json:
        print_json(results)
        return
    for line in _told(results):
        out.print(line, markup=False, soft_wrap=True)


def _told(results: dict[str, Any]) -> Iterator[str]:
    """Return what came of it, for people."""
    pretrained, network, model = (results.get(k) for k in ("pretrained", "network", "model"))
    if pretrained is not None:
        yield (
            tr(
                "Pretrained on {n_tracks} tracks of {n_genres} genres ({n_broken} broken, "
                "{n_missing} not there): {accuracy:.0%} of the held-out artists' tracks named",
                n_tracks=pretrained.n_tracks,
                n_genres=len(pretrained.genres),
                n_broken=pretrained.n_broken,
                n_missing=pretrained.n_missing,
                accuracy=pretrained.accuracy,
            )
        )
    if model is not None and model.ready:
        yield (
            tr(
                "Learnt from {n_liked} likes and {n_disliked} dislikes: AUC {figure}, "
                "calibration error {ece:.3f}, Brier {brier:.3f} on songs held out; "
                "{n_scored} songs scored",
                n_liked=model.n_liked,
                n_disliked=model.n_disliked,
                figure=_figure(model.auc),
                ece=model.ece,
                brier=model.brier,
                n_scored=results["n_scored"],
            )
        )
    elif model is not None:
        yield tr("Too little to learn from: {message}", message=translated(model.facts["message"]))
    if network is not None:
        yield from _told_of_networks(network)


def _told_of_networks(network: "NetworkTraining") -> Iterator[str]:
    found = network.comparison
    yield tr(
        "On {n_songs} songs, held out whole: {split}",
        n_songs=network.n_songs,
        split=translated(found.split),
    )
    names = [
        (tr("embedding model"), found.embedding),
        (
            tr("network that learnt genres of FMA first")
            if network.on_genres
            else tr("network from scratch (--pretrain teaches it genres first)"),
            found.network,
        ),
    ]
    if found.imagenet is not None:
        names.append((tr("network on ImageNet's weights"), found.imagenet))
    for name, quality in names:
        yield tr("  AUC {figure}  {name}", figure=_figure(quality.auc), name=name)
    best = found.best_network if found.network_is_better else found.embedding
    (used,) = [name for name, quality in names if quality is best]
    yield tr("Your songs are scored by: {name}", name=used)


def _figure(auc: float | None) -> str:
    return "-" if auc is None else f"{auc:.3f}"
