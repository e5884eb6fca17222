"""What another site can make a browser send without asking first is not answered.

Such a request has no header but the simple ones: no `Authorization`, and of content types none that a POST is taken
with. So a bearer token cannot be borrowed by a page that does not have it. A proxy in front could change that, if it
makes the token from a cookie, which browsers add by themselves. Therefore a GET that comes with a cookie also needs a
header that a page of another site has to ask for, unless the browser says that the page is none of another site.
"""

from starlette.requests import Request

from kit.errors import AuthorizationError

FORCING = ("X-Requested-With", "Apollo-Require-Preflight", "GraphQL-Require-Preflight", "X-Apollo-Operation-Name")
"""Each makes a browser ask first."""
_FORCING = frozenset(name.lower().encode() for name in FORCING)
_OWN = frozenset({b"same-origin", b"none"})
"""`none`: its user typed the address."""


def require_preflight(request: Request) -> None:
    """Of a request whose token is known to be good. Raises AuthorizationError."""
    if request.scope["method"] not in {"GET", "HEAD"}:
        return
    cookie = False
    for name, value in request.scope["headers"]:
        if name in _FORCING or (name == b"sec-fetch-site" and value in _OWN):
            return
        cookie = cookie or name == b"cookie"
    if cookie:
        raise AuthorizationError(f"A GET that comes with a cookie must have one of the headers {', '.join(FORCING)}.")
