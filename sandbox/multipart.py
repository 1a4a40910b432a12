"""Splits multipart/form-data bodies."""

from email.parser import BytesParser
from email.policy import HTTP

from sandbox.messages import Request


def parts_of(request: Request) -> dict[str, tuple[str, bytes]]:
    """Return the file name and the contents of every part, by its name."""
    lead = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(lead + request.body)
    found = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        payload = part.get_payload(decode=True)
        name = part.get_param("name", header="content-disposition")
        if isinstance(payload, bytes) and isinstance(name, str):
            found[name] = (part.get_filename() or "", payload)
    return found
