"""What lies in an inbound folder now, so that what has come or changed is known."""

from __future__ import annotations

from etl.endpoints.files.folder import open_folder
from etl.endpoints.files.listing import match_names
from etl.endpoints.files.location import Location
from etl.endpoints.files.picking import delivered_among
from etl.endpoints.files.rejects import reason
from etl.errors import EndpointError
from etl.mapping.files import FilesEndpoint


def present_files(location: Location, endpoint: FilesEndpoint) -> frozenset[int]:
    """Return a number for each file that would be read, another one once it has changed.

    Raises:
        EndpointError: when the folder cannot be looked at.

    """
    folder = open_folder(location)
    try:
        names = match_names(delivered_among(endpoint)(folder.names()), endpoint.inbound, list).matching
    except OSError as error:
        raise EndpointError(f"the inbound folder {folder} cannot be looked at: {reason(error)}") from None
    return frozenset(hash((name, mark)) for name in names if (mark := folder.mark(name)) is not None)
