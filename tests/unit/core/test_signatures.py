"""The signature profile, walked by hand: everything that must be refused, and why."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from signing import Pairs, raw, verifier

from ekanban_core.errors import BadSignature
from ekanban_core.signatures import (
    Claim,
    Signed,
    Target,
    check_answer,
    content_digest,
    read_request,
    sign_answer,
    sign_request,
)

TERMINAL = Ed25519PrivateKey.from_private_bytes(b"t" * 32)
CENTRAL = Ed25519PrivateKey.from_private_bytes(b"c" * 32)
TARGET = Target("POST", "/api/v1/scans", "since=7&x=%20")
BODY = b'{"scans": [1, 2, 3]}'


def signed(nonce: str = "n-1", body: bytes = BODY) -> Signed:
    return sign_request(TERMINAL.sign, "terminal-7", nonce, TARGET, body)


def receive(headers: Pairs, target: Target = TARGET, body: bytes = BODY, key: Ed25519PrivateKey = TERMINAL) -> Claim:
    claim = read_request(target, headers)
    claim.prove(verifier(key))
    claim.check_body(body)
    return claim


def with_header(headers: Pairs, name: str, change: Callable[[str], str]) -> Pairs:
    return [(key, change(value.decode()).encode() if key.decode() == name else value) for key, value in headers]


def test_a_signed_request_is_believed_and_names_its_signer() -> None:
    claim = receive(raw(signed().headers))

    assert (claim.key_id, claim.nonce) == ("terminal-7", "n-1")


def test_what_is_signed_is_exactly_this() -> None:
    claim = read_request(TARGET, raw(signed().headers))

    assert claim.base.decode() == (
        '"@method": POST\n"@path": /api/v1/scans\n"@query": ?since=7&x=%20\n'
        f'"content-digest": {content_digest(BODY)}\n'
        '"@signature-params": ("@method" "@path" "@query" "content-digest")'
        ';nonce="n-1";keyid="terminal-7";tag="ekanban"'
    )


def test_header_names_are_read_in_any_case() -> None:
    receive([(name.upper(), value) for name, value in raw(signed().headers)])


@pytest.mark.parametrize("missing", ["Content-Digest", "Signature-Input", "Signature"])
def test_an_unsigned_or_half_signed_request_is_refused(missing: str) -> None:
    headers = [(name, value) for name, value in raw(signed().headers) if name.decode() != missing]

    with pytest.raises(BadSignature, match=f"without a {missing.lower()} header"):
        receive(headers)


@pytest.mark.parametrize("doubled", ["Content-Digest", "Signature-Input", "Signature"])
def test_a_doubled_header_is_refused(doubled: str) -> None:
    headers = raw(signed().headers)
    again = [(name.lower(), value) for name, value in headers if name.decode() == doubled]

    with pytest.raises(BadSignature, match=f"Expected one {doubled.lower()} header, got two"):
        receive([*headers, *again])


@pytest.mark.parametrize("name", ["Content-Digest", "Signature-Input", "Signature"])
def test_an_oversized_header_is_refused(name: str) -> None:
    with pytest.raises(BadSignature, match="at most 512 characters"):
        receive(with_header(raw(signed().headers), name, lambda value: value + ", x=:" + "A" * 512))


@pytest.mark.parametrize("name", ["Content-Digest", "Signature-Input", "Signature"])
def test_a_header_that_is_not_ascii_is_refused(name: str) -> None:
    with pytest.raises(BadSignature, match="expected ASCII"):
        receive(with_header(raw(signed().headers), name, lambda value: value + "ü"))


def test_another_key_is_refused() -> None:
    with pytest.raises(BadSignature, match="not one of this key"):
        receive(raw(signed().headers), key=CENTRAL)


def test_an_altered_body_is_refused() -> None:
    with pytest.raises(BadSignature, match="body is not the one"):
        receive(raw(signed().headers), body=BODY + b" ")


def test_an_altered_body_with_its_own_digest_is_refused() -> None:
    headers = with_header(raw(signed().headers), "Content-Digest", lambda _: content_digest(b"evil"))

    with pytest.raises(BadSignature, match="not one of this key"):
        receive(headers, body=b"evil")


@pytest.mark.parametrize(
    "change",
    [{"method": "PUT"}, {"path": "/api/v1/scan"}, {"query": "since=8&x=%20"}, {"query": ""}, {"query": "since=7&x= "}],
    ids=str,
)
def test_an_altered_method_path_or_query_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        receive(raw(signed().headers), replace(TARGET, **change))


def test_no_query_and_an_empty_one_are_the_same() -> None:
    target = Target("GET", "/api/v1/register")
    headers = sign_request(TERMINAL.sign, "t", "n", target, b"").headers

    assert receive(raw(headers), Target("GET", "/api/v1/register", ""), b"").base.count(b'"@query": ?\n') == 1


@pytest.mark.parametrize("path", ["/a\nb", '/a\n"@query": ?evil', "/ü", "/a b"])
def test_a_path_that_could_forge_lines_is_refused(path: str) -> None:
    with pytest.raises(BadSignature, match="characters that HTTP does not allow"):
        sign_request(TERMINAL.sign, "t", "n", Target("GET", path), b"")


def test_two_signatures_are_refused() -> None:
    headers = with_header(raw(signed().headers), "Signature-Input", lambda value: f"{value}, other={value[8:]}")

    with pytest.raises(BadSignature, match="nothing else"):
        receive(headers)


def test_two_signatures_in_the_signature_header_alone_are_refused() -> None:
    headers = with_header(raw(signed().headers), "Signature", lambda value: f"{value}, other={value[8:]}")

    with pytest.raises(BadSignature, match="nothing else"):
        receive(headers)


@pytest.mark.parametrize("name", ["Signature-Input", "Signature"])
def test_another_label_is_refused(name: str) -> None:
    with pytest.raises(BadSignature, match="ekanban"):
        receive(with_header(raw(signed().headers), name, lambda value: value.replace("ekanban=", "other=", 1)))


def forged(parameters: str) -> Pairs:
    """A request whose signature is right over other parameters than ours: only the profile can refuse it."""
    headers = dict(signed().headers)
    headers["Signature-Input"] = f"ekanban={parameters}"
    base = (
        f'"@method": POST\n"@path": {TARGET.path}\n"@query": ?{TARGET.query}\n'
        f'"content-digest": {headers["Content-Digest"]}\n"@signature-params": {parameters}'
    )
    headers["Signature"] = f"ekanban=:{base64.b64encode(TERMINAL.sign(base.encode())).decode()}:"
    return raw(headers)


COVERS = '("@method" "@path" "@query" "content-digest")'


@pytest.mark.parametrize(
    "parameters",
    [
        f'{COVERS};created=4102444800;keyid="k";alg="ed25519";nonce="n";tag="ekanban"',
        f'{COVERS};tag="ekanban";keyid="k";nonce="n"',
        f'{COVERS};created=0;nonce="n";keyid="k";tag="ekanban"',
    ],
)
def test_a_creation_time_is_allowed_and_not_judged(parameters: str) -> None:
    receive(forged(parameters))


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ('("@path" "@method" "@query" "content-digest");nonce="n";keyid="k";tag="ekanban"', "in this order"),
        ('("@method" "@path" "content-digest");nonce="n";keyid="k";tag="ekanban"', "over exactly"),
        ('("@method" "@path" "@query");nonce="n";keyid="k";tag="ekanban"', "over exactly"),
        ('("@method" "@path" "@query" "content-digest" "date");nonce="n";keyid="k";tag="ekanban"', "over exactly"),
        ('();nonce="n";keyid="k";tag="ekanban"', "over exactly"),
        (f'{COVERS};keyid="k";tag="ekanban"', "expected the parameter nonce"),
        (f'{COVERS};nonce="n";tag="ekanban"', "expected the parameter keyid"),
        (f'{COVERS};nonce="n";keyid="k"', "expected the parameter tag"),
        (f'{COVERS};nonce="n";keyid="k";tag="other"', "expected the tag ekanban"),
        (f'{COVERS};nonce="n";keyid="k";tag="ekanban";alg="hmac-sha256"', "ed25519"),
        (f'{COVERS};nonce="n";nonce="m";keyid="k";tag="ekanban"', "nonce once, got it twice"),
        (f'{COVERS};nonce="n";keyid="k";tag="ekanban";expires=1', "expires is not a parameter"),
        (f'{COVERS};nonce="n";keyid="k";tag="ekanban";x', "and nothing else"),
        (f'{COVERS};nonce="n";keyid="k";tag="ekanban" ', "nothing else|not one of this key"),
        (f'{COVERS}; nonce="n";keyid="k";tag="ekanban"', "and nothing else"),
        (f'{COVERS};nonce=1;keyid="k";tag="ekanban"', "nonce has a value of the wrong type"),
        (f'{COVERS};created="1";nonce="n";keyid="k";tag="ekanban"', "created has a value of the wrong type"),
        (f'{COVERS};nonce="";keyid="k";tag="ekanban"', "nonce expects"),
        (f'{COVERS};nonce="n";keyid="k k";tag="ekanban"', "keyid expects"),
        (f'{COVERS};nonce="{"n" * 65}";keyid="k";tag="ekanban"', "nonce expects"),
        (f'{COVERS};nonce="n";keyid="a\\"b";tag="ekanban"', "nothing else"),
    ],
)
def test_a_good_signature_of_another_form_is_refused(parameters: str, reason: str) -> None:
    with pytest.raises(BadSignature, match=reason):
        receive(forged(parameters))


@pytest.mark.parametrize(
    "digest",
    ["", "sha-256=", "sha-512=:AAAA:", "sha-256=:AAAA:", content_digest(BODY) + ", sha-512=:AAAA:"],
)
def test_a_digest_of_another_form_is_refused(digest: str) -> None:
    with pytest.raises(BadSignature, match="content-digest: expected sha-256"):
        receive(with_header(raw(signed().headers), "Content-Digest", lambda _: digest))


@pytest.mark.parametrize("signature", ["", "ekanban", "ekanban=:AAAA:", "ekanban=AAAA", "ekanban=:!!!!:"])
def test_a_malformed_signature_is_refused(signature: str) -> None:
    with pytest.raises(BadSignature, match="64 bytes in base64"):
        receive(with_header(raw(signed().headers), "Signature", lambda _: signature))


def test_a_second_spelling_of_the_same_signature_is_refused() -> None:
    def with_a_spare_bit(value: str) -> str:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        return value[:-4] + alphabet[alphabet.index(value[-4]) + 1] + value[-3:]

    with pytest.raises(BadSignature, match="unused bits"):
        receive(with_header(raw(signed().headers), "Signature", with_a_spare_bit))


@pytest.mark.parametrize("word", ["", "a b", 'a"b', "ä", "a" * 65, "a\n"])
def test_words_that_would_break_the_form_are_not_signed(word: str) -> None:
    with pytest.raises(BadSignature, match="Expected a word"):
        sign_request(TERMINAL.sign, "t", word, TARGET, BODY)
    with pytest.raises(BadSignature, match="Expected a word"):
        sign_request(TERMINAL.sign, word, "n", TARGET, BODY)


def answer(status: int = 200, body: bytes = b"{}", request: Signed | None = None) -> Pairs:
    return raw(sign_answer(CENTRAL.sign, "central-key", status, body, (request or signed()).signature))


def believe(headers: Pairs, status: int = 200, body: bytes = b"{}", request: Signed | None = None) -> None:
    check_answer(verifier(CENTRAL), "central-key", status, headers, body, (request or signed()).signature)


def test_the_answer_to_this_request_is_believed() -> None:
    believe(answer())


def test_the_answer_to_another_request_is_not_believed() -> None:
    with pytest.raises(BadSignature, match="this answer to this request"):
        believe(answer(request=signed("n-1")), request=signed("n-2"))


def test_an_answer_with_another_status_is_not_believed() -> None:
    with pytest.raises(BadSignature, match="this answer to this request"):
        believe(answer(500), status=200)


def test_an_answer_with_another_body_is_not_believed() -> None:
    with pytest.raises(BadSignature, match="body is not the one"):
        believe(answer(), body=b"{ }")


def test_the_answer_of_a_captive_portal_is_not_believed() -> None:
    with pytest.raises(BadSignature, match="Expected a signed message"):
        believe([(b"content-type", b"text/html")], body=b"<html>")


def test_an_answer_signed_by_another_key_under_centrals_name_is_not_believed() -> None:
    headers = raw(sign_answer(TERMINAL.sign, "central-key", 200, b"{}", signed().signature))

    with pytest.raises(BadSignature, match="not one of central's key"):
        believe(headers)


def test_an_answer_signed_under_another_name_is_not_believed() -> None:
    headers = raw(sign_answer(CENTRAL.sign, "other-key", 200, b"{}", signed().signature))

    with pytest.raises(BadSignature, match="signed by key central-key, got other-key"):
        believe(headers)


def test_a_request_is_no_answer_and_an_answer_no_request() -> None:
    with pytest.raises(BadSignature, match="over exactly"):
        believe(raw(signed().headers))
    with pytest.raises(BadSignature, match="over exactly"):
        receive(answer())


@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"signature", b"signature-input", b"content-digest", b"date"]), st.binary(max_size=600)
        ),
        max_size=6,
    )
)
def test_headers_of_any_bytes_are_refused_in_words(headers: Pairs) -> None:
    with pytest.raises(BadSignature, match=r"\w"):
        receive(headers)


@given(
    st.binary(max_size=200),
    st.from_regex(r"/[!-~]{0,40}", fullmatch=True),
    st.from_regex(r"[!-~]{0,40}", fullmatch=True),
)
def test_any_request_that_http_allows_can_be_signed(body: bytes, path: str, query: str) -> None:
    target = Target("PUT", path, query)

    receive(raw(sign_request(TERMINAL.sign, "t", "n", target, body).headers), target, body)
