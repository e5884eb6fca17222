"""HTTP/1.1 to one upstream over connections that are kept, at a fraction of what a general client costs."""
