"""`python -m destination_kit.cli` is `dkit`."""

import sys

from destination_kit.cli import main

sys.exit(main())
