"""Names that are file names too: slugs of destinations and actions, names of fields and presets.

`dkit schemas` and build steps of UI teams make files of them. A name that is refused here could
write elsewhere, replace another file, or be no file on some systems.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from unicodedata import normalize

# A document adds up to 22 characters to a slug, and most file systems allow 255 bytes.
MAX_LENGTH = 100
_FORBIDDEN = frozenset('/\\:*?"<>|')
# Windows takes these for devices, with any extension
# (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)


def describe_unsafe_name(name: object) -> str | None:
    """Return why a name is no file name on every system; None for one that is."""
    if not isinstance(name, str):
        return f"a name is a text, not {name!r:.40}"
    if not name or len(name.encode(errors="replace")) > MAX_LENGTH:
        return f"a name has 1 to {MAX_LENGTH} characters"
    if not name.isprintable():
        return "a name has printable characters only, no control characters"
    # Some systems and archives replace letters by plain ones: a slash of full width by a slash.
    name = normalize("NFKC", name)
    if found := sorted(_FORBIDDEN.intersection(name)):
        return f"a name must not have {' '.join(found)}, since it becomes a file name"
    if name[0] in "-. " or name[-1] in ". ":
        return "a name must not begin with a hyphen, dot or blank, nor end with a dot or blank"
    if is_device(name):
        return "Windows takes this name for a device"
    return None


def is_device(name: str) -> bool:
    """Return whether Windows takes a file of this name, with any extension, for a device."""
    return _DEVICE.fullmatch(name.partition(".")[0].rstrip()) is not None


def find_collisions(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (name, earlier name) that are one file on many disks: only case or form differs."""
    seen: dict[str, str] = {}
    for name in names:
        earlier = seen.setdefault(normalize("NFKC", name).casefold(), name)
        if earlier != name:
            yield name, earlier
