"""Short names of contents."""

import hashlib


def digest(*parts):
    """Return a short name of texts or bytes, a different one for different parts."""
    content = hashlib.sha256()
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        content.update(len(part).to_bytes(8, "big") + part)
    return content.hexdigest()[:16]
