"""The asynchronous client. The synchronous one is generated from it by sdk/scripts/python_sync.py."""
