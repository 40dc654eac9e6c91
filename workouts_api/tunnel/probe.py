"""The end-to-end probe: does PostgreSQL answer at the far end, through everything that lies between?

It goes through the near end as the application does. paramiko's keepalive asks for no reply, and libpq's see only the
local socket, so that nothing else notices a path that swallows packets or a bastion that has stopped.
"""

from __future__ import annotations

import struct
from typing import Literal

from .near_end import NearEnd

SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # PostgreSQL's protocol, "SSLRequest": answered before any sign-in

Answer = Literal["answered", "refused", "silent", "strange"]


def probe(near_end: NearEnd, allowed: float) -> Answer:
    """Asks PostgreSQL whether it speaks TLS; either answer proves the path.

    ``refused``: the connection was ended at once, so that the bastion at least is alive; ``silent``: nothing came for
    ``allowed`` seconds; ``strange``: something answers that is not PostgreSQL.
    """
    try:
        with near_end.connect(allowed) as connection:
            connection.sendall(SSL_REQUEST)
            answer = connection.recv(1)
    except TimeoutError:
        return "silent"
    except OSError:
        return "refused"
    if not answer:
        return "refused"
    return "answered" if answer in (b"S", b"N") else "strange"
