"""The tables together."""

from tests.gateway.authentication import attacks_on_claims, attacks_on_form, attacks_on_keys
from tests.gateway.authentication.attacks_on_keys import Attack
from tests.gateway.authentication.sources import Source

MODULES = (attacks_on_keys, attacks_on_form, attacks_on_claims)


def attacks(mine: Source) -> dict[str, Attack]:
    tables = ["ON_ANY"]
    if mine.private:
        tables += ["ON_PUBLIC_KEYS", "ON_RSA" if mine.algorithm == "RS256" else "ON_ED25519"]
    found = [getattr(module, table, {}) for module in MODULES for table in tables]
    return {f"{number} {name}": attack for number, each in enumerate(found) for name, attack in each.items()}
