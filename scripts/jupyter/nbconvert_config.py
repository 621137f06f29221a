"""Makes `jupyter nbconvert --execute` tell which cell it is at, and which one failed, on lines that start with `@@`."""

import json
import sys


def tell(**event):
    print("@@" + json.dumps(event), file=sys.stderr, flush=True)


def started(cell, cell_index):
    tell(kind="cell", index=cell_index)


def failed(cell, cell_index, execute_reply):
    content = execute_reply["content"]
    texts = [o.get("text") or "\n".join(o.get("traceback", [])) for o in cell.get("outputs", [])]
    errors = [t for o, t in zip(cell.get("outputs", []), texts) if o["output_type"] == "error" or o.get("name") == "stderr"]
    tell(
        kind="failure",
        index=cell_index,
        source=cell["source"],
        error="\n".join(errors) or f"{content.get('ename', '')}: {content.get('evalue', '')}",
    )


c = get_config()  # noqa: F821, given by nbconvert
c.ExecutePreprocessor.on_cell_start = started
c.ExecutePreprocessor.on_cell_error = failed
# A cell may train for hours.
c.ExecutePreprocessor.timeout = -1
# A kernel that doesn't say that a cell has ended has lost outputs: an error, not a warning.
c.ExecutePreprocessor.raise_on_iopub_timeout = True
c.ExecutePreprocessor.iopub_timeout = 30
