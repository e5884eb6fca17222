import base64
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwt
from joserfc.jwk import Key, OctKey, OKPKey, RSAKey
from pydantic import SecretStr, ValidationError

from gateway.app import create_app
from gateway.settings import GatewaySettings
from tests.support.apps import GATEWAY, KEY, client
from tests.support.graph import data

SECRET = OctKey.import_key(GATEWAY.jwt_secret.get_secret_value() if GATEWAY.jwt_secret else "")
NOW = int(time.time())
CLAIMS = {"sub": "teacher-1", "aud": "huleedu-platform", "iss": "huleedu-identity-service", "exp": NOW + 86_400}
VIEWER = {"query": "{ viewer { userId orgId } }"}


def signed(claims: dict[str, Any], key: Key = SECRET, **header: Any) -> str:
    return jwt.encode({"alg": "HS256"} | header, claims, key, algorithms=[header.get("alg", "HS256")])


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in CLAIMS.items() if name not in names}


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unsigned(claims: dict[str, Any], algorithm: str = "none") -> str:
    return ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": algorithm}, claims)) + "."


def confused(claims: dict[str, Any], pem: bytes) -> str:
    """HS256 with the public key as its secret."""
    signing_input = unsigned(claims, "HS256").rstrip(".")
    return f"{signing_input}.{base64url(hmac.digest(pem, signing_input.encode(), 'sha256'))}"


async def told(gateway: httpx.AsyncClient, authorization: str | None) -> httpx.Response:
    gateway.headers.pop("Authorization", None)
    headers = {} if authorization is None else {"Authorization": authorization}
    return await gateway.post("/graphql", json=VIEWER, headers=headers)


REFUSED: dict[str, Callable[[], str | None]] = {
    "nothing": lambda: None,
    "empty": lambda: "",
    "another scheme": lambda: "Basic dGVhY2hlcjpwYXNz",
    "no token": lambda: "Bearer ",
    "garbage": lambda: "Bearer garbage",
    "dots": lambda: "Bearer ..",
    "too long": lambda: f"Bearer {'x' * 9000}",
    "expired": lambda: f"Bearer {signed(CLAIMS | {'exp': NOW - 1})}",
    "no expiry": lambda: f"Bearer {signed(without('exp'))}",
    "expiry as text": lambda: f"Bearer {signed(CLAIMS | {'exp': 'never'})}",
    "not yet": lambda: f"Bearer {signed(CLAIMS | {'nbf': NOW + 86_400})}",
    "another audience": lambda: f"Bearer {signed(CLAIMS | {'aud': 'elsewhere'})}",
    "no audience": lambda: f"Bearer {signed(without('aud'))}",
    "another issuer": lambda: f"Bearer {signed(CLAIMS | {'iss': 'elsewhere'})}",
    "no issuer": lambda: f"Bearer {signed(without('iss'))}",
    "no subject": lambda: f"Bearer {signed(without('sub'))}",
    "empty subject": lambda: f"Bearer {signed(CLAIMS | {'sub': ''})}",
    "odd subject": lambda: f"Bearer {signed(CLAIMS | {'sub': '../admin'})}",
    "subject as number": lambda: f"Bearer {signed(CLAIMS | {'sub': 7})}",
    "roles as text": lambda: f"Bearer {signed(CLAIMS | {'roles': 'admin'})}",
    "refresh token": lambda: f"Bearer {signed(CLAIMS | {'typ': 'refresh'})}",
    "refresh token by header": lambda: f"Bearer {signed(CLAIMS, typ='refresh')}",
    "another secret": lambda: f"Bearer {signed(CLAIMS, OctKey.generate_key(256))}",
    "none": lambda: f"Bearer {unsigned(CLAIMS)}",
    "an algorithm without a key": lambda: f"Bearer {signed(CLAIMS, OctKey.generate_key(512), alg='HS512')}",
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_bad_token_is_401_before_anything_is_parsed(gateway: httpx.AsyncClient, case: str) -> None:
    answer = await told(gateway, REFUSED[case]())
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "AUTHENTICATION_ERROR"
    garbage = await gateway.post("/graphql", content=b"\xff", headers={"Authorization": REFUSED[case]() or ""})
    assert garbage.status_code == 401


@pytest.mark.parametrize("name", ["org_id", "org", "organization_id"])
async def test_a_good_token_names_the_viewer(gateway: httpx.AsyncClient, name: str) -> None:
    answer = await told(gateway, f"bearer {signed(CLAIMS | {name: 'school-9', 'aud': ['other', CLAIMS['aud']]})}")
    assert answer.json()["data"] == {"viewer": {"userId": "teacher-1", "orgId": "school-9"}}


def public_pem(key: Any, folder: Path) -> Path:
    pem = folder / "key.pem"
    kind, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    pem.write_bytes(key.public_key().public_bytes(kind, form))
    return pem


def production(pem: Path) -> GatewaySettings:
    return GatewaySettings(environment="production", internal_api_key=SecretStr(KEY), jwt_public_key_file=pem)


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
async def test_a_key_file_verifies_its_own_algorithm_and_no_other(tmp_path: Path, algorithm: str) -> None:
    private: Any = (
        rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ed25519.Ed25519PrivateKey.generate()
    )
    key: Key = RSAKey.import_key(private) if algorithm == "RS256" else OKPKey.import_key(private)
    pem = public_pem(private, tmp_path)
    async with client(create_app(production(pem))) as gateway:
        good = await told(gateway, f"Bearer {signed(CLAIMS, key, alg=algorithm)}")
        assert good.json()["data"]["viewer"]["userId"] == "teacher-1"
        assert (await told(gateway, f"Bearer {confused(CLAIMS, pem.read_bytes())}")).status_code == 401
        assert (await told(gateway, f"Bearer {signed(CLAIMS)}")).status_code == 401


async def test_production_takes_no_shared_secret_and_shows_nothing_of_development(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="GATEWAY_JWT_SECRET is for development"):
        GatewaySettings(environment="production", internal_api_key=SecretStr(KEY), jwt_secret=GATEWAY.jwt_secret)
    private = rsa.generate_private_key(65537, 2048)
    async with client(create_app(production(public_pem(private, tmp_path)))) as gateway:
        assert (await gateway.get("/graphql", headers={"Accept": "text/html"})).status_code == 406
        gateway.headers["Authorization"] = f"Bearer {signed(CLAIMS, RSAKey.import_key(private), alg='RS256')}"
        answer = await gateway.post("/graphql", json=VIEWER)
        assert "extensions" not in answer.json()
        assert await data(gateway, "{ viewer { userId } }") == {"viewer": {"userId": "teacher-1"}}


def test_another_kind_of_key_file_is_refused_at_start(tmp_path: Path) -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1())
    for settings in (production(public_pem(elliptic, tmp_path)), production(Path(__file__))):
        with pytest.raises(ValueError, match="neither an RSA nor an Ed25519 key"):
            create_app(settings)
