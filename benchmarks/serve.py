"""One of those that stand beside the services, named by the argument, until SIGTERM or the end of its input."""

import signal
import sys

import uvicorn

from benchmarks import bff, plain
from benchmarks.floor import Floor
from benchmarks.processes import end_with_parent
from benchmarks.settings import PeerSettings
from benchmarks.sink import Sink


def main(name: str) -> None:
    end_with_parent(signal.SIGTERM)
    settings = PeerSettings()
    match name:
        case "bff":
            # As uvicorn comes, with its line of log for each request.
            uvicorn.run(bff.create_app(settings), port=settings.port)
        case "plain":
            uvicorn.run(plain.create_app(settings), port=settings.port)
        case "floor":
            _run_bare(Floor(settings), settings.port)
        case _:
            _run_bare(Sink(), settings.port)


def _run_bare(app: Floor | Sink, port: int) -> None:
    uvicorn.run(app, port=port, lifespan="off", log_level="warning", access_log=False)


if __name__ == "__main__":
    main(sys.argv[1])
