"""One command on one host, many hosts at once, and tunnels: everything that goes over SSH."""
