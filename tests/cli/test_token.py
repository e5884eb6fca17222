"""`token`: one that the gateway believes, or the reason why there is none."""

import asyncio
import time
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from starlette.requests import HTTPConnection

from cli.environment import TOLD
from cli.main import main
from cli.run_folder import RunFolder
from gateway.http.auth import Authenticator
from gateway.settings import GatewaySettings

pytestmark = pytest.mark.usefixtures("nowhere")
SECRET = "a-secret-of-the-tests-with-32-characters"
NO_SECRET = "teacher-graph: no secret to sign with: set GATEWAY_JWT_SECRET, or `make run` here first"


def minted(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["token", "--teacher", "teacher-1", *arguments]) == 0
    return capsys.readouterr().out.removesuffix("\n")


def identified(token: str, secret: str) -> str:
    settings = GatewaySettings.model_validate(
        {"environment": "development", "internal_api_key": "unused", "jwt_secret": secret}
    )
    headers = [(b"authorization", f"Bearer {token}".encode())]
    connection = HTTPConnection({"type": "http", "headers": headers})
    return asyncio.run(Authenticator(settings).identify(connection)).user_id


def test_a_token_is_one_that_the_gateway_believes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEWAY_JWT_SECRET", SECRET)
    token = minted(capsys, "--hours", "0.5")
    assert identified(token, SECRET) == "teacher-1"
    claims = jwt.decode(token, OctKey.import_key(SECRET)).claims
    assert claims["exp"] == pytest.approx(time.time() + 1800, abs=10)


def test_a_token_is_signed_with_the_secret_of_the_run(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (nowhere / ".run").mkdir()
    secrets = RunFolder().ensure_secrets()
    assert identified(minted(capsys), secrets["GATEWAY_JWT_SECRET"]) == "teacher-1"


def test_without_a_secret_there_is_no_token(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--teacher", "teacher-1"]) == 2
    assert capsys.readouterr() == ("", f"{NO_SECRET}\n")
    assert not list(nowhere.iterdir())


def test_what_a_run_told_is_no_unknown_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEWAY_JWT_SECRET", SECRET)
    for name in TOLD:
        monkeypatch.setenv(name, "exported")
    assert minted(capsys)
    monkeypatch.setenv("GATEWAY_URI", "mistyped")
    assert main(["token", "--teacher", "teacher-1"]) == 2
    assert capsys.readouterr().err == "teacher-graph: Unknown settings: GATEWAY_URI\n"
