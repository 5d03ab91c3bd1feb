"""Print the gateway's OpenAPI document, made from its types without a server: `python3 openapi.py > openapi.json`."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from gateway.openapi.document import document  # noqa: E402 - needs the line above
from shared.ops import catalogue_files  # noqa: E402

if __name__ == "__main__":
    catalogue = catalogue_files.load(str(ROOT / "deploy/catalogue.toml"))
    json.dump(document(catalogue, "http://127.0.0.1:8080"), sys.stdout)
