"""The platform as frozen data: which hosts and services there are, and how to reach them."""

from gti.site.model import COMPONENTS, Commands, Endpoint, Host, Service, Site

__all__ = ["COMPONENTS", "Commands", "Endpoint", "Host", "Service", "Site"]
