"""Ends a process whose supervisor has died, so that no part runs on alone."""

import os
import threading
import time


def exit_with_parent() -> None:
    """Watch the process named by WILLCALL_SUPERVISOR_PID, if any, from a daemon thread."""
    supervisor = os.environ.get("WILLCALL_SUPERVISOR_PID", "")
    if supervisor.isdigit():
        threading.Thread(target=_watch, args=(int(supervisor),), daemon=True).start()


def _watch(pid: int) -> None:
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            os._exit(1)
        except PermissionError:
            pass  # it exists and belongs to someone else
        time.sleep(1)
