"""A catalogue as an older version left it."""

from alembic import command
from alembic.config import Config

from utawaku.library import migrations
from utawaku.library.catalogue import Catalogue


def downgraded(catalogue: Catalogue, revision: str, *statements: str) -> None:
    """Bring a catalogue back to an older schema, and write as that version did."""
    config = Config()
    config.set_main_option("script_location", str(migrations.__path__[0]))
    with catalogue.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        for statement in statements:
            connection.exec_driver_sql(statement)
