"""The model of the user's taste, trained on the grades, and the score of every song."""

import base64
import time
from dataclasses import asdict
from typing import Any

import dagster as dg

from utawaku.assets.embeddings import embeddings
from utawaku.library.errors import UtawakuError
from utawaku.models.taste import (
    CODE_VERSION,
)
from utawaku.models.taste.picture import calibration_picture
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.taste import score_songs, train_taste


@dg.asset(
    deps=[embeddings],
    group_name="taste",
    code_version=CODE_VERSION,
    pool="cpu",
    kinds={"numpy"},
    check_specs=[
        dg.AssetCheckSpec(
            "better_than_chance_on_songs_held_out",
            asset="taste_model",
            description="It tells liked from disliked songs that it was not trained on.",
        )
    ],
)
def taste_model(
    context: dg.AssetExecutionContext, library: LibraryResource
) -> dg.MaterializeResult:
    """The model of what you like, trained on your grades and measured on songs held out."""
    try:
        model, quality = train_taste(library.catalogue, library.settings)
    except UtawakuError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    metadata: dict[str, Any] = {
        "state": "ready" if model.ready else model.facts["message"],
        "n_liked": model.n_liked,
        "n_disliked": model.n_disliked,
        "n_neutral": model.n_neutral,
        "n_graded_but_unheard": model.facts["n_graded_but_unheard"],
    }
    passed = True
    if quality is not None:
        picture = base64.b64encode(calibration_picture(quality, "held out:")).decode()
        url = f"data:image/png;base64,{picture}"
        metadata |= {
            "auc": quality.auc,
            "ece": quality.ece,
            "brier": quality.brier,
            "calibration": dg.MetadataValue.md(f"![calibration]({url})"),
        }
        passed = quality.auc is None or quality.auc > 0.5
    return dg.MaterializeResult(
        metadata=metadata,
        data_version=dg.DataVersion(model.version or "none"),
        check_results=[
            dg.AssetCheckResult(
                check_name="better_than_chance_on_songs_held_out",
                passed=passed,
                severity=dg.AssetCheckSeverity.WARN,
            )
        ],
    )


@dg.asset(
    deps=[taste_model],
    group_name="taste",
    code_version=CODE_VERSION,
    pool="cpu",
    kinds={"numpy"},
    check_specs=[
        dg.AssetCheckSpec(
            "no_score_is_of_an_older_model",
            asset="taste_scores",
            description="After a run each song that was heard has a score by the present model.",
        )
    ],
)
def taste_scores(
    context: dg.AssetExecutionContext, library: LibraryResource
) -> dg.MaterializeResult:
    """Probability that you like each song, scored again with every new taste model."""
    catalogue, settings = library.catalogue, library.settings
    current = catalogue.taste.current()
    started = time.monotonic()
    n_scored, n_stale = 0, 0
    if current is not None:
        try:
            n_scored = score_songs(catalogue, settings)
        except UtawakuError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        n_stale = len(catalogue.taste.stale_ids(current.version))
    return dg.MaterializeResult(
        metadata={
            "n_scored": n_scored,
            "wall_s": time.monotonic() - started,
            "model": {} if current is None else asdict(current),
        },
        data_version=dg.DataVersion(current.version if current else "none"),
        check_results=[
            dg.AssetCheckResult(
                check_name="no_score_is_of_an_older_model",
                passed=not n_stale,
                metadata={"n_stale": n_stale},
            )
        ],
    )
