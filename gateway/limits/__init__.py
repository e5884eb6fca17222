"""What a document, and the JSON that brings it, may ask for: counted before anything is validated or executed."""
