"""The `teacher-graph` command."""

# ruff: noqa: PLC0415, PLR0911
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

            return run()
        case "serve":
            from cli.serve import serve

            return serve(arguments.service, with_parent=arguments.with_parent)
        case "migrate":
            from cli.migrate import migrate

            return migrate(arguments.database)
        case "seed":
            from cli.seed import seed

            return seed(teachers=arguments.teachers, batches=arguments.batches, essays=arguments.essays)
        case "token":
            from cli.token import token

            return token(arguments.teacher, hours=arguments.hours)
        case "events":
            from cli.events import events

            return events(arguments)
        case _:
            from cli.schema import schema

            return schema(check=arguments.check)


if __name__ == "__main__":
    sys.exit(main())
