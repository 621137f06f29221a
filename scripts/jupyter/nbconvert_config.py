"""Makes `jupyter nbconvert --execute` fail unless the kernel executed every cell, and tell what happens, a line of JSON an event, on file descriptor 3."""

import json
import os
import queue
import time

import nbformat
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbconvert.preprocessors import ExecutePreprocessor

# Not stderr: the kernel writes there as well.
events = os.fdopen(3, "w", encoding="utf-8", buffering=1)

# Seconds that a kernel may refuse a cell after an error; tslab does so for 0.2.
PATIENCE = 10

# Seconds without an output after which a cell of Deno's kernel is done: it says so before the last outputs have been sent.
LATENESS = 0.1


def tell(**event):
    events.write(json.dumps(event) + "\n")


class NotExecuted(Exception):
    """The kernel answered a cell without having executed it."""


class CheckedExecution(ExecutePreprocessor):
    """Executes a notebook, and raises where the kernel didn't execute one of its cells."""

    def preprocess(self, nb, resources=None, km=None):
        self.reply = None
        self.on_cell_executed = self.keep_reply
        self.told = False
        try:
            # nbconvert would refuse it after the run.
            nbformat.validate(nb, relax_add_props=True)
            return super().preprocess(nb, resources, km)
        except nbformat.ValidationError as error:
            tell(kind="stopped", error=f"The notebook isn't valid: {str(error).splitlines()[0][:300]}")
            raise
        except Exception as error:
            if not self.told:
                tell(kind="stopped", error=f"{type(error).__name__}: {error}")
            raise

    def keep_reply(self, execute_reply, **_):
        self.reply = execute_reply["content"]
        self.request = execute_reply["parent_header"]["msg_id"]

    def take_late_outputs(self, cell, index):
        while True:
            try:
                message = run_sync(self.kc.get_iopub_msg)(timeout=LATENESS)
            except queue.Empty:
                return
            if message["parent_header"].get("msg_id") == self.request:
                self.process_message(message, cell, index)

    def preprocess_cell(self, cell, resources, index):
        tell(kind="cell", index=index)
        try:
            return self.execute_checked(cell, resources, index)
        except DeadKernelError:
            self.fail(cell, index, "The kernel ended while it executed this cell.")
            raise
        except CellTimeoutError:
            self.fail(cell, index, "The kernel didn't say that it has sent all outputs of this cell.")
            raise
        except NotExecuted as error:
            self.fail(cell, index, str(error))
            raise
        except Exception:
            self.fail(cell, index, self.error_of(cell))
            raise

    def execute_checked(self, cell, resources, index):
        deadline = time.monotonic() + PATIENCE
        while True:
            self.reply = None
            cell, resources = super().preprocess_cell(cell, resources, index)
            if self.reply is None:
                # A text, an empty cell, or one tagged skip-execution.
                if cell.cell_type == "code" and cell.source.strip():
                    tell(kind="skipped", index=index)
                return cell, resources
            status = self.reply.get("status")
            # After an error a kernel aborts what it has been sent meanwhile. It hasn't executed it, so the cell can be sent again.
            if status not in ("abort", "aborted") or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        count = self.reply.get("execution_count")
        if status not in ("ok", "error") or count is None:
            raise NotExecuted(f"The kernel didn't execute this cell; its answer has the status {status!r}.")
        if self.kernel_name == "deno":
            self.take_late_outputs(cell, index)
        # tslab tells the count in its answer alone, where nbclient doesn't look.
        cell["execution_count"] = count
        return cell, resources

    def fail(self, cell, index, error):
        self.told = True
        tell(kind="failure", index=index, source=cell["source"], error=error)

    def error_of(self, cell):
        outputs = cell.get("outputs", [])
        texts = [o.get("text") or "\n".join(o.get("traceback", [])) for o in outputs]
        errors = [t for o, t in zip(outputs, texts) if o["output_type"] == "error" or o.get("name") == "stderr"]
        reply = self.reply or {}
        return "\n".join(errors) or f"{reply.get('ename', 'Error')}: {reply.get('evalue', 'without a message')}"


c = get_config()  # noqa: F821, given by nbconvert
c.NotebookExporter.default_preprocessors = []
c.NotebookExporter.preprocessors = [CheckedExecution]
# A cell may train for hours.
c.CheckedExecution.timeout = -1
# A kernel that doesn't say that a cell has ended has lost outputs: an error, not a warning.
c.CheckedExecution.raise_on_iopub_timeout = True
c.CheckedExecution.iopub_timeout = 30
