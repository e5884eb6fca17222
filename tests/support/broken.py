"""An upstream that is whole but for one endpoint."""

import httpx


class BrokenAt(httpx.AsyncBaseTransport):
    """Answers `status` at the path, where `sent` is in the body; everything else is the real application's."""

    def __init__(self, real: httpx.AsyncBaseTransport, path: str, status: int = 500, sent: str = "") -> None:
        self.real = real
        self.path = f"/internal/v1{path}"
        self.status = status
        self.sent = sent.encode()
        self.broken = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.broken and request.url.path == self.path and self.sent in request.content:
            return httpx.Response(self.status, stream=httpx.ByteStream(b"Traceback: secret"))
        return await self.real.handle_async_request(request)
