"""What the index promises, tried many times: killed, torn, raced, damaged and lied to."""
