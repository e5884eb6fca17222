"""The `teacher-graph` command."""

# ruff: noqa: C901, PLC0415, PLR0911
# A command is imported when it is called: minting a token needs none of the services. One return for each.

import sys
from argparse import Namespace
from collections.abc import Sequence

from cli.arguments import parse
from cli.errors import CommandError
from cli.terminal import complain


def main(argv: Sequence[str] | None = None) -> int:
    arguments = parse(argv)
    try:
        return _call(arguments)
    except CommandError as error:
        complain(str(error))
        return error.status
    except OSError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


def _call(arguments: Namespace) -> int:
    match arguments.command:
        case "run":
            from cli.run import run

            return run(still=arguments.still)
        case "serve":
            from cli.serve import serve

            return serve(arguments.service, with_parent=arguments.with_parent)
        case "migrate":
            from cli.migrate import migrate

            return migrate(arguments.database)
        case "seed":
            from cli.seed import seed

            return seed(teachers=arguments.teachers, batches=arguments.batches, essays=arguments.essays)
        case "simulate":
            from cli.simulate import simulate

            return simulate(batches=arguments.batches, speed=arguments.speed, teacher=arguments.teacher)
        case "token":
            from cli.token import token

            return token(arguments.teacher, hours=arguments.hours)
        case "events":
            from cli.events import events

            return events(arguments)
        case "errors":
            from cli.catalogue import errors

            return errors()
        case "plan":
            from cli.plan import plan

            return plan(arguments.file, operation=arguments.operation, variables=arguments.variables)
        case _:
            from cli.schema import schema

            return schema(check=arguments.check, changes=arguments.changes, base=arguments.base)


if __name__ == "__main__":
    sys.exit(main())
