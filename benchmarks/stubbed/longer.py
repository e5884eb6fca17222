"""The gateway with pages of up to 1,000 rows, to see how its time grows with them.

No setting of it allows them: CMS and RAS have the same limit, and would refuse what a larger one let through.
"""

import sys

from benchmarks.stubbed.answers import BATCHES
from cli.main import main
from gateway import windows

if __name__ == "__main__":
    vars(windows).update(MAX_LIMIT=BATCHES)
    sys.exit(main(["serve", "gateway", "--with-parent"]))
