"""ipps:// asks for a certificate: one that an authority signed, or the one whose fingerprint is registered."""

from __future__ import annotations

import hashlib
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fake_ipp_printer import FakeIpp

from ekanban_labels.printers import Condition, Dialect, Document, Patience, Printer, Sent, Way, check, send

QUICK = Patience(poll=0.002, settle=0.005)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """What a printer makes for itself, and its fingerprint."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "NPI7F3A21")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=9000))
        .not_valid_after(now - timedelta(days=1))  # printers forget to renew it
        .sign(key, hashes.SHA256())
    )
    path = Path(tmp_path_factory.mktemp("printer")) / "printer.pem"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(*form) + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, hashlib.sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()


def _printer(fake: FakeIpp, fingerprint: str) -> Printer:
    return Printer("office", Way.IPP, fake.address, Dialect.PDF, fingerprint=fingerprint)


def test_a_printer_with_the_registered_certificate_prints(certificate: tuple[ssl.SSLContext, str]) -> None:
    context, fingerprint = certificate
    with FakeIpp(tls=context) as fake:
        result = send(_printer(fake, fingerprint), [Document(b"%PDF")], patience=QUICK)

    assert result.state is Sent.DONE


@pytest.mark.parametrize("fingerprint", ["", "0" * 64], ids=["none registered", "another registered"])
def test_a_certificate_that_nobody_vouches_for_gets_no_document(
    certificate: tuple[ssl.SSLContext, str], fingerprint: str
) -> None:
    with FakeIpp(tls=certificate[0]) as fake:
        status = check(_printer(fake, fingerprint), QUICK)
        result = send(_printer(fake, fingerprint), [Document(b"%PDF")], patience=QUICK)

    assert status.condition is Condition.UNREACHABLE
    assert "fingerprint" in str(status.sentence)
    assert (result.state, result.untouched, fake.asked) == (Sent.FAILED, True, [])


def test_a_printer_without_tls_at_an_ipps_address_gets_no_document() -> None:
    with FakeIpp() as fake:
        plain = Printer("x", Way.IPP, fake.address.replace("ipp:", "ipps:"), Dialect.PDF, fingerprint="0" * 64)
        result = send(plain, [Document(b"%PDF")], patience=QUICK)

    assert (result.state, result.untouched, fake.documents) == (Sent.FAILED, True, [])
