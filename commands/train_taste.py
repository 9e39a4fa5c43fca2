"""`utawaku train taste`: train the taste model on the grades."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from utawaku.commands.console import bar, out, print_json


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
            f"Pretrained on {pretrained.n_tracks} tracks of {len(pretrained.genres)} genres "
            f"({pretrained.n_broken} broken, {pretrained.n_missing} not there): "
            f"{pretrained.accuracy:.0%} of the held-out artists' tracks named"
        )
    if model is not None and model.ready:
        yield (
            f"Learnt from {model.n_liked} likes and {model.n_disliked} dislikes: "
            f"AUC {_figure(model.auc)}, calibration error {model.ece:.3f}, "
            f"Brier {model.brier:.3f} on songs held out; {results['n_scored']} songs scored"
        )
    elif model is not None:
        yield f"Too little to learn from: {model.facts['message']}"
    if network is not None:
        found = network.comparison
        better = "the network" if found.network_is_better else "the embedding model"
        yield (
            f"Network on {network.n_songs} songs: AUC {_figure(found.network.auc)}, embedding "
            f"model {_figure(found.embedding.auc)} on the same splits; {better} is better and "
            f"scores your songs. Held out whole: {found.split}"
        )


def _figure(auc: float | None) -> str:
    return "-" if auc is None else f"{auc:.3f}"
