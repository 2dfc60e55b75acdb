"""Documents → Site. Collects every finding before it gives up, each with file, line and mend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
COMMANDS = ("start", "stop", "status")
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
    if not names:
        what, mend = "defines no site", "add a [sites.NAME] table; gti site init writes an example"
        raise SiteError([Finding("error", document.place(("sites",)), what, mend), *_unknown_top(document)])
    known = ", ".join(names)
    if default is None:
        what = f"has several sites and no default ({known})"
        mend = 'add: default = "…", or name one with --site'
    else:
        what = f"the default site {schema.shown(default)} is not in it (it has: {known})"
        mend = "correct `default`"
    raise SiteError([Finding("error", document.place(("default",)), what, mend)])


def _unknown_top(document: Document) -> Iterator[Finding]:
    for key in document.data:
        if key not in TOP_KEYS:
            what = f"unknown key '{key[:60]}'" + did_you_mean(key, TOP_KEYS)
            yield Finding("error", document.place((key,)), what, "remove or correct it")


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
        name, where = _base(base, layer, builtin, at)
        if any(layer.is_(where, name) for layer in layers):
            raise SiteError([Finding("error", at, f"'extends' goes round in a circle at '{name}'", "break it")])
        if len(layers) > DEEPEST_EXTENDS:
            what = f"'extends' goes through more than {DEEPEST_EXTENDS} sites"
            raise SiteError([Finding("error", at, what, "extend one of them directly")])
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
        what, mend = f"'{name}' is a table, not {schema.kind(table)}", f"write [sites.{name}] with keys"
        raise SiteError([Finding("error", document.place(("sites", name)), what, mend)])
    return Layer(document, name, table)


def _base(base: Any, layer: Layer, builtin: Document, at: Place) -> tuple[str, Document]:
    """A site of the same file, or the built-in one: also for a site that has its very name."""
    document = layer.document
    if (
        isinstance(base, str)
        and base in site_names(document)
        and not (base == layer.name and base in site_names(builtin))
    ):
        return base, document
    if isinstance(base, str) and base in site_names(builtin):
        return base, builtin
    known = [*site_names(document), *site_names(builtin)]
    what = f"'extends' names no site of this file nor the built-in one: {schema.shown(base)}"
    raise SiteError([Finding("error", at, what, f"one of: {', '.join(dict.fromkeys(known))}")])


@dataclass
class Reading:
    """One pass over the layers of a site, gathering values and findings."""

    layers: list[Layer]
    name: str
    findings: dict[Finding, None] = field(default_factory=dict)  # in the order found, none twice

    def site(self) -> Site | None:
        self.findings |= dict.fromkeys(_unknown_top(self.layers[0].document))
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
            hosts_file=self._file(("hosts_file",), values["hosts_file"]) if "hosts_file" in values else None,
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

    def error(self, path: tuple[str, ...], what: str, mend: str, layer: Layer | None = None) -> None:
        """Blames the layer whose value counts, unless another one is named."""
        place = layer.document.place(layer.path(*path)) if layer else self.place(path)
        self.findings[Finding("error", place, what, mend)] = None

    def _unknown_sections(self) -> None:
        for layer in self.layers:
            for key, value in layer.table.items():
                if key in ("hosts", "services"):
                    if not isinstance(value, dict):
                        self.error(
                            (key,),
                            f"'{key}' is a table, not {schema.kind(value)}",
                            f"write [sites.{layer.name}.{key}.NAME]",
                            layer,
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
                    f"'{'.'.join(at)}' is a table, not {schema.kind(node)}",
                    "write it as [section] with keys",
                    layer,
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
        commands = {key: values.pop(key) for key in COMMANDS if key in values}
        said = self._said_nearest(at, ("unit", *COMMANDS))
        if not said:
            self.error(at, f"'{at[-1]}' has neither a unit nor commands", f'add: unit = "{at[-1]}"')
        elif "unit" not in said:
            values.pop("unit", None)
            return self._all_three(at, commands)
        elif len(said) > 1:
            what, mend = "is a unit and a set of commands at once", "keep `unit`, or start/stop/status"
            self.error((*at, "unit"), what, mend)
        return None

    def _all_three(self, at: tuple[str, ...], commands: dict[str, tuple[str, ...]]) -> Commands | None:
        said = self._merged(at)
        if missing := [key for key in COMMANDS if key not in said]:
            self.error(at, f"'{at[-1]}' lacks {' and '.join(missing)}", "give start, stop and status together")
        return Commands(**commands) if len(commands) == len(COMMANDS) else None

    def _said_nearest(self, at: tuple[str, ...], keys: tuple[str, ...]) -> list[str]:
        """Those of the keys that the nearest layer says: its unit replaces commands, its commands a unit."""
        for layer in self.layers:
            if said := [key for key in keys if layer.document.has(layer.path(*at, key))]:
                return said
        return []

    def _dangling(self, services: list[Service]) -> None:
        names = [service.name for service in services]
        said = set(self._names("services"))
        for service in services:
            for key, wanted in (("needs", service.needs), ("wants", service.wants)):
                for name in wanted:
                    if name not in said:
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
