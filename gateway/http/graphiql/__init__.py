"""GraphiQL for developers: one page and the files it needs, all from this package, so that it works offline."""

import json
import secrets
from pathlib import Path

from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>GraphiQL</title>
    <link rel="icon" href="/graphql/assets/favicon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/graphql/assets/graphiql.css">
    <link rel="stylesheet" href="/graphql/assets/page.css">
    <script type="application/json" id="graphiql-config">%s</script>
    <script defer src="/graphql/assets/react.js"></script>
    <script defer src="/graphql/assets/react-dom.js"></script>
    <script defer src="/graphql/assets/graphiql.js"></script>
    <script defer src="/graphql/assets/start.js"></script>
  </head>
  <body>
    <div id="graphiql">Loading GraphiQL…</div>
    <noscript>GraphiQL needs JavaScript.</noscript>
  </body>
</html>
"""
# Web sockets to the same host count as 'self'. The style sheet holds two images as data; the dialogs add a
# style element of their own, for which start.js hands them the nonce.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-%s'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(*, query: str, token: str | None) -> Response:
    """GraphiQL with `query` in its editor and, given a token, the header that sends it."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    nonce = secrets.token_urlsafe(16)
    config = json.dumps({"query": query, "headers": headers, "nonce": nonce})
    return HTMLResponse(
        # "<" could close the element that holds the text; as an escape it is the same JSON.
        PAGE % config.replace("<", "\\u003c"),
        headers={
            "Cache-Control": "no-store",  # it holds a token
            "Content-Security-Policy": POLICY % nonce,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )


class Assets(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        # Browsers keep the files but ask whether they have changed (304), so that an upgrade shows at once.
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


ASSETS = Mount("/graphql/assets", Assets(directory=Path(__file__).parent / "assets"))
