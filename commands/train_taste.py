"""`utawaku train taste`: train the taste model on the grades."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from utawaku.commands.console import bar, out, print_json
from utawaku.library.language import tr, translated


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
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Learn from your grades, score every song, and choose what to ask next.

    Needs some likes and some dislikes (settings taste.min_grades, taste.min_each). --pretrain and
    --network need the extra `train` (TensorFlow); a --pretrain that was stopped goes on.
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
            if network:
                from utawaku.workflows.taste_network import train_network

                results["network"] = train_network(catalogue, settings, progress=show)
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
        found = network.comparison
        better = tr("the network") if found.network_is_better else tr("the embedding model")
        yield (
            tr(
                "Network on {n_songs} songs: AUC {network_auc}, embedding model {embedding_auc} on "
                "the same splits; {better} is better and scores your songs. Held out whole: "
                "{split}",
                n_songs=network.n_songs,
                network_auc=_figure(found.network.auc),
                embedding_auc=_figure(found.embedding.auc),
                better=better,
                split=translated(found.split),
            )
        )


def _figure(auc: float | None) -> str:
    return "-" if auc is None else f"{auc:.3f}"
