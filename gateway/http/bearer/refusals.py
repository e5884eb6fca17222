"""401 in the words of RFC 6750."""

from kit.errors import AuthenticationError

_CHALLENGE = 'Bearer realm="teacher-graph"'


def token_required() -> AuthenticationError:
    return _refused("A bearer token is required.", _CHALLENGE)


def invalid_token(message: str) -> AuthenticationError:
    return _refused(message, f'{_CHALLENGE}, error="invalid_token"')


def _refused(message: str, challenge: str) -> AuthenticationError:
    return AuthenticationError(message, headers={"WWW-Authenticate": challenge})
