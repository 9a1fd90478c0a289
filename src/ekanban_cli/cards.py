"""`ekanban cards …`: cards, command cards and the scanner self-test on paper, with central and without."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ekanban_cli.answers import Config, Json, example, group
from ekanban_cli.cards_csv import KINDS, NEEDED, OPTIONAL
from ekanban_cli.language import _
from ekanban_cli.said import say
from ekanban_core.states import PrintReason

app = group(_("Cards on paper."))

To = Annotated[
    Path,
    typer.Option(
        "--to",
        metavar="FILE",
        help=_("What is written: .pdf or .zpl, or .svg or .png, of which each page is a file of its own."),
    ),
]
Dpi = Annotated[int, typer.Option("--dpi", help=_("The printer's dots to the inch: 203, 300 or 600."))]
SheetName = Annotated[
    str | None,
    typer.Option(
        "--sheet",
        help=_("Several cards on a sheet: a name (`layouts` lists them), or a TOML file."),
        show_default=False,
    ),
]
Skip = Annotated[int, typer.Option("--skip", min=0, help=_("So many places of the first sheet are used already."))]
Central = Annotated[
    str | None, typer.Option("--central", metavar="URL", help=_("Another central's address."), show_default=False)
]
Token = Annotated[
    str, typer.Option("--token", envvar="EKANBAN_TOKEN", help=_("A supervisor's API token."), show_default=False)
]


@app.command(
    help=_(
        "Draw cards from a CSV file; no service is needed. Columns: {needed}; and where you like {optional}. The"
        " kind is one of {kinds}. A missing code is drawn and reported. Nothing is written when anything is wrong."
        " Without --from, draw copies of cards that the running central knows: as their papers in use look, marked as"
        " copies. No print is made."
    ).format(needed=", ".join(NEEDED), optional=", ".join(OPTIONAL), kinds=", ".join(KINDS)),
    epilog=example(
        "ekanban cards render --from parts.csv --layout a7 --to cards.pdf",
        "ekanban cards render --from parts.csv --layout a7 --sheet a4-a7 --skip 3 --to cards.pdf",
        "ekanban cards render --from - --layout 100x150 --dpi 300 --to cards.zpl",
        "ekanban cards render 7K3Q-M9X2-01CF --to card.png",
    ),
)
def render(
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="CODE…", help=_("Cards of the file, without any all; or of central."))
    ] = None,
    to: To = Path("cards.pdf"),
    file: Annotated[
        str | None, typer.Option("--from", metavar="FILE", help=_("The CSV file; “-” is stdin."), show_default=False)
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(
            "--layout",
            help=_(
                "The name of a layout (`layouts` lists them), or a TOML file. Without it a7; central's cards"
                " each have their own."
            ),
            show_default=False,
        ),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules", metavar="FILE", help=_("Rules (TOML) that choose each card's layout."), show_default=False
        ),
    ] = None,
    dpi: Dpi = 203,
    sheet: SheetName = None,
    skip: Skip = 0,
    duplex: Annotated[
        str | None,
        typer.Option(
            "--duplex",
            metavar="EDGE",
            help=_("Print backs as well; the printer turns the paper about its “long” or “short” edge."),
            show_default=False,
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            metavar="URL",
            help=_(
                "Central's address as phones reach it: the QR code opens the card's page. Without it, the QR code"
                " carries what the bars carry: scanners read both, phones find no page."
            ),
            show_default=False,
        ),
    ] = None,
    loopback: Annotated[
        bool, typer.Option("--allow-loopback", help=_("Take a --base-url that only this machine can open."))
    ] = False,
    owner: Annotated[
        str, typer.Option("--owner", help=_("“If found, give to”: on the back, and where a layout has room."))
    ] = "",
    url: Central = None,
    token: Token = "",
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Draw cards from a CSV file, or copies of central's."""
    if codes and file is None:
        from ekanban_central.settings import load
        from ekanban_cli import cards_copied

        cards_copied.no_files(codes)
        cards_copied.only_of_files({"--rules": rules, "--base-url": base_url, "--owner": owner,
                                    "--allow-loopback": loopback})  # fmt: skip
        asked = cards_copied.Asked(codes, to, dpi, layout, sheet, skip, duplex, url or load(config).base_url, token)
        cards_copied.run(asked, as_json)
        return
    from ekanban_cli.cards_paper import paper
    from ekanban_cli.cards_render import Wish, run

    chosen = paper(to, dpi=dpi, layout=layout, rules=rules, sheet=sheet, skip=skip, duplex=duplex)
    run(Wish(tuple(codes or ()), file, chosen, base_url, loopback, owner), as_json)


@app.command(
    "print",
    help=_(
        "Print cards through the running central: each gets a new print, and its older ones are worthless as soon as"
        " that is out. Waits until the printer has said what came out."
    ),
    epilog=example("ekanban cards print 7K3Q-M9X2-01CF --printer Office --reason damaged"),
)
def print_cards(
    codes: Annotated[list[str], typer.Argument(metavar="CODE…", help=_("What stands on the cards."))],
    printer: Annotated[
        str | None,
        typer.Option("--printer", metavar="NAME", help=_("Where to, if there are several."), show_default=False),
    ] = None,
    reason: Annotated[
        PrintReason, typer.Option("--reason", help=_("Why. A card reported lost is in use again by “lost”."))
    ] = PrintReason.AGAIN,
    layout: Annotated[
        str | None, typer.Option("--layout", help=_("A layout's name; else chosen by rule."), show_default=False)
    ] = None,
    sheet: SheetName = None,
    skip: Skip = 0,
    url: Central = None,
    token: Token = "",
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Print cards."""
    from ekanban_central.settings import load
    from ekanban_cli.cards_print import Wanted, run

    run(Wanted(codes, printer, layout, sheet, skip, reason, url or load(config).base_url, token), as_json)


@app.command(
    "command-cards",
    help=_("Draw the command cards: what the next scan means (empty, receive, lookup, undo …)."),
    epilog=example("ekanban cards command-cards --to commands.pdf --sheet a4-a7"),
)
def command_cards(
    to: To = Path("commands.pdf"), dpi: Dpi = 203, sheet: SheetName = None, skip: Skip = 0, as_json: Json = False
) -> None:
    """Draw command cards."""
    from ekanban_cli.cards_commands import command_cards as run

    run(to, dpi, sheet, skip, as_json)


@app.command(
    "self-test",
    help=_("Draw a sheet of codes by which you see whether a scanner reads all that cards need."),
    epilog=example("ekanban cards self-test --to scanner-test.pdf", "ekanban cards self-test --paper letter"),
)
def self_test(
    to: To = Path("scanner-test.pdf"),
    paper: Annotated[str, typer.Option("--paper", help=_("a4 or letter."))] = "a4",
    dpi: Dpi = 300,
    as_json: Json = False,
) -> None:
    """Draw the self-test sheet."""
    from ekanban_cli.cards_commands import self_test as run

    run(to, dpi, paper, as_json)


@app.command(help=_("List the layouts and sheets there are."), epilog=example("ekanban cards layouts"))
def layouts(as_json: Json = False) -> None:
    """List layouts and sheets."""
    from ekanban_labels import layout_file, sheet

    names, sheets = layout_file.names_for_cards(), sheet.names_for_cards()
    found, grids = [layout_file.named(name) for name in names], [sheet.named(name) for name in sheets]
    width = max(map(len, names + sheets))

    def row(name: str, title: str) -> str:
        return f"  {name:{width}}  {title}"

    lines = [
        _("Layouts (--layout):"), *(row(one.name, _(one.title)) for one in found),
        _("Sheets (--sheet):"), *(row(one.name, _(one.title)) for one in grids),
    ]  # fmt: skip
    sides = {one.name: 2 if one.back else 1 for one in found}
    data = {
        "layouts": [
            {"name": one.name, "title": one.title, "width": one.width, "height": one.height, "sides": sides[one.name]}
            for one in found
        ],
        "sheets": [{"name": one.name, "title": one.title, "cards": one.count} for one in grids],
    }
    say("\n".join(lines), data, as_json)
