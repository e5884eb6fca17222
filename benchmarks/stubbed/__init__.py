"""The gateway beside its peers, over upstreams that answer at once, so that they are what is measured."""
