"""certificate: HTTPS that tablets trust, and the files that put Caddy and systemd in front of ``serve``."""

from __future__ import annotations

import ipaddress
import pwd
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from flask import current_app

from views.authority import RENEW_BELOW, Authority, Kind, Plan, fingerprint, host_name

FILES = ("Caddyfile", "clearbay.service", "clearbay-door.service", "clearbay-renewal.service", "clearbay-renewal.timer",
         "clearbay-backup.service", "clearbay-backup.timer")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Host(click.ParamType):
    """The name of a host."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """As certificates hold it."""
        try:
            return host_name(value)
        except (ValueError, UnicodeError):
            self.fail(f"“{value}” 不是主机名,例如 workshop.lan / is no host name, such as workshop.lan", param, ctx)


class Address(click.ParamType):
    """An address of the network."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """As certificates hold it."""
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            self.fail(f"“{value}” 不是 IP 地址,例如 192.168.1.10 / is no address, such as 192.168.1.10", param, ctx)


@click.command("certificate")
@click.option("--name", "names", multiple=True, type=Host(),
              help="The name of the store in its network, e.g. workshop.lan; may be repeated, the first is shown.")
@click.option("--ip", "addresses", multiple=True, type=Address(),
              help="An address of this machine, e.g. 192.168.1.10; may be repeated.")
@click.option("--public", is_flag=True,
              help="Let Caddy fetch a certificate that every device trusts (own domain, ports 80 and 443 open).")
@click.option("--from", "files", nargs=2, type=FILE,
              help="Certificate and key that something else renews (a DNS challenge).")
@click.option("--port", type=click.IntRange(1, 65535), help="The port of HTTPS (443).")
@click.option("--http-port", type=click.IntRange(1, 65535), help="The port of the page that leads to it (80).")
@click.option("--renew", is_flag=True, help="Make the server's certificate anew now, not only near its end.")
@click.option("--new-authority", is_flag=True, help="Make the authority anew: every tablet has to be told again.")
def certificate(names: tuple[str, ...], addresses: tuple[str, ...], public: bool, files: tuple[Path, Path] | None,
                port: int | None, http_port: int | None, renew: bool, new_authority: bool) -> None:
    """平板信任的 HTTPS 证书,快到期时续签 / HTTPS that tablets trust: certificate, Caddyfile, units; renewed in time."""
    at, authority = datetime.now(UTC), Authority(current_app.extensions["data"])
    before = authority.plan
    plan = _decided(before, names, addresses, public, files)
    plan = replace(plan, port=port or plan.port, http_port=http_port or plan.http_port)
    if plan.kind is Kind.OWN:
        plan = _own(authority, plan, at, renew=renew or plan != before, new_authority=new_authority)
    authority.decide(plan)
    for name in FILES:
        authority.write(name, _written(name, plan, authority.folder).encode(), mode=0o644)
    _tell(authority, plan, at)


def _decided(
    before: Plan | None, names: tuple[str, ...], addresses: tuple[str, ...], public: bool,
    files: tuple[Path, Path] | None,
) -> Plan:
    """What is wanted now: what was told, else what was decided before."""
    if before is None and not (names or addresses):
        raise click.UsageError("请说明名称,例如 --name workshop.lan / name the store, such as --name workshop.lan")
    if (public or files) and addresses:
        raise click.UsageError("公共证书只用于域名 / an address has no public certificate: name a domain")
    if before is None or names or addresses:
        ports = {} if before is None else {"port": before.port, "http_port": before.http_port}
        before = Plan(Kind.OWN, names, addresses, **ports)
    if public:
        return replace(before, kind=Kind.PUBLIC, crt="", key="")
    if files:
        _fits(*files)
        return replace(before, kind=Kind.FILES, crt=str(files[0].absolute()), key=str(files[1].absolute()))
    return before


def _fits(crt: Path, key: Path) -> None:
    """Refuse two files that are not a certificate and its key."""
    try:
        held = x509.load_pem_x509_certificate(crt.read_bytes()).public_key()
        if serialization.load_pem_private_key(key.read_bytes(), None).public_key() == held:
            return
    except (ValueError, TypeError, OSError):
        pass
    raise click.ClickException(f"{crt} 与 {key} 不是一对证书和密钥 / are not a certificate and its key (PEM)")


def _own(authority: Authority, plan: Plan, at: datetime, *, renew: bool, new_authority: bool) -> Plan:
    """The store's own authority and the server's certificate, made where they lack or are wanted anew."""
    names, addresses = plan.names, plan.addresses
    if new_authority or not authority.key.exists():
        authority.found(names, addresses, at=at)
        renew = True
    elif not authority.vouches_for(names, addresses):
        raise click.ClickException(
            "现有的证书机构不担保这个名称。用 --new-authority 重新创建,之后每台平板须再安装一次。 / the authority was "
            "made for other names. --new-authority makes it anew; then every tablet has to be told again.")
    left = authority.days_left(at)
    if renew or left is None or left < RENEW_BELOW:
        authority.issue(names, addresses, at=at)
        click.echo("已签发服务器证书。 / The server's certificate was made.")
    return replace(plan, crt=str(authority.folder / "server.crt"), key=str(authority.folder / "server.key"))


def _written(name: str, plan: Plan, folder: Path) -> str:
    """One of the files that put the server into operation."""
    settings, page = current_app.config["SETTINGS"], current_app.jinja_env.get_template(f"server/{name}.txt")
    current_app.jinja_env.filters.setdefault("quoted", lambda text: f"\"{text}\"" if " " in text else text)
    bind = settings.bind
    hosts = [*plan.names[1:], *plan.addresses] if plan.names else plan.addresses[1:]
    tail = plan.url.removeprefix(f"https://{plan.host}")
    return page.render(
        plan=plan, folder=folder, root=current_app.root_path, user=_user(folder.parent),
        upstream=f"unix/{bind.removeprefix('unix:')}" if bind.startswith("unix:") else bind,
        authority=plan.host + tail,
        others=[f"https://{f'[{one}]' if ':' in one else one}{tail}" for one in hosts] if plan.kind is Kind.OWN else [],
    ) + "\n"


def _user(folder: Path) -> str:
    owner = folder.stat().st_uid
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return str(owner)


def _tell(authority: Authority, plan: Plan, at: datetime) -> None:
    """What there is now, and what to do with it."""
    left, root = authority.days_left(at), authority.root()
    click.echo(f"  {plan.url}" + ("" if left is None else f"   还有 {left} 天 / {left} days left"))
    if root is not None:
        click.echo(f"  指纹 / fingerprint SHA-256\n    {fingerprint(root)}")
        click.echo(f"  在每台平板上打开 / open on every tablet:  {plan.plain_url}/trust")
        if (root.not_valid_after_utc - at).days < 400:
            click.echo("⚠ 证书机构快到期:--new-authority / The authority itself ends soon: --new-authority", err=True)
    click.echo(f"  {authority.folder}/: {', '.join(FILES)}")
    for name, wanted in (("CLEARBAY_URL", plan.url), ("CLEARBAY_PROXIES", "1")):
        settings = current_app.config["SETTINGS"]
        if {"CLEARBAY_URL": settings.url, "CLEARBAY_PROXIES": str(settings.proxies)}[name] != wanted:
            click.echo(f"  serve: export {name}={wanted}")
    running = click.style("caddy run --adapter caddyfile --config", dim=True)
    click.echo(f"  {running} {authority.folder}/Caddyfile")
