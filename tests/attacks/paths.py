"""Other methods, other paths, and who may use them."""

from tests.attacks.wording import AUTHORIZED, INVALID, VIEWER, Attack, Table, asked, got, message

_NOT_ALLOWED, _NOT_FOUND, _UNKNOWN = "METHOD_NOT_ALLOWED", "RESOURCE_NOT_FOUND", "AUTHENTICATION_ERROR"
_CLOSE = "Connection: close"
_QUERY = b'{"query": "{ viewer { userId } }"}'


def method(name: str) -> Attack:
    return Attack(asked(VIEWER).replace(b"POST ", f"{name} ".encode(), 1), 405, _NOT_ALLOWED, "This path takes GET")


def absent(path: str) -> Attack:
    return Attack(got(path), 404, _NOT_FOUND)


def credentials(*fields: str, path: str = "/graphql", body: bytes = _QUERY) -> Attack:
    own = ("Content-Type: application/json", f"Content-Length: {len(body)}", _CLOSE)
    return Attack(message(*own, *fields, first=f"POST {path} HTTP/1.1", body=body), 401, _UNKNOWN)


METHODS: Table = {
    **{name: method(name) for name in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "MKCOL", "LOCK", "SEARCH")},
    "a method that is none": Attack(asked(VIEWER).replace(b"POST ", b"BREW ", 1), 400, INVALID),
    "a method in lower case": Attack(asked(VIEWER).replace(b"POST ", b"post ", 1), 400, INVALID),
    "a method longer by a letter": Attack(asked(VIEWER).replace(b"POST ", b"POSTS ", 1), 400, INVALID),
    "CONNECT": Attack(message(_CLOSE, first="CONNECT attacker.test:443 HTTP/1.1"), 400, INVALID),
    "everything": Attack(message(AUTHORIZED, _CLOSE, first="OPTIONS * HTTP/1.1"), 404, _NOT_FOUND),
}

PATHS: Table = {
    "two slashes": absent("//graphql"),
    "upper case": absent("/GRAPHQL"),
    "a parameter of the path": absent("/graphql;a=b"),
    "NUL behind": absent("/graphql%00"),
    "a slash behind": Attack(got("/graphql/"), 404, _NOT_FOUND),
    "up and down": absent("/graphql/../metrics"),
    "up, escaped": absent("/..%2f..%2fetc%2fpasswd"),
    "up, escaped twice": absent("/%252e%252e/etc/passwd"),
    "up, with backslashes": absent("/..\\..\\windows\\win.ini"),
    "not UTF-8": absent("/%ff%fe"),
    "a file of settings": absent("/.env"),
    "a repository": absent("/.git/config"),
    "the services behind": absent("/internal/v1/batches/user/victim"),
    "the teacher's REST": absent("/v1/classes"),
    "the numbers of the machine": absent("/metrics"),
    "a debugger": absent("/console"),
    "GraphiQL by its name": absent("/graphiql"),
    "GraphiQL for a browser": Attack(
        message("Accept: text/html", _CLOSE, first="GET /graphql HTTP/1.1"), 401, _UNKNOWN
    )._replace(status=406, code="NOT_ACCEPTABLE"),
    "a line break in the address": absent("/a%0d%0aX-Injected:%20b"),
    "a long path": absent("/" + "a/" * 8_000),
    "REST without a token": Attack(message(_CLOSE, first="GET /v1/teacher/dashboard HTTP/1.1"), 404, _NOT_FOUND),
}

CREDENTIALS: Table = {
    "no token": credentials(),
    "no token, and a body that is none": credentials(body=b"[" * 100_000),
    "no token, and a wrong type": credentials("Content-Type: text/plain"),
    "an empty token": credentials("Authorization: Bearer "),
    "an empty field": credentials("Authorization:"),
    "another scheme": credentials("Authorization: Basic dGVhY2hlcjpwYXNz"),
    "a digest": credentials('Authorization: Digest username="victim"'),
    "the token without a scheme": credentials(AUTHORIZED.replace("Bearer ", "")),
    "two tokens": credentials(AUTHORIZED, AUTHORIZED),
    "two tokens, of which one is none": credentials(AUTHORIZED, "Authorization: Bearer x"),
    "two tokens in one": credentials(f"{AUTHORIZED}, Bearer x"),
    "the token in a cookie": credentials("Cookie: token=@TOKEN@; Authorization=Bearer @TOKEN@"),
    "the token in the address": credentials(path="/graphql?access_token=@TOKEN@"),
    "the token in another field": credentials("X-Authorization: Bearer @TOKEN@", "Proxy-Authorization: Bearer @TOKEN@"),
    "the token behind many blanks": credentials(f"Authorization: Bearer{' ' * 15_000}x"),
    "a token of 15,000 letters": credentials(f"Authorization: Bearer {'x' * 15_000}"),
    "a token of dots": credentials(f"Authorization: Bearer {'.' * 8_000}"),
    "a token beyond ASCII": credentials("Authorization: Bearer \xe5.\xe4.\xf6"),
    "the services' key": credentials("X-Internal-API-Key: guessed", "X-Service-ID: gateway", "X-User-ID: victim"),
}

ATTACKS: Table = {**METHODS, **PATHS, **CREDENTIALS}
