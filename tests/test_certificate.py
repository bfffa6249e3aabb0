"""HTTPS that tablets trust: the authority and its bounds, renewal, the files for the server, the page for tablets."""

from __future__ import annotations

import plistlib
import re
import shutil
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from flask import Flask

from models.people import Role
from tests.test_access import hire, open_store
from views.authority import Authority, Kind, Plan, fingerprint, host_name
from views.environment import read_settings
from views.trust import certificate_words

NOON = datetime(2026, 3, 18, 4, tzinfo=UTC)


@pytest.fixture
def engine() -> str:
    """Certificates know no database."""
    return "sqlite"


@pytest.fixture
def authority(app: Flask) -> Authority:
    return Authority(app.extensions["data"])


def run(app: Flask, *words: str, status: int = 0) -> str:
    """``./clearbay certificate …``: what it says."""
    told = app.test_cli_runner().invoke(args=["certificate", *words])
    assert told.exit_code == status, told.output
    return str(told.output)


def test_the_first_time_makes_the_authority_the_certificate_and_the_files(app, authority):
    told = run(app, "--name", "Workshop.LAN.", "--ip", "192.168.1.10")
    root, served = authority.root(), authority.served()
    assert fingerprint(root) in told
    assert "http://192.168.1.10/trust" in told
    assert (root.not_valid_after_utc - root.not_valid_before_utc).days == 3653
    assert (served.not_valid_after_utc - served.not_valid_before_utc).days <= 397
    names = served.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["workshop.lan"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["192.168.1.10"]
    served.verify_directly_issued_by(root)
    assert (authority.folder / "Caddyfile").exists()


def test_the_keys_are_for_their_owner_alone(app, authority):
    run(app, "--name", "workshop.lan")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in authority.folder.iterdir()}
    assert stat.S_IMODE(authority.folder.stat().st_mode) == 0o700
    assert (modes["authority.key"], modes["server.key"], modes["authority.crt"]) == (0o600, 0o600, 0o644)
    assert [name for name in modes if name.endswith(".part")] == []


def test_again_changes_nothing_until_the_end_is_near(app, authority, at):
    at(NOON)
    run(app, "--name", "workshop.lan")
    root, served = authority.root(), authority.served()
    run(app)
    assert authority.served() == served
    at(NOON + timedelta(days=340))
    run(app)
    assert authority.served() != served, "fewer than sixty days were left"
    assert authority.root() == root, "the tablets notice nothing"
    assert authority.days_left(NOON + timedelta(days=340)) > 390
    served = authority.served()
    run(app, "--renew")
    assert authority.served() != served


def test_another_name_needs_a_new_authority_and_says_what_that_costs(app, authority):
    run(app, "--name", "workshop.lan")
    root = authority.root()
    assert "--new-authority" in run(app, "--name", "other.lan", status=1)
    assert (authority.root(), authority.plan.names) == (root, ("workshop.lan",))
    run(app, "--name", "board.workshop.lan")
    assert authority.root() == root, "a name below is within its bounds"
    run(app, "--name", "other.lan", "--new-authority")
    assert authority.root() != root
    assert list(authority.folder.glob("authority.key.before-*")), "the old one is put aside"


@pytest.mark.parametrize("words", [
    [], ["--name", "two words"], ["--name", "-x.lan"], ["--name", "192.168.1.10"], ["--ip", "workshop.lan"],
    ["--ip", "192.168.1.999"], ["--public", "--ip", "192.168.1.10"], ["--name", "a.lan", "--port", "0"]])
def test_what_makes_no_certificate_is_refused_in_words(app, authority, words):
    run(app, *words, status=2)
    assert not authority.folder.exists()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(("wanted", "names", "addresses", "well"), [
    (("workshop.lan",), ("workshop.lan",), (), True),
    (("workshop.lan",), ("bank.example",), (), False),
    (("workshop.lan",), ("workshop.lan",), ("192.168.1.10",), False),
    ((), (), ("192.168.1.10",), True),
    ((), ("bank.example",), ("192.168.1.10",), False),
])
def test_whoever_steals_the_key_can_pose_as_this_store_alone(authority, tmp_path, wanted, names, addresses, well):
    authority.found(wanted, () if wanted else ("192.168.1.10",), at=datetime.now(UTC))
    authority.issue(names, addresses, at=datetime.now(UTC))
    told = subprocess.run(["openssl", "verify", "-CAfile", authority.crt, authority.folder / "server.crt"],
                          capture_output=True, text=True, check=False)
    assert (told.returncode == 0) is well, told.stdout + told.stderr


def test_a_domain_of_ones_own_needs_no_authority(app, authority):
    run(app, "--name", "bay.example", "--public")
    caddy = (authority.folder / "Caddyfile").read_text("utf-8")
    assert (authority.plan.kind, authority.root(), authority.days_left(NOON)) == (Kind.PUBLIC, None, None)
    assert "\ttls " not in caddy
    assert not authority.key.exists()


def test_a_certificate_that_something_else_renews_is_watched(app, authority, tmp_path, at):
    other = Authority(tmp_path / "elsewhere")
    other.folder.parent.mkdir()
    other.found(("bay.example",), (), at=NOON)
    other.issue(("bay.example",), (), at=NOON)
    crt, key = str(other.folder / "server.crt"), str(other.folder / "server.key")
    run(app, "--name", "bay.example", "--from", crt, str(other.key), status=1)
    at(NOON + timedelta(days=380))
    run(app, "--name", "bay.example", "--from", crt, key)
    assert crt in (authority.folder / "Caddyfile").read_text("utf-8")
    assert certificate_words().facts == {"days": 16}
    at(NOON + timedelta(days=400))
    assert certificate_words().sentence.startswith("The HTTPS certificate has ended")


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
@pytest.mark.parametrize("words", [
    ("--name", "workshop.lan", "--name", "车间.example", "--ip", "192.168.1.10"), ("--ip", "fd00::10"),
    ("--name", "bay.example", "--public"), ("--name", "workshop.lan", "--port", "8443", "--http-port", "8080")])
def test_caddy_reads_what_was_written_for_it(app, authority, tmp_path, words):
    run(app, *words)
    told = subprocess.run(["caddy", "validate", "--adapter", "caddyfile", "--config", authority.folder / "Caddyfile"],
                          capture_output=True, text=True, check=False,
                          env={"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert told.returncode == 0, told.stderr


def test_the_units_name_the_folder_the_program_and_the_owner(app, authority):
    run(app, "--name", "workshop.lan")
    door = (authority.folder / "clearbay-door.service").read_text("utf-8")
    assert f"--config {authority.folder}/Caddyfile" in door
    assert f"User={authority.folder.owner()}" in door
    assert f"ExecStart={app.root_path}/clearbay serve" in (authority.folder / "clearbay.service").read_text("utf-8")
    assert "clearbay certificate" in (authority.folder / "clearbay-renewal.service").read_text("utf-8")


def test_host_names_are_written_as_certificates_hold_them():
    assert [host_name(one) for one in ("Workshop.lan", "车间.cn", "bay")] == ["workshop.lan", "xn--h43a22k.cn", "bay"]


# --------------------------------------------------------------------------- told in time


def near_its_end(app: Flask, at: Any) -> None:
    """The certificate was made long ago; twelve days are left."""
    at(NOON)
    run(app, "--name", "workshop.lan")
    at(NOON + timedelta(days=383, hours=12))


def test_the_manager_reads_on_today_when_the_certificate_ends_and_nobody_else(app, client, enter, at):
    place = open_store("N")
    manager, technician = hire(place, "E01", Role.SERVICE_MANAGER), hire(place, "E05", Role.TECHNICIAN)
    near_its_end(app, at)
    assert "HTTPS 证书还有 12 天到期" in enter(client, manager).get("/").text
    assert "HTTPS 证书" not in enter(client, technician).get("/").text


def test_health_tells_the_days_and_serve_warns_at_its_start(app, client, authority, at):
    assert "certificate_days_left" not in client.get("/healthz").json
    near_its_end(app, at)
    assert client.get("/healthz").json["certificate_days_left"] == 12
    told = read_settings({"CLEARBAY_MODE": "command", "CLEARBAY_DATA": str(authority.folder.parent)})
    assert any("12" in str(sentence) and "clearbay certificate" in str(sentence) for sentence in told.warnings)


# --------------------------------------------------------------------------- the page for tablets


def test_the_page_shows_the_steps_of_the_system_that_asks_and_lets_one_choose(app, client, authority):
    run(app, "--name", "workshop.lan")
    ipad = client.get("/trust", headers={"User-Agent": "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) Safari/604.1"})
    assert "证书信任设置" in ipad.text
    assert "/trust/clearbay.mobileconfig" in ipad.text
    assert fingerprint(authority.root()) in ipad.text
    chosen = client.get("/trust?system=windows&language=en").text
    assert "Trusted Root Certification Authorities" in chosen
    assert "connect-src 'self' https://workshop.lan" in ipad.headers["Content-Security-Policy"]
    assert client.get("/trust?system=nonsense&language=xx").status_code == 200


def test_without_a_certificate_or_with_a_public_one_there_is_nothing_to_install(app, client):
    assert "./clearbay certificate --name workshop.lan" in client.get("/trust").text
    assert client.get("/trust/clearbay.crt").status_code == 404
    run(app, "--name", "bay.example", "--public")
    assert "本店的证书受所有设备信任" in client.get("/trust").text
    assert client.get("/trust/clearbay.mobileconfig").status_code == 404


def test_the_files_hold_the_certificate_and_never_a_key(app, client, authority):
    run(app, "--name", "workshop.lan")
    crt = client.get("/trust/clearbay.crt")
    assert crt.mimetype == "application/x-x509-ca-cert"
    assert x509.load_der_x509_certificate(crt.data) == authority.root()
    profile = client.get("/trust/clearbay.mobileconfig")
    assert profile.mimetype == "application/x-apple-aspen-config"
    told = plistlib.loads(profile.data)["PayloadContent"][0]
    assert told["PayloadType"] == "com.apple.security.root"
    assert x509.load_der_x509_certificate(told["PayloadContent"]) == authority.root()
    key = serialization.load_pem_private_key(authority.key.read_bytes(), None)
    secret = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                               serialization.NoEncryption())
    assert secret not in crt.data + profile.data
    assert re.search(rb"PRIVATE", crt.data + profile.data) is None


def test_only_the_question_whether_we_are_reached_answers_another_origin(app, client):
    reached = client.get("/trust/reached")
    assert (reached.status_code, reached.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert reached.data == b""
    assert "Access-Control-Allow-Origin" not in client.get("/trust").headers


def test_a_plan_is_told_by_its_addresses():
    plan = Plan(Kind.OWN, ("workshop.lan",), port=8443, http_port=8080)
    assert (plan.url, plan.plain_url) == ("https://workshop.lan:8443", "http://workshop.lan:8080")
    assert Plan(Kind.OWN, (), ("fd00::10",)).url == "https://[fd00::10]"
