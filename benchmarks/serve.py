"""One of those that stand beside the gateway, named by the argument, until SIGTERM or the end of its input."""

import signal
import sys

import uvicorn

from benchmarks.bff import create_app
from benchmarks.floor import Floor
from benchmarks.processes import end_with_parent
from benchmarks.settings import PeerSettings


def main(name: str) -> None:
    end_with_parent(signal.SIGTERM)
    settings = PeerSettings()
    if name == "bff":
        # As uvicorn comes, with its line of log for each request.
        uvicorn.run(create_app(settings), port=settings.port)
    else:
        uvicorn.run(Floor(settings), port=settings.port, lifespan="off", log_level="warning", access_log=False)


if __name__ == "__main__":
    main(sys.argv[1])
