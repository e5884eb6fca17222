"""What `run` tells when everything is up: to programs in `.run/env`, to people on the terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.environment import DEVELOPER
from cli.processes import ServiceProcess
from cli.stack import Stack
from gateway.documents import document

_TEXT = """
The teacher graph is up. Ctrl-C stops it; its data are kept in {folder}.

GraphiQL   {graphql}
           (opens with this teacher's token and the query below)
Teacher    {teacher}
Token      {token}

{query}
Or in another terminal:

. {env}
curl -s "$GATEWAY_URL/graphql" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{{"query": "{{ batches(first: 5) {{ totalCount nodes {{ title status classInfo {{ className }} }} }} }}"}}'
"""


def env(stack: Stack, services: Sequence[ServiceProcess], databases: Mapping[str, str], token: str) -> dict[str, str]:
    assert stack.gateway.jwt_secret is not None, "a development environment has one"
    brokers = stack.cms.kafka_bootstrap_servers
    return {
        **{f"{each.name.upper()}_URL": each.address for each in services},
        "TOKEN": token,
        "INTERNAL_API_KEY": stack.gateway.internal_api_key.get_secret_value(),
        "SERVICE_ID": DEVELOPER,
        **{f"{name.upper()}_DATABASE_URL": url for name, url in databases.items()},
        "JWT_SECRET": stack.gateway.jwt_secret.get_secret_value(),
        **{f"{each.name.upper()}_PID": str(each.pid) for each in services},
        **({"KAFKA_BOOTSTRAP_SERVERS": brokers} if brokers else {}),
    }


def announcement(folder: Path, told: Mapping[str, str], teacher: str) -> str:
    return _TEXT.format(
        folder=folder,
        env=folder / "env",
        graphql=f"{told['GATEWAY_URL']}/graphql",
        teacher=teacher,
        token=told["TOKEN"],
        query=document("dashboard"),
    )
