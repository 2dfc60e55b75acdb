"""Looks over the workstation and the hosts. Every finding comes with its mend; nothing here changes anything."""
