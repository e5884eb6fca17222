"""Tokens that the issuer itself signed, but not for this: each claim wrong, missing, or of another kind."""

import json
import time
from collections.abc import Mapping
from typing import Any

from tests.gateway.authentication.attacks_on_keys import Attack
from tests.support.issuer import claims

NOW = int(time.time())
AUDIENCE = "huleedu-platform"
LATER = NOW + 86_400


def saying(**changed: Any) -> Attack:
    return lambda mine: mine.token(claims(**changed))


def without(name: str) -> Attack:
    return lambda mine: mine.token({key: value for key, value in claims().items() if key != name})


def literally(name: str, value: str) -> Attack:
    """A value that is JSON, but not what an encoder would write."""
    rest = {key: each for key, each in claims().items() if key != name}
    return lambda mine: mine.token(f'{json.dumps(rest)[:-1]}, "{name}": {value}}}'.encode())


ON_ANY: Mapping[str, Attack] = {
    "no exp": without("exp"),
    "exp null": saying(exp=None),
    "exp past": saying(exp=NOW - 1),
    "exp now": saying(exp=NOW),
    "exp zero": saying(exp=0),
    "exp negative": saying(exp=-LATER),
    "exp a text": saying(exp=str(LATER)),
    "exp true": saying(exp=True),
    "exp a list": saying(exp=[LATER]),
    "exp an object": saying(exp={"value": LATER}),
    "exp NaN": literally("exp", "NaN"),
    "exp Infinity": literally("exp", "Infinity"),
    "exp beyond all numbers": literally("exp", "1e400"),
    "exp huge": saying(exp=10**12),
    "exp very huge": saying(exp=10**400),
    "exp in milliseconds": saying(exp=LATER * 1000),
    "nbf future": saying(nbf=LATER),
    "nbf a text": saying(nbf=str(NOW)),
    "nbf null": saying(nbf=None),
    "nbf false": saying(nbf=False),
    "nbf negative": saying(nbf=-1),
    "iat future": saying(iat=LATER),
    "iat a text": saying(iat=str(NOW)),
    "iat null": saying(iat=None),
    "iat huge": saying(iat=10**400),
    "no aud": without("aud"),
    "aud null": saying(aud=None),
    "aud elsewhere": saying(aud="elsewhere"),
    "aud empty": saying(aud=""),
    "aud in another case": saying(aud=AUDIENCE.upper()),
    "aud longer": saying(aud=f"{AUDIENCE}-2"),
    "aud with a space": saying(aud=f" {AUDIENCE}"),
    "aud several in a text": saying(aud=f"{AUDIENCE} elsewhere"),
    "aud a number": saying(aud=1),
    "aud true": saying(aud=True),
    "aud no list": saying(aud=[]),
    "aud a list of others": saying(aud=["elsewhere"]),
    "aud nested": saying(aud=[[AUDIENCE]]),
    "aud a list with a number": saying(aud=[AUDIENCE, 1]),
    "aud a list with a list": saying(aud=[AUDIENCE, [AUDIENCE]]),
    "aud an object": saying(aud={AUDIENCE: True}),
    "no iss": without("iss"),
    "iss null": saying(iss=None),
    "iss elsewhere": saying(iss="elsewhere"),
    "iss with a slash": saying(iss="huleedu-identity-service/"),
    "iss a list": saying(iss=["huleedu-identity-service"]),
    "no sub": without("sub"),
    "sub null": saying(sub=None),
    "sub empty": saying(sub=""),
    "sub a space": saying(sub=" "),
    "sub a number": saying(sub=7),
    "sub a list": saying(sub=["teacher-1"]),
    "sub a path": saying(sub="../admin"),
    "sub dots": saying(sub=".."),
    "sub too long": saying(sub="t" * 129),
    "sub with a newline": saying(sub="teacher-1\n"),
    "sub with NUL": saying(sub="teacher-1\0"),
    "sub not ASCII": saying(sub="lärare"),
    "sub full-width": saying(sub="teacher-１"),
    "sub a lone surrogate": saying(sub="\ud800"),
    "sub with a header": saying(sub="teacher-1\r\nX-Service-ID: gateway"),
    "typ refresh": saying(typ="refresh"),
    "typ REFRESH": saying(typ="REFRESH"),
    "typ an identity token's": saying(typ="ID"),
    "typ offline": saying(typ="Offline"),
    "typ null": saying(typ=None),
    "token_use refresh": saying(token_use="refresh"),
    "token_use id": saying(token_use="id"),
    "token_type refresh_token": saying(token_type="refresh_token"),
    "token_type a list": saying(token_type=["access"]),
    "bound to a key": saying(cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
    "roles a text": saying(roles="admin"),
    "roles null": saying(roles=None),
    "roles an object": saying(roles={"admin": True}),
    "roles of numbers": saying(roles=[1]),
    "roles nested": saying(roles=[["admin"]]),
    "roles with an empty one": saying(roles=["teacher", ""]),
    "roles with a long one": saying(roles=["r" * 256]),
    "roles with a lone surrogate": saying(roles=["\udfff"]),
    "org a number": saying(org_id=9),
    "org a list": saying(org=["school-9"]),
    "org long": saying(organization_id="o" * 256),
    "org with a newline": saying(org_id="school-9\nadmin"),
    "org a lone surrogate": saying(org_id="\ud800"),
}
