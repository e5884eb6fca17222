"""What services that are not of this repository say on the wire, as far as the gateway reads it."""
