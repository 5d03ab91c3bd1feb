"""Code that makes a call, ready to be copied: curl, Python with requests, JavaScript with fetch."""

import json
import re
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from gateway.dialects.shape import dialect_of
from gateway.openapi.operation import Operation

LANGUAGES = {"curl": "Shell", "Python": "Python", "JavaScript": "JavaScript"}
ADMIN_VARIABLE = "WOKFLOW_ADMIN_KEY"
KEY_VARIABLES = {"wowflow": "WOWFLOW_KEY", "wokgen": "WOKGEN_KEY"}
PYTHON_WORDS = {"true": "True", "false": "False", "null": "None"}


class Call(Struct, frozen=True, kw_only=True):
    """What the samples of an operation have to do."""

    method: str
    url: str
    key: str  # the environment variable with the API key; empty: none is needed
    body: str  # JSON on several lines; empty: none
    answer: str  # json, text, bytes or none
    timeout_s: int


def samples(operation: Operation, base_url: str) -> list[dict[str, str]]:
    """The value of `x-codeSamples`, an extension that other readers of OpenAPI know too."""
    call = _call(operation, base_url)
    written = {"curl": _curl(call), "Python": _python(call), "JavaScript": _javascript(call)}
    given = {label: text.replace("{base_url}", base_url) for label, text in operation.samples.items()}
    return [{"lang": LANGUAGES[label], "label": label, "source": source} for label, source in (written | given).items()]


def _call(operation: Operation, base_url: str) -> Call:
    shown = [parameter for parameter in operation.parameters if parameter.example is not None]
    path = operation.path
    for parameter in shown:
        path = path.replace(f"{{{parameter.name}}}", quote(str(parameter.example), safe="/"))
    query = urlencode({parameter.name: parameter.example for parameter in shown if parameter.place == "query"})
    first = next(iter(operation.bodies.values()), None)
    media_type = operation.answers[0].media_type
    answer = {"": "none", "application/json": "json"}.get(
        media_type, "text" if media_type.startswith("text/") else "bytes"
    )
    return Call(
        method=operation.method.upper(),
        url=base_url + path + (f"?{query}" if query else ""),
        key=_key(operation),
        body=json.dumps(msgspec.to_builtins(first), indent=2) if first is not None else "",
        answer=answer,
        timeout_s=operation.timeout_s,
    )


def _key(operation: Operation) -> str:
    if operation.access == "admin":
        return ADMIN_VARIABLE
    return KEY_VARIABLES[dialect_of(operation.path)] if operation.access != "open" else ""


def _curl(call: Call) -> str:
    implied = "POST" if call.body else "GET"
    lines = [f'curl {"" if call.method == implied else f"-X {call.method} "}"{call.url}"']
    if call.key:
        lines.append(f'  -H "Authorization: Bearer ${call.key}"')
    if call.body:
        quoted = call.body.replace("'", r"'\''").replace("\n", "\n  ")
        lines += ['  -H "Content-Type: application/json"', f"  -d '{quoted}'"]
    if call.answer == "bytes":
        lines.append("  -O")
    return " \\\n".join(lines)


def _python(call: Call) -> str:
    lines = [f'    "{call.url}",']
    if call.key:
        lines.append(f"""    headers={{"Authorization": f"Bearer {{os.environ['{call.key}']}}"}},""")
    if call.body:
        literal = re.sub(
            r"\b(true|false|null)(?=,?$)", lambda word: PYTHON_WORDS[word[1]], call.body, flags=re.MULTILINE
        )
        indented = literal.replace("\n  ", "\n        ").replace("\n}", "\n    }")
        lines.append(f"    json={indented},")
    shown = {"json": "r.json()", "text": "r.text", "bytes": 'len(r.content), "bytes"', "none": "r.status_code"}
    imports = "import os\n\nimport requests\n\n" if call.key else "import requests\n\n"
    arguments = "\n".join([*lines, f"    timeout={call.timeout_s},"])
    made = f"r = requests.{call.method.lower()}(\n{arguments}\n)"
    return f"{imports}{made}\nr.raise_for_status()\nprint({shown[call.answer]})"


def _javascript(call: Call) -> str:
    headers = [f"    Authorization: `Bearer ${{process.env.{call.key}}}`,"] if call.key else []
    options = [f'  method: "{call.method}",'] if call.method != "GET" else []
    if call.body:
        headers.append('    "Content-Type": "application/json",')
    if headers:
        options += ["  headers: {", *headers, "  },"]
    if call.body:
        options.append("  body: JSON.stringify({}),".replace("{}", call.body.replace("\n", "\n  ")))
    shown = {
        "json": "await r.json()",
        "text": "await r.text()",
        "bytes": "(await r.arrayBuffer()).byteLength",
        "none": "r.status",
    }
    inner = ", {\n" + "\n".join(options) + "\n}" if options else ""
    return f'const r = await fetch("{call.url}"{inner});\nconsole.log({shown[call.answer]});'
