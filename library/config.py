"""Settings: one TOML file, environment variables over it, defaults that work.

Order of precedence: arguments, `UTAWAKU_*` environment variables (`UTAWAKU_SONGS__STRATEGY`),
`config.toml`, defaults. Only `utawaku.library.setting_sources`, `utawaku.library.former_settings`
and `utawaku.library.paths` read the environment.

`UTAWAKU_HOME` puts everything (config, catalogue, weights, library) below one folder.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from utawaku.library import paths as places
from utawaku.library.cluster_settings import ClusterSettings
from utawaku.library.engines import Device, HighlightEngine, SegmentEngine, SeparationEngine
from utawaku.library.errors import ConfigError
from utawaku.library.files import atomic_path
from utawaku.library.former_settings import former_names, with_present_names
from utawaku.library.language import Language
from utawaku.library.local_path import LocalPath
from utawaku.library.optional_path import OptionalPath
from utawaku.library.paths import default_config_path
from utawaku.library.publish.settings import PublishSettings
from utawaku.library.scrobble_settings import ScrobbleSettings
from utawaku.library.secret_url import SecretUrl
from utawaku.library.setting_sources import environment_values, file_values, merged
from utawaku.library.source_settings import SourceSettings
from utawaku.library.subscriptions.settings import (
    CrawlSettings,
    MaintenanceSettings,
    NoticeSettings,
    SubscriptionSettings,
    WatchSettings,
)
from utawaku.library.web_settings import WebSettings


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DownloadSettings(_Section):
    """Downloading of recordings."""

    want: Literal["audio", "video"] = Field(
        "audio", description="Keep the whole best audio, or the video (to upload songs again)."
    )
    max_height: int = Field(1080, ge=144, description="Tallest video that is fetched.")
    comments: bool = Field(True, description="Fetch comments: they hold the setlists.")
    live_chat: bool = Field(True, description="Fetch the live chat replay.")
    cookies_file: OptionalPath = Field(
        None, description="Netscape cookies file for members-only streams."
    )
    cookies_from_browser: str = Field(
        "",
        description="Browser whose cookies are read for members-only streams, as yt-dlp names it: "
        "firefox, chrome:Profile 1, firefox::Container. It is your log-in: a site may lock an "
        "account that downloads much.",
    )
    proxy: SecretUrl = Field(
        SecretUrl(""), description="Proxy for downloads, e.g. socks5://127.0.0.1:1080."
    )
    sleep_s: tuple[float, float] = Field(
        (10.0, 20.0), description="Random pause before each download, in seconds."
    )
    sleep_requests_s: float = Field(0.75, ge=0, description="Pause between requests.")
    rate_limit_bytes: int = Field(
        0, ge=0, description="Download rate in bytes a second; 0 is unlimited."
    )
    daily_quota: int = Field(200, ge=1, description="Recordings a day and site.")
    track: str = Field(
        "",
        description="Sound track that is read where a recording has several: a number counted "
        "from 0, or a language (jpn, ja). Empty takes the one flagged as default.",
    )
    local_files: Literal["reference", "copy", "move", "hardlink"] = Field(
        "reference",
        description="How `ingest` stores a local file: by reference to where it is, or a "
        "copy of it.",
    )

    @property
    def has_cookies(self) -> bool:
        """Return whether sites are shown cookies of a browser that is logged in."""
        return self.cookies_file is not None or bool(self.cookies_from_browser)


class SegmentSettings(_Section):
    """Segmentation of a recording into speech, music and silence."""

    engine: SegmentEngine = Field(
        "sm",
        description="Network: speech/music, speech/music/noise, or the small one that only knows "
        "speech.",
    )
    weights: OptionalPath = Field(
        None,
        description="Network of your own for the engine `bacs`: an .onnx that `utawaku train "
        "segmenter` wrote, or a SavedModel.",
    )
    mode: Literal["fast", "exact"] = Field(
        "fast", description="`exact` evaluates every frame as inaSpeechSegmenter does."
    )
    energy_ratio: float = Field(
        0.02, gt=0, lt=1, description="Frames below this share of the mean energy count as silence."
    )
    threads: int = Field(0, ge=0, description="Inference threads; 0 is one a core.")


class CutSettings(_Section):
    """Cutting and filing of songs."""

    codec: Literal["auto", "copy", "opus", "mp3", "flac", "m4a"] = Field(
        "auto", description="`auto` copies the stream where that is sample-accurate."
    )
    video: bool = Field(True, description="Cut the video too, when it was kept.")
    template: str = Field(
        "{channel}/{date} {stream_title}/{track:02} {title} - {artist}",
        description="Path of a song below Songs/, without its extension.",
    )
    fade_s: float = Field(0.05, ge=0, le=5, description="Fade where a cut is not in silence.")


class TagSettings(_Section):
    """Tags of song files."""

    artist: Literal["original", "singer"] = Field(
        "original",
        description="Who is the ARTIST of a song file: the original artist, or who sings here. "
        "The original artist is ORIGINALARTIST and the singer PERFORMER in both.",
    )
    album: Literal["title", "dated"] = Field(
        "title",
        description="Name of the album: the stream's title, or day and title. `dated` keeps "
        "streams of one title apart in software that groups songs by album and album artist "
        "(Navidrome, MPD).",
    )
    folder_cover: bool = Field(
        True,
        description="Write the stream's picture as cover.jpg into a folder that holds songs of one "
        "stream alone; a picture of yours stays.",
    )
    heard: bool = Field(
        False,
        description="Write the taste score (UTAWAKU_TASTE, 0 to 1 in steps of 0.05) and what the "
        "song sounds like (UTAWAKU_TAGS) into song files; off takes both out of them again.",
    )


class LabelSettings(_Section):
    """Labels: titles and artists of songs."""

    shazam: bool = Field(True, description="Ask Shazam.")
    shazam_url: SecretUrl = Field(
        SecretUrl("https://amp.shazam.com"), description="Address of the service."
    )
    signatures: Literal["builtin", "shazamapi"] = Field(
        "builtin",
        description="Code that makes Shazam's signatures: ours, or the package ShazamAPI (extra "
        "`shazamapi`, slower); they are the same bytes.",
    )
    shazam_concurrency: int = Field(4, ge=1, le=4, description="Parallel requests.")
    shazam_per_minute: float = Field(
        5.0,
        gt=0,
        description="Requests a minute at first. Shazam's limit is not published: each answer "
        "raises the pace by 5 % of this, a refusal (HTTP 429) halves it.",
    )
    shazam_most_per_minute: float = Field(
        20.0, gt=0, description="Requests a minute that answers raise the pace to."
    )
    transpositions: int = Field(3, ge=0, le=6, description="Semitones up and down to try.")
    accept: float = Field(
        0.8, ge=0, le=1, description="Lowest score at which a label is applied without asking."
    )


class StemSettings(_Section):
    """Separation of songs into vocals and accompaniment."""

    engine: SeparationEngine = Field(
        "auto",
        description="Separation engine. `auto` is `spleeter` where its weights are or can be "
        "fetched (73 MB), else `builtin`, which comes along; `blend` is the mean of both where "
        "they hear as much voice, and Spleeter elsewhere; `custom` is the network at "
        "`stems.weights`; `plugin` is `stems.plugin`.",
    )
    plugin: str = Field(
        "",
        description="Separator that another installed package brings (entry point "
        "`utawaku.separators`).",
    )
    weights: OptionalPath = Field(
        None,
        description="A .toml that describes an ONNX separator of your own, or an .onnx that "
        "`utawaku train separator` wrote.",
    )
    min_taste: float | None = Field(
        0.9, ge=0, le=1, description="Separate songs automatically at or above this taste score."
    )
    min_grade: int | None = Field(
        None, ge=-1, le=1, description="Separate songs automatically at or above this grade."
    )
    threads: int = Field(0, ge=0, description="Inference threads; 0 is one a core.")


class HighlightSettings(_Section):
    """The highlight of songs without replays or lyrics."""

    engine: HighlightEngine = Field(
        "builtin", description="The shipped model, or DeepChorus (see `highlight.weights`)."
    )
    weights: OptionalPath = Field(
        None,
        description="Weights file written by `utawaku train highlight`; for DeepChorus "
        "also its published .h5.",
    )
    threads: int = Field(1, ge=0, description="DeepChorus: inference threads; 0 is one a core.")


class TasteSettings(_Section):
    """Training of the taste model, and its review queue."""

    min_grades: int = Field(10, ge=4, description="Grades needed before songs get a taste score.")
    min_each: int = Field(
        3, ge=1, description="Likes needed, and dislikes needed, before songs get a taste score."
    )
    review_queue: int = Field(40, ge=4, description="Songs in the review queue.")
    retrain_after: int = Field(
        25, ge=1, description="New grades after which the taste model is retrained."
    )


class Settings(_Section):
    """All settings of utawaku: those given, over the environment, over the TOML file."""

    language: Language = Field(
        "auto",
        description="Language of screens, help and messages: `en`, `ja` or `zh_CN`; `auto` goes by "
        "LANGUAGE, LC_ALL, LC_MESSAGES and LANG. Another one is used from the next start.",
    )
    device: Device = Field(
        "auto",
        description="Device that the segmenter, the separator, the tagger and DeepChorus run on. "
        "`auto` takes a GPU where ONNX Runtime was installed for it, else the processor.",
    )
    short_cuts: bool = Field(
        default=True,
        description="Take from the one pass over a recording what its songs sound like and how "
        "loud they are. Without it each step decodes anew, which takes twice as long.",
    )
    library_root: LocalPath = Field(
        default_factory=places.library_root, description="Songs/, Streams/ and .trash/ live here."
    )
    data_dir: LocalPath = Field(
        default_factory=places.data_dir, description="Catalogue and pipeline state."
    )
    cache_dir: LocalPath = Field(
        default_factory=places.cache_dir, description="Weights and cached answers."
    )
    catalogue_url: SecretUrl = Field(
        SecretUrl(""),
        description="Database of the catalogue, as in postgresql://USER:PASSWORD@HOST/NAME (extra "
        "`cluster`); empty is SQLite in `data_dir`.",
    )
    web_port: int = Field(3200, ge=1, le=65535, description="Port of the Dagster UI.")
    process_growth_mb: float = Field(
        150.0,
        gt=0,
        description="Restart a service once its memory has grown by this many MB.",
    )
    download: DownloadSettings = DownloadSettings()
    segments: SegmentSettings = SegmentSettings()
    songs: dict[str, Any] = Field(
        default_factory=dict,
        description="Song rules (see `utawaku settings`); per-channel rules override them.",
    )
    cut: CutSettings = CutSettings()
    tags: TagSettings = TagSettings()
    labels: LabelSettings = LabelSettings()
    sources: SourceSettings = SourceSettings()
    scrobble: ScrobbleSettings = ScrobbleSettings()
    stems: StemSettings = StemSettings()
    highlight: HighlightSettings = HighlightSettings()
    taste: TasteSettings = TasteSettings()
    publish: PublishSettings = PublishSettings()
    subscriptions: SubscriptionSettings = SubscriptionSettings()
    watch: WatchSettings = WatchSettings()
    crawl: CrawlSettings = CrawlSettings()
    maintenance: MaintenanceSettings = MaintenanceSettings()
    notices: NoticeSettings = NoticeSettings()
    web: WebSettings = WebSettings()
    cluster: ClusterSettings = ClusterSettings()

    def __init__(self, **given: Any) -> None:
        stored = merged(file_values(default_config_path()), environment_values(type(self)))
        super().__init__(**merged(stored, given))

    @property
    def songs_dir(self) -> Path:
        """Folder of finished songs."""
        return self.library_root / "Songs"

    @property
    def streams_dir(self) -> Path:
        """Folder of recordings and their analysis."""
        return self.library_root / "Streams"

    @property
    def trash_dir(self) -> Path:
        """Folder of deleted files, kept until `utawaku` empties it."""
        return self.library_root / ".trash"

    @property
    def accounts_dir(self) -> Path:
        """Folder of log-ins: one file each, readable by its owner only."""
        return self.data_dir / "accounts"

    @property
    def web_dir(self) -> Path:
        """Folder of what was uploaded on the highlight page, and of what was made of it."""
        return self.data_dir / "web"

    @property
    def weights_dir(self) -> Path:
        """Folder of converted model weights."""
        return self.cache_dir / "weights"

    @property
    def dagster_home(self) -> Path:
        """DAGSTER_HOME of the pipeline."""
        return self.data_dir / "dagster"

    @property
    def is_shared(self) -> bool:
        """Return whether other machines may work on the library: the catalogue is on a server."""
        url = self.catalogue_url.get_secret_value()
        return bool(url) and not url.startswith("sqlite")

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the catalogue; it may hold a password, so it is not for showing."""
        return places.database_url(self.catalogue_url.get_secret_value(), self.data_dir)

    def stream_dir(self, stream_id: str) -> Path:
        """Folder of one stream's recording and analysis."""
        return self.streams_dir / stream_id


def load_settings(**overrides: Any) -> Settings:
    """Read the settings.

    Raises:
        ConfigError: the file is not TOML, or a setting is unknown or out of range.
    """
    path = default_config_path()
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"setting {name!r}: {first['msg']}",
            subject=str(path),
            next_step="Correct it in the file or in the UTAWAKU_* environment",
        ) from error
    except ValueError as error:
        raise ConfigError(
            f"not a valid TOML file ({error})", subject=str(path), next_step="Correct the file"
        ) from error


def check_setting(name: str, value: Any, path: Path | None = None) -> None:
    """See whether `write_setting` would take a value; writes nothing.

    Raises:
        ConfigError: no such setting, or the value is out of range.
    """
    _changed(name, value, path or default_config_path())


def write_setting(name: str, value: Any, path: Path | None = None) -> None:
    """Change one setting (dotted name) in the TOML file, keeping comments and order.

    A line that sets it under its former name goes.
    None takes it back to its default.

    Raises:
        ConfigError: no such setting, the value is out of range, or the file cannot be read or
            written; it is then unchanged.
    """
    path = path or default_config_path()
    text = _changed(name, value, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # It may hold the password of a share.
        with atomic_path(path, mode=0o600) as temporary:
            temporary.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot be written ({error.strerror})",
            subject=str(path),
            next_step="Check the folder's permissions and free space; nothing was changed",
        ) from error


def _changed(name: str, value: Any, path: Path) -> str:
    """The file's text with one setting changed."""
    import tomlkit  # only writing needs it, and the first screen waits for this module
    from tomlkit.exceptions import TOMLKitError

    try:
        text = path.read_text("utf-8") if path.exists() else ""
        document = tomlkit.parse(text)
    except (OSError, ValueError, TOMLKitError) as error:
        raise ConfigError(
            f"cannot be read ({error})", subject=str(path), next_step="Correct the file"
        ) from error
    for former, now in list(former_names(document.unwrap())):
        if now == name:
            section, _, key = former.partition(".")
            del document[section][key]
    *sections, key = name.split(".")
    table: Any = document
    for section in sections:
        if section not in table:
            table[section] = tomlkit.table()
        table = table[section]
    if value is None:
        table.pop(key, None)
    else:
        table[key] = str(value) if isinstance(value, Path) else value
    content = with_present_names(document.unwrap())
    try:
        Settings.model_validate({**Settings().model_dump(), **content})
        if sections[:1] == ["songs"]:
            from utawaku.library.song_rules import SongRules

            SongRules.model_validate(content["songs"])
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            f"setting {name!r}: {first['msg']}", subject=str(path), next_step="Nothing was changed"
        ) from error
    return tomlkit.dumps(document)


def describe(section: type[BaseModel] = Settings, prefix: str = "") -> list[tuple[str, str, str]]:
    """Every setting as (dotted name, default, what it does)."""
    rows: list[tuple[str, str, str]] = []
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            rows += describe(kind, f"{prefix}{name}.")
            continue
        default = "" if field.default_factory else str(field.default)
        rows.append((f"{prefix}{name}", default, field.description or ""))
    return rows
