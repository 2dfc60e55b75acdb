"""The real lab: the platform's eight containers, with systemd and the real servers, on one Debian machine."""
