"""Which keys a gateway starts with, and what it says of those that it does not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import SecretStr, ValidationError

from gateway.app import create_app
from gateway.settings import GatewaySettings
from tests.gateway.authentication.sources import SECRET
from tests.gateway.upstreams.test_pool_tls import contexts
from tests.support.apps import KEY, client
from tests.support.graph import data
from tests.support.issuer import claims, compact, generated, issuer, jwk, signer

FILE = Path("issuer.pem")
URL = "https://identity.test/.well-known/jwks.json"
ED25519 = generated("EdDSA")


def settings(environment: str = "production", **given: Any) -> GatewaySettings:
    return GatewaySettings.model_validate({"environment": environment, "internal_api_key": KEY, **given})


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "nothing": ("production", {}, "GATEWAY_JWT_PUBLIC_KEY_FILE is required, or GATEWAY_JWT_JWKS_URL"),
    "nothing in development": ("development", {}, "in development GATEWAY_JWT_SECRET will do"),
    "a secret": ("production", {"jwt_secret": SECRET}, "GATEWAY_JWT_SECRET is for development"),
    "a secret beside": ("production", {"jwt_secret": SECRET, "jwt_jwks_url": URL}, "GATEWAY_JWT_SECRET is for dev"),
    "a short secret": ("development", {"jwt_secret": "secret"}, "at least 32"),
    "a file and an address": ("development", {"jwt_public_key_file": FILE, "jwt_jwks_url": URL}, "cannot both be set"),
    "no TLS": ("production", {"jwt_jwks_url": "http://identity.test/keys"}, "must be https"),
    "another scheme": ("development", {"jwt_jwks_url": "file:///etc/passwd"}, "GATEWAY_JWT_JWKS_URL is no URL"),
    "ftp": ("development", {"jwt_jwks_url": "ftp://identity.test/keys"}, "must be https"),
    "no host": ("production", {"jwt_jwks_url": "https:///keys"}, "GATEWAY_JWT_JWKS_URL is no URL"),
    "no URL": ("production", {"jwt_jwks_url": "identity.test"}, "GATEWAY_JWT_JWKS_URL is no URL"),
    "an odd port": ("production", {"jwt_jwks_url": "https://identity.test:x/"}, "GATEWAY_JWT_JWKS_URL is no URL"),
    "an open bracket": ("production", {"jwt_jwks_url": "https://[::1/keys"}, "GATEWAY_JWT_JWKS_URL is no URL"),
    "a space": ("production", {"jwt_jwks_url": f"{URL} "}, "GATEWAY_JWT_JWKS_URL is no URL"),
    "a newline": ("production", {"jwt_jwks_url": f"{URL}\n"}, "GATEWAY_JWT_JWKS_URL is no URL"),
    "a password": (
        "production",
        {"jwt_jwks_url": "https://me:hunter2@identity.test/"},
        "neither a user nor a fragment",
    ),
    "a fragment": ("production", {"jwt_jwks_url": f"{URL}#keys"}, "neither a user nor a fragment"),
    "a long cooldown": (
        "production",
        {"jwt_jwks_url": URL, "jwt_jwks_cooldown_seconds": 60, "jwt_jwks_refresh_seconds": 30},
        "GATEWAY_JWT_JWKS_COOLDOWN_SECONDS is longer than GATEWAY_JWT_JWKS_REFRESH_SECONDS",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_settings_that_make_no_sense_are_told(case: str) -> None:
    environment, given, told = WRONG[case]
    with pytest.raises(ValidationError, match=told) as error:
        settings(environment, **given)
    assert all("hunter2" not in each["msg"] for each in error.value.errors())


def pem(key: Any) -> bytes:
    public: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public


KEY_FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "P-256": (lambda: pem(ec.generate_private_key(ec.SECP256R1())), "holds neither an RSA nor an Ed25519 key"),
    "Ed448": (lambda: pem(ed448.Ed448PrivateKey.generate()), "holds neither an RSA nor an Ed25519 key"),
    "no key": (lambda: b"no key", "holds neither an RSA nor an Ed25519 key"),
    "empty": (lambda: b"", "holds neither an RSA nor an Ed25519 key"),
    "a private key": (
        lambda: ED25519.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "holds neither an RSA nor an Ed25519 key",
    ),
    "1024 bits": (
        lambda: pem(rsa.generate_private_key(65537, 1024)),  # noqa: S505  which is the point
        "holds an RSA key of 1024 bits: it must have 2048 to 8192",
    ),
}


@pytest.mark.parametrize("case", KEY_FILES)
def test_a_key_file_that_cannot_be_used_is_told_at_start(tmp_path: Path, case: str) -> None:
    file, (content, told) = tmp_path / "key.pem", KEY_FILES[case]
    file.write_bytes(content())
    with pytest.raises(ValueError, match=f"GATEWAY_JWT_PUBLIC_KEY_FILE {told}"):
        create_app(settings(jwt_public_key_file=file))


async def test_production_shows_nothing_of_development(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(pem(ED25519))
    bearer = {"Authorization": f"Bearer {compact({'alg': 'EdDSA'}, claims(), signer(ED25519))}"}
    async with client(create_app(settings(jwt_public_key_file=file)), bearer) as gateway:
        assert (await gateway.get("/graphql", headers={"Accept": "text/html"})).status_code == 406
        answer = await gateway.post("/graphql", json={"query": "{ viewer { userId } }"})
        assert "upstream" not in answer.json().get("extensions", {})
        assert await data(gateway, "{ viewer { userId } }") == {"viewer": {"userId": "teacher-1"}}


async def test_keys_over_tls_are_those_of_a_certificate_that_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _ = contexts(tmp_path, "127.0.0.1")
    bearer = {"Authorization": f"Bearer {compact({'alg': 'EdDSA', 'kid': '1'}, claims(), signer(ED25519))}"}
    async with issuer(jwk(ED25519, kid="1"), secure=server) as service:
        production = settings(jwt_jwks_url=service.url)
        async with client(create_app(production), bearer) as gateway:
            refused = await gateway.post("/graphql", json={"query": "{ viewer { userId } }"})
            assert (refused.status_code, service.looks) == (503, 0)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        async with client(create_app(production), bearer) as gateway:
            assert await data(gateway, "{ viewer { userId } }") == {"viewer": {"userId": "teacher-1"}}


def test_the_secret_is_shown_nowhere() -> None:
    made = settings("development", jwt_secret=SECRET)
    assert isinstance(made.jwt_secret, SecretStr)
    assert SECRET not in repr(made)
