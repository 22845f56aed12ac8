"""What the app's process tells the harness: a line of JSON on its standard output for everything it acknowledges."""

from __future__ import annotations

import json
import os
import time
from typing import Any


def tell(what: str, **facts: Any) -> None:
    """Say that this is so from now on. It is with the harness when this returns, whatever becomes of the process."""
    line = json.dumps({"what": what, "at": time.monotonic(), **facts}) + "\n"
    os.write(1, line.encode())
