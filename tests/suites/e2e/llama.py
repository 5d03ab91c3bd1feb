"""llama.cpp's HTTP server with a small model, which speaks OpenAI's API: `python -m tests.suites.e2e.llama <port>`."""

import signal
import sys

import xllamacpp

from offline.language.model import weights_path

CONTEXT_TOKENS = 640  # prompt and output; bounds an endless output to a few seconds
SEED = 7  # for requests without a seed


def serve(port: int) -> None:
    """Serve on loopback until a signal."""
    params = xllamacpp.CommonParams()
    params.model.path = str(weights_path())
    params.hostnames, params.port = ["127.0.0.1"], port
    params.n_ctx, params.n_parallel, params.sampling.seed = CONTEXT_TOKENS, 1, SEED
    params.ui = params.warmup = params.fit_params = False
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads, cpu.poll = 1, 0
    server = xllamacpp.Server(params)
    print(f"llama.cpp listens on {server.listening_address}", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    serve(int(sys.argv[1]))
