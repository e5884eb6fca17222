"""The gateway with pages of up to 1,000 rows, which no setting of it allows: to see how its time grows with them."""

import sys

from benchmarks.stubbed.answers import BATCHES
from cli.main import main
from gateway import windows

if __name__ == "__main__":
    vars(windows).update(MAX_LIMIT=BATCHES)
    sys.exit(main(["serve", "gateway", "--with-parent"]))
