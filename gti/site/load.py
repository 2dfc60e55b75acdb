"""Documents → Site. Collects every finding before it gives up, each with file, line and mend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError
from pathlib import Path
from typing import Any

from gti.site import schema
from gti.site.document import Document, KeyPath
from gti.site.finding import Finding, Place, SiteError
from gti.site.model import Commands, Host, Service, Site, did_you_mean, start_order
from gti.site.schema import HOST_KEYS, SERVICE_KEYS, SITE_KEYS, Key, Wrong

TOP_KEYS = ("default", "sites")
DEEPEST_EXTENDS = 8


def site_names(document: Document) -> list[str]:
    sites = document.data.get("sites")
    return list(sites) if isinstance(sites, dict) else []


def default_name(document: Document) -> str:
    """The site a file means when none is named: its `default`, or its only one."""
    names = site_names(document)
    default = document.data.get("default", names[0] if len(names) == 1 else None)
    if isinstance(default, str) and default in names:
        return default
    known = ", ".join(names) or "none"
    place = document.place(("default",))
    if default is None:
        what, mend = (
            f"has several sites and no default ({known})",
            'add: default = "…", or name one with --site',
        )
    else:
        what, mend = f"the default site {default!r} is not in it (it has: {known})", "correct `default`"
    if not names:
        what, mend = "defines no site", "add a [sites.NAME] table; gti site init writes an example"
    raise SiteError([Finding("error", place, what, mend)])


def load(document: Document, name: str, builtin: Document) -> Site:
    """The site `name` of a document. Raises SiteError with all findings at once."""
    reading = Reading(layers_of(document, name, builtin), name)
    site = reading.site()
    errors = [finding for finding in reading.findings if finding.severity == "error"]
    if site is None or errors:
        raise SiteError(errors)
    return site


def layers_of(document: Document, name: str, builtin: Document) -> list[Layer]:
    """The site's own table first, then what it extends, then what that extends."""
    layers: list[Layer] = []
    where: Document | None = document
    while where is not None:
        layer = _layer(where, name)
        layers.append(layer)
        base = layer.table.get("extends")
        if base is None:
            return layers
        at = where.place(layer.path("extends"))
        name, where = _base(base, where, builtin, at)
        if len(layers) > DEEPEST_EXTENDS or any(layer.is_(where, name) for layer in layers):
            raise SiteError([Finding("error", at, f"'extends' goes round in a circle at '{name}'", "break it")])
    return layers


@dataclass(frozen=True)
class Layer:
    document: Document
    name: str
    table: dict[str, Any]

    def path(self, *keys: str) -> KeyPath:
        return ("sites", self.name, *keys)

    def is_(self, document: Document, name: str) -> bool:
        return self.document is document and self.name == name


def _layer(document: Document, name: str) -> Layer:
    sites = document.data.get("sites")
    table = sites.get(name) if isinstance(sites, dict) else None
    if not isinstance(table, dict):
        what = f"'{name}' is not a site" + did_you_mean(name, site_names(document))
        raise SiteError([Finding("error", document.place(("sites", name)), what, f"add a [sites.{name}] table")])
    return Layer(document, name, table)


def _base(base: Any, document: Document, builtin: Document, at: Place) -> tuple[str, Document]:
    if isinstance(base, str) and base in site_names(document):
        return base, document
    if isinstance(base, str) and base in site_names(builtin):
        return base, builtin
    known = [*site_names(document), *site_names(builtin)]
    what = f"'extends' names no site of this file nor the built-in one: {str(base)[:60]!r}"
    raise SiteError([Finding("error", at, what, f"one of: {', '.join(dict.fromkeys(known))}")])


@dataclass
class Reading:
    """One pass over the layers of a site, gathering values and findings."""

    layers: list[Layer]
    name: str
    findings: list[Finding] = field(default_factory=list)

    def site(self) -> Site | None:
        self._top_level()
        self._unknown_sections()
        values = self._values((), SITE_KEYS)
        hosts = {alias: self._host(alias, values) for alias in self._names("hosts")}
        services = [self._service(name, hosts) for name in self._names("services")]
        known = [service for service in services if service is not None]
        self._dangling(known)
        ordered = self._ordered(known)
        if any(finding.severity == "error" for finding in self.findings):
            return None
        return Site(
            name=self.name,
            hosts=tuple(host for host in hosts.values() if host is not None),
            services=tuple(ordered),
            description=values.get("description", ""),
            file=self.layers[0].document.file,
            known_hosts=self._file(("known_hosts",), values.get("known_hosts", "~/.ssh/known_hosts")),
            connect_timeout=values.get("connect_timeout", 5.0),
            dns=values.get("dns"),
        )

    def place(self, path: tuple[str, ...]) -> Place:
        """Where a key was said: in the first layer that has it, else nearest in the site's own."""
        for layer in self.layers:
            if layer.document.has(layer.path(*path)):
                return layer.document.place(layer.path(*path))
        own = self.layers[0]
        return own.document.place(own.path(*path))

    def error(self, path: tuple[str, ...], what: str, mend: str) -> None:
        finding = Finding("error", self.place(path), what, mend)
        if finding not in self.findings:
            self.findings.append(finding)

    def _top_level(self) -> None:
        document = self.layers[0].document
        for key in document.data:
            if key not in TOP_KEYS:
                what = f"unknown key '{key[:60]}'" + did_you_mean(key, TOP_KEYS)
                self.findings.append(Finding("error", document.place((key,)), what, "remove or correct it"))

    def _unknown_sections(self) -> None:
        for layer in self.layers:
            for key, value in layer.table.items():
                if key in ("hosts", "services"):
                    if not isinstance(value, dict):
                        self.error(
                            (key,),
                            f"'{key}' is a table, not {schema._kind(value)}",
                            f"write [sites.{self.name}.{key}.NAME]",
                        )
                elif key not in SITE_KEYS:
                    self._unknown_key((key,), [*SITE_KEYS, "hosts", "services"])

    def _unknown_key(self, path: tuple[str, ...], known: list[str]) -> None:
        what = f"unknown key '{path[-1][:60]}'" + did_you_mean(path[-1], known)
        self.error(path, what, f"remove it, or use one of: {', '.join(known)}")

    def _names(self, section: str) -> list[str]:
        """Names in all layers, the base's order first, so that an override does not move a host."""
        names: dict[str, None] = {}
        for layer in reversed(self.layers):
            table = layer.table.get(section, {})
            names.update(dict.fromkeys(table if isinstance(table, dict) else ()))
        return [name for name in names if self._is_name(section, name)]

    def _is_name(self, section: str, name: str) -> bool:
        try:
            schema.NAME(name)
        except Wrong as wrong:
            self.error((section, name), f"a name in '{section}' {wrong.what}", wrong.mend)
            return False
        return True

    def _values(self, at: tuple[str, ...], keys: Mapping[str, Key]) -> dict[str, Any]:
        """The merged values of one table, read key by key; wrong ones become findings."""
        raw = self._merged(at)
        values: dict[str, Any] = {}
        for key, spec in keys.items():
            if key not in raw:
                if spec.required:
                    self.error(at, f"'{'.'.join(at)}' has no '{key}'", f"add: {key} = …")
                continue
            try:
                values[key] = spec.read(raw[key])
            except Wrong as wrong:
                self.error((*at, key), f"'{key}' {wrong.what}", wrong.mend)
        return values

    def _merged(self, at: tuple[str, ...]) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for layer in reversed(self.layers):
            node: Any = layer.table
            for part in at:
                node = node.get(part, {}) if isinstance(node, dict) else {}
            if isinstance(node, dict):
                merged.update(node)
            else:
                self.error(
                    at,
                    f"'{'.'.join(at)}' is a table, not {schema._kind(node)}",
                    "write it as [section] with keys",
                )
        return merged

    def _known_only(self, at: tuple[str, ...], keys: Mapping[str, Key]) -> None:
        for key in self._merged(at):
            if key not in keys:
                self._unknown_key((*at, key), list(keys))

    def _host(self, alias: str, defaults: dict[str, Any]) -> Host | None:
        at = ("hosts", alias)
        self._known_only(at, HOST_KEYS)
        values = self._values(at, HOST_KEYS)
        if "name" not in values:
            return None
        key = values.get("key", defaults.get("key"))
        said_at = (*at, "key") if "key" in values else ("key",)
        return Host(
            alias=alias,
            name=values["name"],
            address=values.get("address"),
            port=values.get("port", defaults.get("port")),
            user=values.get("user", defaults.get("user")),
            key=self._file(said_at, key) if key else None,
            container=values.get("container"),
            fingerprint=values.get("fingerprint"),
        )

    def _service(self, name: str, hosts: Mapping[str, Host | None]) -> Service | None:
        at = ("services", name)
        self._known_only(at, SERVICE_KEYS)
        values = self._values(at, SERVICE_KEYS)
        alias = values.pop("host", None)
        if alias is not None and alias not in hosts:
            self.error(
                (*at, "host"), f"unknown host '{alias}'" + did_you_mean(alias, hosts), "name one of [hosts]"
            )
        commands = self._commands(at, values)
        host = hosts.get(alias) if alias else None
        if host is None or "component" not in values:
            return None
        if "protocol" not in values:
            values["protocol"] = name if name in schema.PROTOCOLS else None
        if "ca" in values:
            values["ca"] = self._file((*at, "ca"), values["ca"])
        return Service(name=name, host=host, commands=commands, **values)

    def _commands(self, at: tuple[str, ...], values: dict[str, Any]) -> Commands | None:
        """Takes start, stop and status out of `values`; all three or none, and never beside a unit."""
        said = {key: values.pop(key) for key in ("start", "stop", "status") if key in values}
        if said and "unit" in values:
            del values["unit"]
            if self._overrides_unit(at):
                values["unit"] = None
            else:
                self.error(
                    (*at, "unit"),
                    "is a unit and a set of commands at once",
                    "keep `unit`, or start/stop/status",
                )
        if not said and "unit" not in values:
            self.error(at, f"'{at[-1]}' has neither a unit nor commands", f'add: unit = "{at[-1]}"')
        if said and len(said) < 3:
            missing = [key for key in ("start", "stop", "status") if key not in said]
            self.error(at, f"'{at[-1]}' lacks {' and '.join(missing)}", "give start, stop and status together")
            return None
        return Commands(**said) if said else None

    def _overrides_unit(self, at: tuple[str, ...]) -> bool:
        """Commands in the site's own table replace a unit that an extended site gave."""
        own = self.layers[0]
        return not own.document.has(own.path(*at, "unit"))

    def _dangling(self, services: list[Service]) -> None:
        names = [service.name for service in services]
        for service in services:
            for key, wanted in (("needs", service.needs), ("wants", service.wants)):
                for name in wanted:
                    if name not in self._names("services"):
                        what = f"'{service.name}' {key} an unknown service '{name[:60]}'" + did_you_mean(
                            name, names
                        )
                        self.error(("services", service.name, key), what, "name one of [services]")

    def _ordered(self, services: list[Service]) -> list[Service]:
        try:
            return start_order(services)
        except CycleError as error:
            circle = [str(name) for name in reversed(error.args[1])]  # each needs the next
            self.error(
                ("services", circle[0], "needs"),
                f"a dependency cycle: {' → '.join(circle)}",
                "remove one of these `needs`",
            )
            return []

    def _file(self, path: tuple[str, ...], value: str) -> Path:
        """Relative files are relative to the file that names them; ~ is the operator's home."""
        try:
            file = Path(value).expanduser()
        except RuntimeError:
            self.error(path, f"'{path[-1]}' starts with a ~ that is nobody's home", "write the whole path")
            return Path(value)
        return file if file.is_absolute() else self.place(path).file.parent / file
