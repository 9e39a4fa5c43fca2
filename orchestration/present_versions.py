"""Present versions of engines and models: the measure of what is stale (`library.staleness`)."""

from utawaku.library.artefacts import ARTEFACTS
from utawaku.library.config import Settings
from utawaku.library.staleness import Version
from utawaku.orchestration.bindings import binding_of
from utawaku.workflows.model_versions import MISSING, models_of


def present_versions(settings: Settings) -> dict[str, Version]:
    """Engine and models of each artefact as the settings want them now.

    A model of which nothing is known (its file is named and not there) makes nothing stale.
    """
    return {
        name: Version(
            binding_of(name).code_version,
            {
                model.asset: version
                for model in models_of([name])
                if (version := model.version(settings)) != MISSING
            },
        )
        for name in ARTEFACTS
    }
