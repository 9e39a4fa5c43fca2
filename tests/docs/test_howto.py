"""What the pages of docs/howto say works: it is done here, in a copy of the source folders."""

import hashlib
import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.checks import ROOT
from tests.docs.source_tree import SourceTree, blocks_of
from tests.models.separation import Shape, halving
from utawaku.commands.app import app
from utawaku.library.config import Settings, check_setting, load_settings
from utawaku.models.separator import make_separator

END_OF_ARTEFACTS = '    )\n}\n"""By name, in order'
END_OF_MODELS = '    )\n}\n"""By asset name, in the order'

USE_THE_ARTEFACT = """
import json
import dagster as dg
import utawaku.assets
from utawaku.commands.pipeline import check_asset_names
from utawaku.definitions import defs
from utawaku.library.artefacts import ARTEFACTS, CHAIN, with_followers
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.records import Segment, Stream
from utawaku.library.staleness import stale_artefacts
from utawaku.orchestration.pending_assets import pending_assets
from utawaku.orchestration.present_versions import present_versions
from utawaku.tui.widgets.pipeline_rows import StreamRows

settings = load_settings()
catalogue = Catalogue.open(settings)
stream = catalogue.streams.save(Stream("file-1", "/evening.opus", duration_s=30.0))
catalogue.streams.replace_segments(
    "file-1", [Segment("noEnergy", 0.0, 12.5), Segment("music", 12.5, 30.0)]
)
check_asset_names(["silence"])
pending = pending_assets(stream, catalogue, settings)
with dg.DagsterInstance.ephemeral() as instance:
    instance.add_dynamic_partitions("stream", ["file-1"])
    done = defs().resolve_job_def("ingest_stream").execute_in_process(
        instance=instance, partition_key="file-1", asset_selection=[dg.AssetKey("silence")]
    )
state = catalogue.assets.of("file-1")["silence"]
fresh = stale_artefacts(catalogue, present_versions(settings), "silence")
with catalogue.write() as connection:
    connection.exec_driver_sql("update asset_states set engine_version = '0'")
stale = stale_artefacts(catalogue, present_versions(settings), "silence")
parents = defs().resolve_asset_graph().get(dg.AssetKey("silence")).parent_keys
print(json.dumps({
    "chain": list(CHAIN),
    "pending": pending,
    "done": done.success,
    "metadata": dict(state.metadata),
    "state": state.state,
    "fresh": len(fresh),
    "stale": [one.asset for one in stale],
    "parents": [key.to_user_string() for key in parents],
    "columns": str(StreamRows().draw_header(200)),
    "short": ARTEFACTS["silence"].short_name,
    "follows": sorted(with_followers({"segments"})),
}))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Home of the programs that are run."""
    return tmp_path / "home"


def test_an_artefact_is_added_in_two_edits(tmp_path: Path, home: Path) -> None:
    blocks = blocks_of("add-an-artefact.md")
    assert sorted(blocks) == ["assets/silence.py", "library/artefacts.py"]
    tree = SourceTree.copy(tmp_path / "tree", "library", "assets")
    row = blocks["library/artefacts.py"].rstrip() + ",\n"
    tree.insert("library/artefacts.py", END_OF_ARTEFACTS, row)
    tree.write("assets/silence.py", blocks["assets/silence.py"])
    told = json.loads(tree.run("-c", USE_THE_ARTEFACT, home=home).splitlines()[-1])
    assert "silence" in told["chain"]
    assert "silence" in told["pending"]
    assert (told["done"], told["state"]) == (True, "done")
    assert told["metadata"]["silent_s"] == 12.5
    assert told["fresh"] == 0
    assert told["stale"] == ["silence"]
    assert told["parents"] == ["segments"]
    assert "silence" in told["columns"]
    assert told["short"] == "hush"
    assert "silence" in told["follows"]
    help_text = tree.run("-m", "utawaku", "ingest", "--help", home=home)
    assert "silence" in help_text.replace("\n", " ")


def test_a_command_is_added_as_the_page_says(tmp_path: Path, home: Path) -> None:
    blocks = blocks_of("add-a-command.md")
    assert sorted(blocks) == ["commands/command_tree.py", "commands/hours.py"]
    tree = SourceTree.copy(tmp_path / "tree", "commands")
    tree.write("commands/hours.py", blocks["commands/hours.py"])
    entry = blocks["commands/command_tree.py"]
    tree.insert("commands/command_tree.py", '}\n"""The commands that each module', entry)
    assert json.loads(tree.run("-m", "utawaku", "hours", "--json", home=home)) == {"total_s": 0.0}
    assert "utawaku hours --json" in tree.run("-m", "utawaku", "hours", "--help", home=home)


USE_THE_MODEL = """
import json
import dagster as dg
from utawaku.definitions import defs
from utawaku.library.config import load_settings
from utawaku.models import registry
from utawaku.workflows.model_versions import fetch_missing, models_of
from utawaku.library.progress import silent

settings = load_settings()
(model,) = models_of(["embeddings"])
here, before = model.is_here(settings), model.version(settings)
fetch_missing(settings, ["embeddings"], silent)
graph = defs().resolve_asset_graph()
print(json.dumps({
    "model": model.asset,
    "missing": not here,
    "known before": before == model.version(settings),
    "version": model.version(settings),
    "listed": "applause" in {row.name for row in registry.status(settings.weights_dir)},
    "parents": [key.to_user_string() for key in graph.get(dg.AssetKey("embeddings")).parent_keys],
}))
"""


def test_a_model_is_added_as_the_page_says(tmp_path: Path, home: Path) -> None:
    blocks = blocks_of("add-a-model.md")
    assert sorted(blocks) == ["models/registry/entries/applause.py", "workflows/model_versions.py"]
    tree = SourceTree.copy(tmp_path / "tree", "library", "models", "workflows")
    content = b"weights of the applause model"
    digest = hashlib.sha256(content).hexdigest()
    entry = blocks["models/registry/entries/applause.py"]
    entry = entry.replace("SHA256", digest).replace("BYTES", str(len(content)))
    tree.write("models/registry/entries/applause.py", entry)
    tree.write("models/applause/__init__.py", '"""Applause."""\n')
    tree.write("models/applause/applause.onnx", content.decode())
    row = blocks["workflows/model_versions.py"].rstrip() + ",\n"
    tree.insert("workflows/model_versions.py", END_OF_MODELS, row)
    tree.replace("library/artefacts.py", 'model="tagger_weights"', 'model="applause_weights"')
    told = json.loads(tree.run("-c", USE_THE_MODEL, home=home).splitlines()[-1])
    assert told["model"] == "applause_weights"
    assert told["missing"]
    assert told["known before"]
    assert told["version"] == digest
    assert told["listed"]
    assert sorted(told["parents"]) == ["applause_weights", "library_files"]


USE_THE_SITE = """
import hashlib, json, os
from pathlib import Path
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.progress import silent
from utawaku.library.publish.drafts import order_for
from utawaku.library.publish.records import Part, Submission
from utawaku.services.publish.build import queue_for, uploader_for

settings = load_settings()
catalogue = Catalogue.open(settings)
order = order_for(catalogue, settings)
uploader = uploader_for(order.target, order.account, settings, catalogue)
uploader.check_ready()
queue_for(order.target, order.account, settings, catalogue)
print(json.dumps({
    "order": [order.target, order.account],
    "uploader": [uploader.target, str(uploader.root)],
    "shown": str(settings.publish.sites),
}))
"""


def test_a_site_to_publish_to_is_added_as_the_page_says(tmp_path: Path, home: Path) -> None:
    blocks = blocks_of("add-a-site.md")
    assert sorted(blocks) == ["services/publish/sites/dropbox.py"]
    tree = SourceTree.copy(tmp_path / "tree", "services")
    tree.write("services/publish/sites/dropbox.py", blocks["services/publish/sites/dropbox.py"])
    (_, toml) = (ROOT / "docs/howto/add-a-site.md").read_text("utf-8").split("```toml\n")
    configuration = home / "config.toml"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(toml.split("```")[0].replace("~", str(tmp_path)), "utf-8")
    told = json.loads(tree.run("-c", USE_THE_SITE, home=home).splitlines()[-1])
    assert told["order"] == ["dropbox", "dropbox"]
    assert told["uploader"] == ["dropbox", str(tmp_path / "Dropbox/Songs")]
    assert "Dropbox" not in told["shown"]


def test_use_your_own_separator_describes_networks_that_are_taken(
    tmp_path: Path, settings: Settings
) -> None:
    assert blocks_of("use-your-own-separator.md") == {}  # its code is TOML and commands
    page = (ROOT / "docs" / "howto" / "use-your-own-separator.md").read_text("utf-8")
    shapes: dict[str, Shape] = {"mdx": ["n", 4, 3072, 16], "roformer": ["n", 2, "t"]}
    for name, toml in re.findall(r"```toml\n# (\w+)\.toml\n(.*?)```", page, re.DOTALL):
        halving(tmp_path / f"{name}.onnx", shapes.pop(name))
        path = tmp_path / f"{name}.toml"
        path.write_text(toml.replace("352800", "4000"), "utf-8")
        assert make_separator(str(path), settings.weights_dir, threads=1).name == "custom"
    assert not shapes
    for setting, value in re.findall(r"^\$ utawaku settings (\S+) (\S+)$", page, re.M):
        check_setting(setting, value)


def test_every_page_of_howto_is_tested() -> None:
    tested = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for page in (ROOT / "docs" / "howto").glob("*.md"):
        assert f'blocks_of("{page.name}")' in tested or f"docs/howto/{page.name}" in tested


def test_update_a_model_names_commands_and_settings_that_exist(settings: Settings) -> None:
    del settings  # it sets the home
    assert blocks_of("update-a-model.md") == {}  # its code is commands
    page = (ROOT / "docs" / "howto" / "update-a-model.md").read_text("utf-8")
    named = [
        line.split("#")[0].removeprefix("$ ").strip()
        for line in re.findall(r"^\$ utawaku .*$", page, re.M)
    ]
    named += [words for words in re.findall(r"`(utawaku [^`]+)`", page) if words.islower()]
    assert "utawaku rematerialize --dry-run" in named
    program = typer.main.get_command(app)
    for words in named:
        command, *arguments = words.split()[1:]
        found = program.commands[command]  # type: ignore[attr-defined]
        while arguments and arguments[0] in getattr(found, "commands", {}):
            found = found.commands[arguments.pop(0)]
        if not hasattr(found, "commands"):
            found.make_context("utawaku", arguments)
    changed = [words for words in named if words.startswith("utawaku settings ")]
    result = CliRunner().invoke(app, changed[0].split()[1:])
    assert (result.exit_code, load_settings().segments.engine) == (0, "smn")
