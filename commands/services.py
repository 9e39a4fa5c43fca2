"""`utawaku services`: how things stand with the services that name songs."""

import time
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from utawaku.commands.console import add_row, out, print_json, table
from utawaku.library.errors import NotFoundError
from utawaku.library.language import tr, translated, trn

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku services --reset shazam")(services)


def services(
    reset: Annotated[
        str | None, typer.Option(help="End the cooldown of this service, and count again.")
    ] = None,
    forget: Annotated[
        str | None, typer.Option(help="Forget the remembered answers of this service.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """List outside services: switch, cooldown, rate limit, remembered answers."""
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings

    settings = load_settings()
    with closing(Catalogue.open(settings)) as catalogue:
        _services(settings, catalogue, reset, forget, json)


def _services(
    settings: "Settings", catalogue: "Catalogue", reset: str | None, forget: str | None, json: bool
) -> None:
    from utawaku.library.service_status import services as known_services

    if reset is not None:
        end_cooldown(reset, settings, catalogue)
    if forget is not None:
        n_answers = _gate(forget, settings, catalogue).forget_values()
        out.print(
            trn(
                "{forget}: {n} answer forgotten",
                "{forget}: {n} answers forgotten",
                n_answers,
                forget=forget,
            ),
            markup=False,
        )
    if reset is not None or forget is not None:
        return
    rows: list[dict[str, Any]] = []
    for name, service in known_services(settings).items():
        state = service.state(catalogue)
        rows.append(
            {
                "name": name,
                "enabled": service.enabled,
                "on_cooldown": state.open,
                "until": state.until or None,
                "reason": state.reason,
                "requests_left": state.budget_left,
                "requests_per_minute": service.per_minute,
                "answers": state.n_answers,
                "state": state.described(),
            }
        )
    if json:
        print_json(rows)
        return
    listing = table("service", ("answers", "right"), ("state", "whole"))
    for row in rows:
        add_row(listing, [row["name"], row["answers"], translated(row["state"])])
    out.print(listing)


def end_cooldown(name: str, settings: "Settings", catalogue: "Catalogue") -> None:
    """End the cooldown of a service and say so.

    Raises:
        NotFoundError: there is no such service.
    """
    gate = _gate(name, settings, catalogue)
    state = gate.state()
    gate.reset()
    if state.is_open:
        until = time.strftime("%m-%d %H:%M", time.localtime(state.open_until))
        out.print(
            tr("{name} is asked again; it was on cooldown until {until}", name=name, until=until),
            markup=False,
        )
    else:
        out.print(tr("{name} was not on cooldown", name=name), markup=False)


def _gate(name: str, settings: "Settings", catalogue: "Catalogue") -> Any:
    from utawaku.library.service_status import services as known_services
    from utawaku.services.service_gate import ServiceGate

    service = known_services(settings).get(name)
    if service is None:
        raise NotFoundError(
            "no such service", subject=name, next_step="`utawaku services` lists them"
        )
    return ServiceGate(
        service.store(catalogue), at_once=service.at_once, per_minute=service.per_minute
    )
