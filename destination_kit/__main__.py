"""`python -m destination_kit` runs `dkit`."""

import sys

from destination_kit.cli import main

sys.exit(main())
