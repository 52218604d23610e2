"The program itself: its name, its version, and how it ends when something goes wrong."

import sys
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import entable
from entable.cli.say import complain
from entable.cli.spelt import spelt
from entable.errors import EntableError

UsageError: Any = typer.BadParameter.__mro__[1]  # of the Click that this Typer stands on
INTERRUPTED = 130  # what a shell expects of a program that was stopped by Ctrl-C


def _usage(error: Any) -> str:
    "What is wrong with what was typed, in a sentence with the way out."
    text = error.format_message().rstrip(".")
    page = error.ctx.command_path if error.ctx is not None else "entable"
    return f"{text[:1].lower()}{text[1:]} ({page} -h says what there is)"


class Guarded(TyperGroup):
    "Commands whose errors end in one line on stderr: exit code 2, or 130 after Ctrl-C."

    def invoke(self, ctx: Any) -> Any:
        "Run the command that was asked for."
        try:
            return super().invoke(ctx)
        except UsageError as error:
            if type(error).show is not UsageError.show:
                raise  # it shows the help page
            complain(_usage(error))
        except EntableError as error:
            asked = self.get_command(ctx, ctx.invoked_subcommand or "")
            complain(spelt(str(error), asked))
        except BrokenPipeError:
            raise  # the reader of a pipe has seen enough; Typer ends quietly
        except OSError as error:
            complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        except MemoryError:
            complain("there is not enough memory for this; fewer factors need less")
        except KeyboardInterrupt:
            complain("interrupted; nothing was written")
            raise typer.Exit(INTERRUPTED) from None
        raise typer.Exit(2)


app = typer.Typer(
    cls=Guarded,
    name="entable",
    help="Learn embeddings from ratings and other tables, and use them by name.",
    no_args_is_help=True,
    rich_markup_mode=None,  # a help page in plain text is there in half the time
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"entable {entable.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="say it and end")
    ] = False,
) -> None:
    "Learn embeddings from ratings and other tables, and use them by name."


def main() -> None:
    "Run the program `entable` on the arguments of the process."
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a title is worth a question mark, no traceback
    app(prog_name="entable")
