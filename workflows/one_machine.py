"""The way of a library from its server back to SQLite."""

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.service_records import FileStore
from utawaku.library.service_rows import CatalogueStore
from utawaku.library.service_status import services
from utawaku.library.shared_files import take_home
from utawaku.workflows.stream_labels import open_index


def bring_home(catalogue: Catalogue, settings: Settings) -> None:
    """Copy to this machine what all machines shared: fingerprints, answers of services, files.

    Args:
        catalogue: on the server.
        settings: those of this machine, before they name SQLite.

    Raises:
        FingerprintError: the index of this machine cannot be used.
        RecognitionError: the file of a service cannot be used.
        OSError: a file cannot be copied.
    """
    with open_index(settings, catalogue):
        pass  # it has caught up now
    for service in services(settings).values():
        store = CatalogueStore(catalogue, service.name)
        answers = store.answers()
        if answers:
            FileStore(service.path).remember(answers)
    take_home(settings)
