"""A value that was looked up is in nothing that gti writes, in whatever form it is written there."""

import base64
import json
import shlex
from concurrent.futures import ThreadPoolExecutor
from html import escape
from traceback import format_exception
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gti.secrets import MASK, Masker

patient = settings(deadline=None)

AWKWARD = st.sampled_from("aZ09 \\/'\"`$%+=&<>#?*-_.:@\n\r\t\x00\x1b\x7f\x85\u00e9\u2028\u20ac\U0001f511")
SECRETS = (st.text(min_size=4) | st.text(AWKWARD, min_size=4)).filter(lambda secret: secret.strip("*"))
AROUND = st.text(max_size=12)


def lower_hex(encoded):
    first, *others = encoded.split("%")
    return "".join([first, *(f"%{other[:2].lower()}{other[2:]}" for other in others)])


def base64_of(text):
    return base64.b64encode(text.encode()).decode()


def urlsafe(text):
    return base64.urlsafe_b64encode(text.encode()).decode()


WRITTEN = {
    "as it is": str,
    "in a URL": lambda secret: quote(secret, safe=""),
    "in a path": quote,
    "in a form": quote_plus,
    "in a URL that keeps what it may": lambda secret: quote(secret, safe="!$&'()*+,;=:@/?"),
    "in a URL, lower case": lambda secret: lower_hex(quote(secret, safe="")),
    "in a form, lower case": lambda secret: lower_hex(quote_plus(secret)),
    "in base64": base64_of,
    "in base64 without padding": lambda secret: base64_of(secret).rstrip("="),
    "in base64 for URLs": urlsafe,
    "in base64 for URLs without padding": lambda secret: urlsafe(secret).rstrip("="),
    "in base64 in a URL": lambda secret: quote(base64_of(secret), safe=""),
    "in base64 in JSON of PHP": lambda secret: base64_of(secret).replace("/", "\\/"),
    "in JSON": lambda secret: json.dumps(secret)[1:-1],
    "in JSON as UTF-8": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "in JSON within JSON": lambda secret: json.dumps(json.dumps(secret)[1:-1])[1:-1],
    "in JSON of Go": lambda secret: json.dumps(secret)[1:-1].replace("&", "\\u0026").replace("<", "\\u003c"),
    "in repr": lambda secret: repr(secret)[1:-1],
    "in repr beside both quotes": lambda secret: repr(f"'\"{secret}")[4:-1],
    "in repr of bytes": lambda secret: repr(secret.encode())[2:-1],
    "in ascii": lambda secret: ascii(secret)[1:-1],
    "in a shell": lambda secret: shlex.quote(secret).strip("'"),
    "in XML": escape,
}  # fmt: skip


@pytest.fixture
def masker():
    return Masker()


@pytest.mark.parametrize("form", WRITTEN)
@patient
@given(secret=SECRETS, before=AROUND, after=AROUND)
@example(secret="pass/word+?>", before="", after="")
@example(secret='it\'s "both"', before="", after="")
@example(secret="back\\slash\\\\twice", before="\\", after="\\")
@example(secret="a&b<c>d'e\"f", before="", after="")
@example(secret="*0**", before="", after="0*")
@example(secret="aba aba", before="aba ", after=" aba")
@example(secret="\udcff\udc80 not UTF-8", before="", after="")
@example(secret="\ud800 alone", before="", after="")
def test_no_form_of_a_secret_remains(form, secret, before, after):
    try:
        written = WRITTEN[form](secret)
    except UnicodeEncodeError:
        return  # what cannot be written so cannot leak so
    masker = Masker()
    masker.add(secret)
    masked = masker.mask(f"{before}{written}{after}")
    assert MASK in masked
    assert secret not in masked
    assert written not in masked


def fully_inside(secret, offset):
    """The characters of a base64 that say nothing but the secret, wherever in it the secret begins."""
    encoded = base64.b64encode(b"\0" * offset + secret.encode()).decode()
    return encoded[-(-offset * 8 // 6) : (offset + len(secret.encode())) * 8 // 6]


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes])
@patient
@given(secret=SECRETS, before=st.binary(max_size=7), after=st.binary(max_size=7))
@example(secret="password", before=b"user:", after=b"\n")
@example(secret="p" * 90, before=b"user:", after=b"\n")
def test_no_secret_remains_inside_a_longer_base64(encode, secret, before, after):
    """As in "Authorization: Basic …", which is user:password."""
    masker = Masker()
    masker.add(secret)
    masked = masker.mask(encode(before + secret.encode() + after).decode()).replace("\n", "")
    inside = fully_inside(secret, len(before) % 3)
    assert MASK in masked
    assert inside not in masked
    assert inside.translate(str.maketrans("+/", "-_")) not in masked


@patient
@given(st.lists(SECRETS, max_size=4), st.text())
def test_what_holds_no_secret_is_left_as_it_is(secrets, text):
    masker = Masker()
    for secret in secrets:
        masker.add(secret)
    if MASK not in masker.mask(text):
        assert masker.mask(text) == text
    assert Masker().mask(text) == text


@patient
@given(SECRETS, st.text())
def test_masking_twice_is_masking_once(secret, text):
    masker = Masker()
    masker.add(secret)
    masked = masker.mask(f"{text}{secret}{text}")
    assert masker.mask(masked) == masked


# Short secrets: what can be hidden, and what cannot


@patient
@given(secret=st.text(min_size=1, max_size=3), before=AROUND, after=AROUND)
@example(secret="\\", before="", after="n")
def test_a_secret_of_few_characters_is_masked_as_any_other_where_it_stands_as_itself(secret, before, after):
    masker = Masker()
    masker.add(secret)
    assert secret not in masker.mask(f"{before}{secret}{after}") or secret in MASK


@pytest.mark.parametrize("form", ["in base64", "in base64 without padding", "in base64 for URLs"])
@patient
@given(secret=st.text(min_size=1, max_size=3))
def test_a_secret_of_few_characters_is_masked_as_base64_of_its_own(form, secret):
    masker = Masker()
    masker.add(secret)
    written = WRITTEN[form](secret)
    assert masker.mask(f'{{"token": "{written}"}}').count(MASK) >= 1
    assert f'"{written}"' not in masker.mask(f'{{"token": "{written}"}}')


def test_inside_a_longer_base64_a_secret_of_few_characters_is_not_looked_for(masker):
    """Two or three letters stand in every base64 somewhere: masking them hides nothing and spoils all."""
    masker.add("xy")
    text = base64_of("ab:xy, and more")
    assert masker.mask(text) == text


# Several secrets


def test_of_a_secret_within_another_nothing_remains(masker):
    masker.add("hunter")
    masker.add("hunter2-prod")
    assert masker.mask("hunter2-prod hunter") == f"{MASK} {MASK}"


def test_of_secrets_that_overlap_nothing_remains(masker):
    masker.add("swordfish")
    masker.add("fishbone")
    assert masker.mask("the swordfishbone") == f"the {MASK}"


@patient
@given(st.lists(st.text(st.sampled_from("ab*"), min_size=2, max_size=5), min_size=1, max_size=4), st.text("ab*"))
def test_of_several_secrets_none_remains(secrets, text):
    masker = Masker()
    for secret in secrets:
        masker.add(secret)
    masked = masker.mask(text)
    assert [secret for secret in secrets if secret in masked and set(secret) != {"*"}] == []


def test_secrets_that_are_looked_up_at_the_same_time_are_all_masked(masker):
    secrets = [f"secret number {n}." for n in range(100)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(masker.add, secrets))
    assert [secret for secret in secrets if secret in masker.mask(secret)] == []


@pytest.mark.parametrize("secret", ["*", "***", "*" * 20])
def test_a_secret_of_asterisks_looks_masked_as_it_is(masker, secret):
    masker.add(secret)
    assert masker.mask(f"a {secret} b") == f"a {secret} b"


def test_an_empty_secret_masks_nothing(masker):
    masker.add("")
    assert masker.mask("anything") == "anything"


# Where secrets turn up


def test_each_line_of_a_key_is_masked_however_it_is_indented(masker):
    masker.add("-----BEGIN KEY-----\nb3BlbnNzaC1rZXktdjEA\nAAAEbm9uZQAAAAAAAAAB\n-----END KEY-----")
    told = "  key  -----BEGIN KEY-----\n       b3BlbnNzaC1rZXktdjEA"
    assert masker.mask(told) == f"  key  {MASK}\n       {MASK}"


def test_a_url_with_the_password_in_it_says_all_but_the_password(masker):
    masker.add("p@ss/w0rd!")
    url = f"postgresql://gti:{quote('p@ss/w0rd!', safe='')}@db:5432/x?{urlencode({'p': 'p@ss/w0rd!'})}"
    assert masker.mask(url) == f"postgresql://gti:{MASK}@db:5432/x?p={MASK}"


def test_a_traceback_says_all_but_the_password(masker):
    masker.add('it\'s a "secret"\\')
    try:
        raise ValueError({"password": 'it\'s a "secret"\\'})
    except ValueError as error:
        told = masker.mask("".join(format_exception(error)))
    assert f"ValueError: {{'password': '{MASK}'}}" in told


def test_a_structure_is_masked_in_every_corner(masker):
    masker.add("s3cret")
    whole = {"s3cret": ["a s3cret", ("s3cret", 5, None, True)], "b": {"c": "none"}}
    assert masker.mask_all(whole) == {MASK: [f"a {MASK}", [MASK, 5, None, True]], "b": {"c": "none"}}


def test_a_long_output_is_masked_in_a_moment(masker):
    """And with many secrets, one of them a private key: no form of them is slow to look for."""
    for n in range(5):
        masker.add(f'!s3cret/{n}\\ of "some" length')
    masker.add("-----BEGIN KEY-----\n" + "b3BlbnNzaC1rZXktdjEA\n" * 150)
    for text in ("\\" * 100_000, "a line of a log, with nothing in it\n" * 3_000, "b3Bl" * 25_000):
        assert masker.mask(text) == text
