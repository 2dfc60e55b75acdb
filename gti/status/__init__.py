"""One look at the platform: three layers of every service, and the cause of what is wrong."""
