"""The version, which is the gateway's."""

VERSION = "2.1.0"
