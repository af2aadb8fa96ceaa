"""Read by Jupyter programs in a user's server: a cell that runs counts as activity, also while it prints nothing.

The hub stops servers without activity. Jupyter notes when a kernel last said something, and a browser's page asks for
news all the time; but a cell that computes for hours, with the browser closed, says nothing.
"""

import sys
from datetime import UTC, datetime
from typing import Any

_server: Any = sys.modules.get("jupyter_server.serverapp")
if _server is not None:  # other programs have not loaded it, and have no kernels
    _application = _server.ServerWebApplication
    _last_activity = _application.last_activity

    def _last_activity_or_now(self: Any) -> datetime:
        kernels = self.settings["kernel_manager"]
        states = (getattr(kernels.get_kernel(id), "execution_state", None) for id in kernels.list_kernel_ids())
        known: datetime = _last_activity(self)
        return datetime.now(UTC) if "busy" in states else known

    _application.last_activity = _last_activity_or_now
