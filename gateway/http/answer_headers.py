"""What browsers and caches are told with every answer, unless the answer says it itself."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

DEFAULTS = (
    # A teacher's answers are no one else's. What is anybody's, as GraphiQL's files are, says so.
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept, Authorization, Origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class AnswerHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_defaults(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = dict(message.get("headers", ()))
                message["headers"] = [*message.get("headers", ()), *[each for each in DEFAULTS if each[0] not in said]]
            await send(message)

        await self.app(scope, receive, send_with_defaults)
