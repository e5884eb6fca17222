"""OpenAPI from the routes themselves: each endpoint says beside its code what the contract's types cannot.

`operation` and `parameters` describe, `document` generates, `page` shows it to people, `routes` serves both.
"""

from kit.openapi.operation import Answer, Parameter, operation

__all__ = ["Answer", "Parameter", "operation"]
