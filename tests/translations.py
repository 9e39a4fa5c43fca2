"""The catalogues of translations: `python -m tests.translations update|missing`.

`update` collects every sentence that a user reads, writes the catalogues in `library/locale/` and
compiles them; `missing` prints what has no translation. A sentence is collected where it is

- marked by `tr`, `trn` or `msg` of `library/language.py`,
- the description of a key, of a setting, of a field of a search, or the help of a command,
- raised as an error, left as a notice, or stored as a reason: those have the context `stored`.
"""

import ast
import keyword
import re
import string
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from utawaku.library.language import DOMAIN, FOLDER, LANGUAGES, STORED

ROOT = Path(__file__).parent.parent
TRANSLATED = tuple(name for name in LANGUAGES if name != "en")
SHOWN = ("tui", "commands")
"""Folders whose sentences are shown as they are, and so are marked."""
TELLING = ("library", "media", "services", "workflows", "web")
"""Folders whose sentences are raised or stored, wherever they stand."""
RAISING = (*SHOWN, "models", "orchestration", "assets", "jobs", "sensors", "demo", "utawaku")
"""Folders of which only errors, notices and reasons reach a user."""
_ALSO_TELLING = (
    *("commands/follow_request.py", "tui/player/output.py"),
    *("commands/doctor.py", "commands/doctor_cluster.py"),
    *("commands/repairs.py", "commands/pipeline.py"),
    *("commands/separate.py", "commands/separate_library.py", "commands/taste.py"),
    "models/playlist/build.py",
)
"""Files whose sentences are stored, or written as JSON too."""
_DATE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sentence:
    """One sentence in English, and the file that it is in."""

    text: str
    file: str
    plural: str = ""
    context: str = ""

    @property
    def identity(self) -> str | tuple[str, str]:
        """What a catalogue knows it by."""
        return (self.text, self.plural) if self.plural else self.text


def files(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield each source file of these folders with what it says."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(_UNREAD):
                yield name, ast.parse(path.read_text("utf-8"), name)


_UNREAD = ("library/migrations/", "models/reference/", "services/reference/")


# What is marked


def marked() -> Iterator[Sentence]:
    """Yield what `tr`, `trn` and `msg` mark, and the descriptions of keys."""
    for name, tree in files(*SHOWN, "library", "workflows", "services", "media"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from _of_call(node, name)


_IN_A_PAGE = re.compile(r"""\btr\("([^"]+)"|\btrn\("([^"]+)", "([^"]+)\"""")


def in_pages() -> Iterator[Sentence]:
    """Yield what the templates of the highlight page mark."""
    for path in sorted((ROOT / "web" / "templates").glob("*.html")):
        name = path.relative_to(ROOT).as_posix()
        for one, singular, plural in _IN_A_PAGE.findall(path.read_text("utf-8")):
            yield Sentence(one or singular, name, plural)


def _of_call(node: ast.Call, name: str) -> Iterator[Sentence]:
    called = called_name(node)
    if called in ("tr", "msg") and node.args and (text := constant(node.args[0])):
        yield Sentence(text, name)
    elif called == "table" and name.startswith("commands/"):
        yield from (Sentence(text, name) for column in node.args if (text := head(column)))
    elif called == "trn" and len(node.args) > 2:
        yield Sentence(constant(node.args[0]), name, constant(node.args[1]))
    elif called == "Binding" and len(node.args) > 2 and (text := constant(node.args[2])):
        yield Sentence(text, name)


def head(column: ast.AST) -> str:
    """Return the head of a column of a table that a command prints."""
    return constant(column.elts[0]) if isinstance(column, ast.Tuple) else constant(column)


def called_name(node: ast.Call) -> str:
    """Return the last name of what is called."""
    target = node.func
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def constant(node: ast.AST) -> str:
    """Return the text of a literal; empty for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


# What is described


def described() -> Iterator[Sentence]:
    """Yield the meanings of settings and of fields of a search."""
    from utawaku.library.config import describe
    from utawaku.library.query.fields import FIELDS
    from utawaku.library.song_rules import SongRules

    for section, prefix in ((None, ""), (SongRules, "songs.")):
        rows = describe(section, prefix) if section else describe()
        for _name, _default, meaning in rows:
            yield Sentence(meaning, "library/config.py")
    for field in FIELDS.values():
        yield Sentence(field.help, "library/query/fields.py", context=STORED)


def helped() -> Iterator[Sentence]:
    """Yield the help of each command, argument and option."""
    from typer.main import get_command

    from utawaku.commands.app import app
    from utawaku.commands.help import ERRORS

    yield from (Sentence(text, "commands/help.py", context=STORED) for text in ERRORS)
    waiting = [get_command(app)]
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        for text in [command.help, *(getattr(one, "help", None) for one in command.params)]:
            if text:
                yield Sentence(text, "commands")


# What is raised or stored

_UNSAID = (
    *("getLogger", "compile", "search", "match", "split", "sub", "execute", "exec_driver_sql"),
    *("ValueError", "TypeError", "RuntimeError", "KeyError", "LookupError", "AssertionError"),
    *(
        "text",
        "debug",
        "Binding",
        "query_one",
        "get_component_rich_style",
        "info",
        "warning",
        "exception",
        "Thread",
        "comment",
        "msg",
        "tr",
        "trn",
    ),
    *("startswith", "endswith", "Field", "connect", "ConfigDict", "SettingsConfigDict", "Column"),
    *("NotImplementedError", "error_log", "_gauge", "Metric", "_text_field", "_worded", "_numeric"),
    *(
        "Option",
        "Argument",
        "command",
        "callback",
        "table",
        "App",
        "NotCopyableError",
        "Counter",
        "Literal",
        "TypeVar",
        "Index",
        "CheckConstraint",
    ),
)
"""Calls whose texts no user reads: logs, expressions, SQL, what is caught inside."""
_NOT_TOLD = (
    *("bold ", "gzip, ", "recordings compress", "Parameter `owners`", "labels\t", "song rule "),
    *("default-src", "separate QUERY", "separate STREAM", "ingest --again"),
)
"""Styles, headers and other texts that only programs read."""
_STORING = ("add", "wait", "finish", "failed", "progressed", "Finding", "Trouble", "announce")
_STORED_AS = ("problem", "next_step", "reason", "message", "body", "subject")


def stored() -> Iterator[Sentence]:
    """Yield the sentences that are raised, left as a notice or stored as a reason."""
    for name, tree in files(*TELLING, *RAISING):
        yield from found_in(name, tree)


def found_in(name: str, tree: ast.Module, *, everywhere: bool | None = None) -> list[Sentence]:
    """Return the sentences of a file that no mark holds.

    Args:
        name: path of the file from the root.
        tree: what it says.
        everywhere: also those outside of errors and notices; by default where the file is one
            whose sentences are all raised or stored.
    """
    if everywhere is None:
        everywhere = name.startswith(tuple(f"{one}/" for one in TELLING)) or name in _ALSO_TELLING
    finder = _Telling(name, everywhere=everywhere)
    finder.visit(tree)
    return finder.found


class _Telling(ast.NodeVisitor):
    """Collects sentences; those of a file that tells everywhere, or only in calls that tell."""

    def __init__(self, name: str, *, everywhere: bool) -> None:
        self.name = name
        self.telling = everywhere
        self.found: list[Sentence] = []

    def visit_Call(self, node: ast.Call) -> None:
        called = called_name(node)
        before = self.telling
        if called in _UNSAID or called == "getattr":
            return
        if called.endswith("Error") or called in _STORING:
            self.telling = True
        self.generic_visit(node)
        self.telling = before

    def visit_keyword(self, node: ast.keyword) -> None:
        before = self.telling
        if node.arg in ("title", "body", "message", "reason", "problem", "next_step"):
            self.telling = self.telling or node.arg in _STORED_AS
        if node.arg not in ("description", "classes", "style"):
            self.visit(node.value)
        self.telling = before

    def visit_arg(self, node: ast.arg) -> None:
        """Pass by: annotations are no sentences."""

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(getattr(target, "id", "").endswith("CSS") for target in node.targets):
            self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None and not getattr(node.target, "id", "").endswith("CSS"):
            self.visit(node.value)

    def visit_Assert(self, node: ast.Assert) -> None:
        """Pass by: it tells a programmer."""

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Pass by: what is compared is read, not told."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for statement in _without_docstring(node.body):
            self.visit(statement)

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in _without_docstring(node.body):
            self.visit(statement)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not constant(node.value):
            self.visit(node.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if self.telling and isinstance(node.value, str):
            self._tell(_escaped(node.value))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)
        if self.telling:
            self._tell(template(node))

    def _tell(self, text: str) -> None:
        if is_sentence(text) and not text.startswith(_NOT_TOLD):
            self.found.append(Sentence(text, self.name, context=STORED))


def _without_docstring(body: list[ast.stmt]) -> Iterable[ast.stmt]:
    first = body[0]
    return body[1:] if isinstance(first, ast.Expr) and constant(first.value) else body


def is_sentence(text: str) -> bool:
    """Return whether a text has two words of its own at least, and is no code, SQL or pattern."""
    plain = "".join(part for part, *_rest in _parsed(text))
    words = [word for word in plain.split() if word.strip(".,:;()'`…").isalpha()]
    code = (
        "PRAGMA",
        "SELECT",
        "INSERT",
        "UPDATE ",
        "DELETE",
        "BEGIN",
        "Mozilla",
        "\\",
        "|",
        "REM ",
    )
    lower = any(word.islower() and len(word) > 1 for word in words)
    return len(words) > 1 and lower and not any(sign in plain for sign in code)


def _parsed(text: str) -> list[tuple[str, str | None, str | None, str | None]]:
    return list(string.Formatter().parse(text))


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def template(node: ast.JoinedStr) -> str:
    """Return an f-string as a sentence with named places for its values."""
    names: dict[str, str] = {}
    made = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            made.append("{" + _place(part.value, names) + "}")
        else:
            made.append(_escaped(constant(part)))
    return "".join(made)


def _place(value: ast.AST, names: dict[str, str]) -> str:
    """Return a name for an expression: the same for the same, another for each other."""
    code = ast.unparse(value)
    wanted = _name(value) or "value"
    wanted = f"{wanted}_" if keyword.iskeyword(wanted) else wanted
    name, n = wanted, 1
    while names.setdefault(name, code) != code:
        n += 1
        name = f"{wanted}_{n}"
    return name


_PASSED = ("str", "shown", "round", "int", "sorted", "join", "max", "min", "clean_line", "repr")


def _name(value: ast.AST) -> str:
    """The word of an expression that says most about it."""
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_")
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name if name.isidentifier() else "value"
        case ast.Subscript(value=inner) | ast.BinOp(left=inner) | ast.UnaryOp(operand=inner):
            return _name(inner)
        case ast.BoolOp(values=[inner, *_]) | ast.IfExp(body=inner):
            return _name(inner)
        case ast.Call(args=[inner, *_]) if called_name(value) in (*_PASSED, "len"):
            return ("n_" if called_name(value) == "len" else "") + _name(inner)
        case ast.Call():
            return called_name(value).strip("_")
    return ""


# Catalogues


def sentences() -> list[Sentence]:
    """Return every sentence that a user reads, in the order of its text."""
    found: dict[tuple[str, str], Sentence] = {}
    for one in [*marked(), *in_pages(), *described(), *helped(), *stored()]:
        if any(char.isalpha() for char in one.text):
            before = found.get((one.context, one.text))
            if before is None or (one.plural and not before.plural):
                found[one.context, one.text] = one
    return sorted(found.values(), key=lambda one: (one.text, one.context))


def po_file(language: str) -> Path:
    """Return where the translations of a language lie."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Return the catalogue of a language as it lies on disk."""
    path = po_file(language)
    if not path.exists():
        return _empty(language)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def _empty(language: str) -> Catalog:
    return Catalog(
        locale=language,
        domain=DOMAIN,
        project="utawaku",
        creation_date=_DATE,
        revision_date=_DATE,
        last_translator="utawaku",
        language_team=language,
        header_comment=f"# Sentences of utawaku: {language}.",
        fuzzy=False,
    )


def updated(language: str) -> Catalog:
    """Return the catalogue of a language with each sentence of today, and no other."""
    known, made = read(language), _empty(language)
    for one in sentences():
        before = known.get(one.identity, context=one.context or None)
        if before is None and not one.plural:
            before = known.get(one.text, context=one.context or None)
        translation = before.string if before is not None else ""
        if one.plural and isinstance(translation, str):
            translation = (translation,)
        made.add(one.identity, translation, context=one.context or None, locations=[(one.file, 0)])
    return made


def compiled(catalog: Catalog) -> bytes:
    """Return what a program reads of a catalogue."""
    made = BytesIO()
    write_mo(made, catalog)
    return made.getvalue()


def po_bytes(catalog: Catalog) -> bytes:
    """Return a catalogue as it lies on disk."""
    made = BytesIO()
    write_po(made, catalog, width=100, sort_output=True, include_lineno=False)
    return made.getvalue()


def write(language: str, catalog: Catalog) -> None:
    """Write a catalogue and what is compiled from it."""
    path = po_file(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(po_bytes(catalog))
    path.with_suffix(".mo").write_bytes(compiled(read(language)))


def missing(catalog: Catalog) -> list[str]:
    """Return the sentences of a catalogue that have no translation."""
    return [
        str(one.id)
        for one in catalog
        if one.id and not (all(one.string) if isinstance(one.string, tuple) else one.string)
    ]


def main() -> int:
    """Update the catalogues, or print what is missing; return how many sentences are."""
    n_missing = 0
    for language in TRANSLATED:
        catalog = updated(language)
        if sys.argv[1:] == ["update"]:
            write(language, catalog)
        for sentence in missing(catalog):
            print(f"{language}: {sentence}")
        n_missing += len(missing(catalog))
    return min(n_missing, 1)


if __name__ == "__main__":
    sys.exit(main())
