"""The engine that answers from the segments on this machine."""
