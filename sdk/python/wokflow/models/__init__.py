"""The JSON of the API, as dataclasses."""
