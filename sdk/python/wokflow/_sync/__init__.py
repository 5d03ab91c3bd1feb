"""The synchronous client, generated from the asynchronous one by sdk/scripts/python_sync.py."""
