"""From the start of a kernel to the first output of a cell that imports `lib`, in seconds: the median of five, with the least and most.

    .resnet-notebooks/venv/bin/python bench/kernel.py
"""

import os
import statistics
import subprocess
import time

from jupyter_client.manager import KernelManager

CELL = "import { device } from '../lib';\nconsole.log(device().kind);"


def first_output() -> float:
    began = time.monotonic()
    manager = KernelManager(kernel_name="tslab")
    manager.start_kernel(stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    try:
        # Asked at once: the kernel answers when it is there.
        sent = client.execute(CELL)
        while True:
            message = client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") == sent and message["msg_type"] == "stream":
                return time.monotonic() - began
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(__file__), "..", "notebooks"))
    first_output()  # Leaves Node's compile cache, as the last kernel of a user has.
    times = [first_output() for _ in range(5)]
    print(f"{statistics.median(times):.1f} ({min(times):.1f}–{max(times):.1f})")
