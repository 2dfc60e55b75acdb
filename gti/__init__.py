"""gti: the command that operates the GTI lakehouse."""
