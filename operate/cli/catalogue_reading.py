"""The catalogue that a command works with."""

from operate.cli.command import Failure
from shared.domain.catalogue import Catalogue
from shared.domain.catalogue_file import CatalogueError
from shared.ops import catalogue_files


def read_catalogue(path: str) -> Catalogue:
    """Read a catalogue file and the files it includes. Raises Failure naming the line that is wrong."""
    try:
        found = catalogue_files.load(path)
        catalogue_files.compile_natives(found)
        return found
    except CatalogueError as error:
        raise Failure("bad_catalogue", f"{path}: {error}") from None
    except OSError as error:
        message = f"Cannot read {path} ({error.strerror}): give the path of a catalogue, or set CATALOGUE."
        raise Failure("no_catalogue", message) from None
