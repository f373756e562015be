"""A real chat-completions server on loopback: llama.cpp's own, serving the model of `tiny_gguf`.

It gets a process of its own because, started in this one, it takes SIGINT and SIGTERM away from Python for good:
Ctrl-C would no longer reach pytest.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.tiny_gguf import CONTEXT, write_tiny_gguf

LOOPBACK: Final = "127.0.0.1"

STARTUP_SECONDS: Final = 30.0
"""A limit, not a wait: 0.2 s is usual, but many xdist workers may start their servers on one core at once."""

SLOTS: Final = 4
"""How many choices a request may ask for with `n`, and how many requests are answered at once; the others queue."""

MOST_TOKENS: Final = 256
"""Where an answer ends if the request does not say: a test's own grammar may have no end."""


class RealServer:
    """The server, from construction until `stop`; also a context manager.

    `base_url` is `http://127.0.0.1:<a free port>/v1`. Whatever model a request names, the reply names `model`. All but
    `/health` and `/v1/models` wants `api_key`.
    """

    def __init__(self, *, api_key: str = "sk-samurai-loopback-0123456789abcdef", model: str = "tiny-samurai") -> None:
        self.api_key = api_key
        self.model = model
        with tempfile.TemporaryFile() as complaints:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.real_server", api_key, model],
                cwd=Path(__file__).parents[1],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                # Ctrl-C in a terminal goes to the whole group, and a fixture's teardown may still need its server.
                start_new_session=True,
            )
            address = self._first_line()
            if not address:
                self.stop()
                complaints.seek(0)
                raise RuntimeError(f"the model server did not start: {complaints.read().decode(errors='replace')}")
        self.base_url = f"{address}/v1"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server at once, whatever it is doing: connections are refused from now on.

        Calling it twice does no harm.
        """
        self._process.kill()
        self._process.communicate()  # `wait` would leave the pipes open, and pytest would complain

    def _first_line(self) -> str:
        """The address, once requests are taken there; `""` if the process died or took too long."""
        assert self._process.stdout is not None  # for mypy: it is a pipe
        watchdog = threading.Timer(STARTUP_SECONDS, self._process.kill)
        watchdog.start()
        try:
            return self._process.stdout.readline().strip()
        finally:
            watchdog.cancel()


def serve(api_key: str, model: str) -> None:
    """Write the address to standard output when ready, then serve until standard input ends.

    It ends when the parent does, however that comes about, so no run can leave servers behind.
    """
    server = _start_llama(api_key, model)
    asyncio.run(_serve_until_orphaned(int(server.listening_address.rpartition(":")[2])))


def _start_llama(api_key: str, model: str) -> Any:
    import xllamacpp  # 100 MB, which only this process should carry

    params = xllamacpp.CommonParams()
    params.hostnames = [LOOPBACK]
    params.port = 0
    params.api_keys = [api_key]
    params.model_alias = {model}
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT
    params.n_predict = MOST_TOKENS
    # `usage` would tell what an earlier request left in the cache: the same request should get the same numbers
    # wherever in a run it comes. (With `"cache_prompt": true` in its body a request can still ask for cached tokens.)
    params.cache_prompt = False
    params.cache_ram_mib = 0
    params.warmup = False
    params.fit_params = False
    params.verbosity = 1  # errors only
    # Read, not mapped: the file is deleted once it is loaded, so that there is nothing to clean up after a kill.
    params.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "tiny-samurai.gguf")
        write_tiny_gguf(path)
        params.model.path = str(path)
        return xllamacpp.Server(params)


async def _serve_until_orphaned(llama_port: int) -> None:
    door = await asyncio.start_server(partial(_forward, llama_port), LOOPBACK, 0)
    host, port = door.sockets[0].getsockname()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)  # an orderly end would wait for requests under way, and nobody is left to read the answers


async def _forward(llama_port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand a connection on to llama.cpp, made to carry one request only.

    After a stream llama.cpp closes the connection that it has just promised to keep alive. A client that is quick to
    use it again then gets "Server disconnected" instead of an answer, one time in fifty.
    """
    request_line = await reader.readline()
    llama_reader, llama_writer = await asyncio.open_connection(LOOPBACK, llama_port)
    llama_writer.write(request_line + b"Connection: close\r\n")
    await asyncio.gather(_pump(reader, llama_writer), _pump(llama_reader, writer), return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


if __name__ == "__main__":
    serve(*sys.argv[1:])
