"""Code samples that make a call, ready to copy: curl, Python with requests, JavaScript with fetch."""

import json
import re
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from gateway.dialects.error_bodies import dialect_of
from gateway.operation import Operation

LANGUAGES = {"curl": "Shell", "Python": "Python", "JavaScript": "JavaScript"}
SESSION_VARIABLE, CSRF_VARIABLE = "WOKFLOW_SESSION", "WOKFLOW_CSRF"
ADMIN_VARIABLE = "WOKFLOW_ADMIN_KEY"
KEY_VARIABLES = {"wowflow": "WOWFLOW_KEY", "wokgen": "WOKGEN_KEY", "openai": "WOWFLOW_KEY", "replicate": "WOWFLOW_KEY"}
# Every sample fails on an error, and prints its code, its message and the request's id.
PYTHON_CHECK = """\
if not r.ok:
    raise SystemExit(f"{r.status_code}: {r.text} (request {r.headers['X-Request-Id']})")"""
JAVASCRIPT_CHECK = """\
if (!r.ok) throw new Error(`${r.status}: ${await r.text()} (request ${r.headers.get("x-request-id")})`);"""
CURL_REQUEST_ID = r"  -w '%{stderr}request %header{x-request-id}\n'"
PYTHON_WORDS = {"true": "True", "false": "False", "null": "None"}


class SampleRequest(Struct, frozen=True, kw_only=True):
    """The request that an operation's samples send."""

    method: str
    url: str
    credentials: tuple[tuple[str, str, str], ...]  # headers: name, beginning of the value, variable with its end
    body: str  # JSON on several lines; empty if there is none
    response: str  # json, text, bytes or none
    timeout_s: int


def samples(operation: Operation) -> list[dict[str, str]]:
    """Return the value of `x-codeSamples`, an extension that other readers of OpenAPI know too."""
    request = _request(operation)
    written = {"curl": _curl(request), "Python": _python(request), "JavaScript": _javascript(request)}
    return [
        {"lang": LANGUAGES[label], "label": label, "source": source}
        for label, source in (written | dict(operation.samples)).items()
    ]


def _request(operation: Operation) -> SampleRequest:
    shown = [parameter for parameter in operation.parameters if parameter.example is not None]
    path = operation.path
    for parameter in shown:
        path = path.replace(f"{{{parameter.name}}}", quote(str(parameter.example), safe="/"))
    query = urlencode({parameter.name: parameter.example for parameter in shown if parameter.place == "query"})
    first = next(iter(operation.bodies.values()), None)
    media_type = operation.responses[0].media_type
    response = {"": "none", "application/json": "json"}.get(
        media_type, "text" if media_type.startswith("text/") else "bytes"
    )
    return SampleRequest(
        method=operation.method.upper(),
        url="{base_url}" + path + (f"?{query}" if query else ""),
        credentials=_credentials(operation),
        body=json.dumps(msgspec.to_builtins(first), indent=2) if first is not None else "",
        response=response,
        timeout_s=operation.timeout_s,
    )


def _credentials(operation: Operation) -> tuple[tuple[str, str, str], ...]:
    if operation.access == "session":
        cookie = ("Cookie", "wokflow-session=", SESSION_VARIABLE)
        return (cookie,) if operation.method == "get" else (cookie, ("X-CSRF-Token", "", CSRF_VARIABLE))
    if operation.access == "open":
        return ()
    key = ADMIN_VARIABLE if operation.access == "admin" else KEY_VARIABLES[dialect_of(operation.path)]
    return (("Authorization", "Bearer ", key),)


def _curl(request: SampleRequest) -> str:
    implied = "POST" if request.body else "GET"
    failing = "--fail" if request.response == "bytes" else "--fail-with-body"
    lines = [f'curl {failing} {"" if request.method == implied else f"-X {request.method} "}"{request.url}"']
    lines += [f'  -H "{name}: {begin}${variable}"' for name, begin, variable in request.credentials]
    if request.body:
        quoted = request.body.replace("'", r"'\''").replace("\n", "\n  ")
        lines += ['  -H "Content-Type: application/json"', f"  -d '{quoted}'"]
    if request.response == "bytes":
        lines.append("  -O")
    lines.append(CURL_REQUEST_ID)
    return " \\\n".join(lines)


def _python(request: SampleRequest) -> str:
    lines = [f'    "{request.url}",']
    if request.credentials:
        given = [f"""\"{name}\": f\"{begin}{{os.environ['{key}']}}\"""" for name, begin, key in request.credentials]
        lines.append(f"    headers={{{', '.join(given)}}},")
    if request.body:
        literal = re.sub(
            r"\b(true|false|null)(?=,?$)", lambda word: PYTHON_WORDS[word[1]], request.body, flags=re.MULTILINE
        )
        indented = literal.replace("\n  ", "\n        ").replace("\n}", "\n    }")
        lines.append(f"    json={indented},")
    shown = {"json": "r.json()", "text": "r.text", "bytes": 'len(r.content), "bytes"', "none": "r.status_code"}
    imports = "import os\n\nimport requests\n\n" if request.credentials else "import requests\n\n"
    arguments = "\n".join([*lines, f"    timeout={request.timeout_s},"])
    made = f"r = requests.{request.method.lower()}(\n{arguments}\n)"
    return f"{imports}{made}\n{PYTHON_CHECK}\nprint({shown[request.response]})"


def _javascript(request: SampleRequest) -> str:
    names = {name: name if name.isalpha() else f'"{name}"' for name, _, _ in request.credentials}
    headers = [f"    {names[name]}: `{begin}${{process.env.{key}}}`," for name, begin, key in request.credentials]
    options = [f'  method: "{request.method}",'] if request.method != "GET" else []
    if request.body:
        headers.append('    "Content-Type": "application/json",')
    if headers:
        options += ["  headers: {", *headers, "  },"]
    if request.body:
        options.append("  body: JSON.stringify({}),".replace("{}", request.body.replace("\n", "\n  ")))
    shown = {
        "json": "await r.json()",
        "text": "await r.text()",
        "bytes": "(await r.arrayBuffer()).byteLength",
        "none": "r.status",
    }
    inner = ", {\n" + "\n".join(options) + "\n}" if options else ""
    return (
        f'const r = await fetch("{request.url}"{inner});\n{JAVASCRIPT_CHECK}\nconsole.log({shown[request.response]});'
    )
