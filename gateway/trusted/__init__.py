"""Which document a request asks for: by its text, or by the hash of it.

| GATEWAY_TRUSTED_DOCUMENTS | `documentId` | Apollo's `persistedQuery` | another text |
| --- | --- | --- | --- |
| off | not supported | kept, when it comes with its text | taken |
| prefer | of a manifest, or kept | of a manifest, or kept | taken |
| only | of a manifest | of a manifest | refused, but for the exempt roles |

The texts of a manifest are taken in every mode that has one. What is kept is kept by each process for itself.
"""
