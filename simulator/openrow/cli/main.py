"""The command ``openrow``: finds the verb, runs it, and turns a user's mistake into one message and a status.

The exit status is 0 for success, 2 for a mistake in what was given, 130 after Ctrl-C, and 1, in silence,
where nobody reads the output any more.
"""

import importlib
import os
import sys
from collections.abc import Sequence

import click

import openrow
from openrow.cli.verbs import VERBS
from openrow.errors import UserError

USER_MISTAKE = 2
INTERRUPTED = 130
BROKEN_PIPE = 1

# The packages that know nothing of openrow raise their own errors, known here by name to save the import.
FOREIGN_USER_ERRORS = {("openrow_traces.errors", "TraceError"), ("openrow_kernels.errors", "KernelError")}

EXTRA_OF_MODULE = {
    "matplotlib": "plot",
    "skimage": "data",
    "sklearn": "studies",
    "optuna": "search",
    "distributed": "cluster",
    "dask_jobqueue": "cluster",
}
"""Modules that come only with an extra of the distribution."""


class _Verbs(click.Group):
    """A group that imports a verb only when it runs."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(VERBS[cmd_name].module).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in VERBS:
            raise click.UsageError(_no_such_verb(name), ctx)
        return name, self.get_command(ctx, name), args[1:]

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, verb.help) for name, verb in VERBS.items()])


def _no_such_verb(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, VERBS, n=1)
    hint = f"the nearest is '{near[0]}'" if near else f"there are {', '.join(VERBS)}"
    return f"There is no verb '{name}'; {hint}."


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(openrow.__version__, prog_name="openrow")
def command() -> None:
    """From what a kernel computes to DRAM rows, time and energy.

    An architecture is a path or a name below arch_configs, such as memory/ddr4-2400; key=value overrides any
    field of it by its dotted path. 'openrow VERB --help' explains a verb.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        What follows ``openrow``; those of the process if none.

    Returns
    -------
    int
        The exit status. Whatever was wrong has been said on stderr.
    """
    try:
        status = command.main(args=arguments, prog_name="openrow", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _say("Interrupted.", INTERRUPTED)
    except BrokenPipeError:
        return _hush()
    except UserError as error:
        return _say(f"Error: {error.report()}", USER_MISTAKE)
    except OSError as error:
        return _say(f"Error: {_said_of(error)}", USER_MISTAKE)
    except ModuleNotFoundError as error:
        return _say(f"Error: {_missing_extra(error)}", USER_MISTAKE)
    except ValueError as error:
        if not _is_foreign_user_error(error):
            raise
        return _say(f"Error: {error}", USER_MISTAKE)
    return status if isinstance(status, int) else 0


def _say(text: str, status: int) -> int:
    click.echo(text, err=True)
    return status


def _hush() -> int:
    """Let nobody write to a closed pipe again, not even the interpreter as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def _said_of(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename is not None else reason


def _missing_extra(error: ModuleNotFoundError) -> str:
    extra = EXTRA_OF_MODULE.get((error.name or "").partition(".")[0])
    if extra is None:
        raise error
    return f"this needs {error.name}, which comes with: pip install 'openrow[{extra}]'"


def _is_foreign_user_error(error: ValueError) -> bool:
    return any((cls.__module__, cls.__qualname__) in FOREIGN_USER_ERRORS for cls in type(error).__mro__)
