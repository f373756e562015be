"""Vendors' keys are recognized by their shape, at the length that vendors issue."""

from __future__ import annotations

import base64
import random
import string

import pytest

from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.redaction.shapes import SHAPES
from tests.redaction.kept import stored_text

# In a format, # is any letter or digit, ~ may be a hyphen or an underscore too, ^ is a hexadecimal digit, $ a capital
# or a digit. Until a key is made from it, nothing here looks like a key to scanners of repositories.
FORMATS = [
    # models, and services used with them
    *("xai-" + "#" * 80, "pplx-" + "#" * 48, "r8_" + "#" * 37, "nvapi-" + "~" * 64, "csk-" + "#" * 48),
    *(
        "fw_" + "#" * 24,
        "fpk_" + "#" * 24,
        "lsv2_pt_" + "^" * 32 + "_" + "^" * 10,
        "lsv2_sk_" + "^" * 32 + "_" + "^" * 10,
    ),
    *("ls__" + "^" * 32, "pcsk_" + "#" * 5 + "_" + "#" * 63, "ABSK" + "#" * 128, "api_org_" + "#" * 34),
    *("wandb_v1_" + "#" * 27 + "_" + "#" * 49, "tgp_v1_" + "~" * 43, "tvly-dev-" + "#" * 32, "fc-" + "^" * 32),
    "pa-" + "~" * 43,
    *("jina_" + "#" * 60, "e2b_" + "^" * 40, "sk_" + "^" * 48, "vck_" + "#" * 48, "phx_" + "#" * 43),
    *(
        "re_" + "#" * 8 + "_" + "#" * 24,
        "sk-lf-" + "^" * 8 + "-" + "^" * 4 + "-4" + "^" * 3 + "-a" + "^" * 3 + "-" + "^" * 12,
    ),
    "bedrock-api-key-" + base64.b64encode(b"bedrock.amazonaws.com/?Action=CallWithBearerToken").decode().rstrip("="),
    *("ak-" + "#" * 22, "as-" + "#" * 22, "llx-" + "#" * 48, "pylf_v1_us_" + "#" * 43, "apify_api_" + "#" * 36),
    # Google
    *("ya29." + "~" * 100, "GOCSPX-" + "~" * 28, "1//0" + "~" * 60),
    # code and packages
    *(
        f"{kind}-" + "~" * 20
        for kind in ("glpat", "gldt", "glft", "glsoat", "glrt", "glcbt", "glptt", "glimt", "glagent")
    ),
    *(
        "glpat-" + "~" * 27 + ".01." + "^" * 9,
        "npm_" + "#" * 36,
        "pypi-AgEIcHlwaS5vcmc" + "~" * 70,
        "rubygems_" + "^" * 48,
    ),
    *(
        "dckr_pat_" + "~" * 27,
        "ATATT3" + "~" * 186,
        "sgp_" + "^" * 16 + "_" + "^" * 40,
        "PMAK-" + "^" * 24 + "-" + "^" * 34,
    ),
    *("lin_api_" + "#" * 40, "figd_" + "~" * 40, "ntn_" + "#" * 46, "secret_" + "#" * 43),
    *(
        "bkua_" + "^" * 40,
        "CCIPAT_" + "#" * 22 + "_" + "^" * 40,
        "squ_" + "^" * 40,
        "nfp_" + "#" * 36,
        "pnu_" + "#" * 36,
    ),
    *("rdme_xn8s9h" + "^" * 64, "ico-" + "#" * 32, "#" * 14 + ".atlasv1." + "~" * 67),
    # money, mail and messages
    *("shippo_live_" + "^" * 40, "duffel_test_" + "~" * 43, "tfp_" + "#" * 44 + "_" + "#" * 14),
    *("pat-na1-" + "-".join("^" * count for count in (8, 4, 4, 4, 12)), "SK" + "^" * 32),
    # of a bot whose id is 1
    "MT" + "#" * 22 + "." + "~" * 6 + "." + "~" * 38,
    *(f"{kind}_{mode}_" + "#" * 24 for kind in ("sk", "rk") for mode in ("live", "test")),
    *("sk_live_" + "#" * 99, "whsec_" + "#" * 32, "whsec_" + "#" * 20 + "/+" + "#" * 20 + "=="),
    *(
        "sq0atp-" + "~" * 22,
        "shpat_" + "^" * 32,
        "SG." + "~" * 22 + "." + "~" * 43,
        "xkeysib-" + "^" * 64 + "-" + "#" * 16,
    ),
    *(
        "key-" + "^" * 32,
        "xapp-1-" + "$" * 11 + "-1234567890123-" + "^" * 64,
        "xoxe.xoxp-1-" + "#" * 163,
        "xoxe-1-" + "#" * 146,
    ),
    *(
        "xoxc-1234567890123-1234567890123-" + "^" * 24,
        "hooks.slack.com/services/T" + "$" * 8 + "/B" + "$" * 8 + "/" + "#" * 24,
    ),
    "1234567890:AA" + "~" * 33,
    # clouds
    *("hvs." + "~" * 95, "hvb." + "~" * 150, "dapi" + "^" * 32, "dapi" + "^" * 32 + "-2", "dop_v1_" + "^" * 64),
    *("dp.pt." + "#" * 43, "pscale_tkn_" + "~" * 43, "glsa_" + "#" * 32 + "_" + "^" * 8, "glc_" + "#" * 60),
    *("sntryu_" + "^" * 64, "HRKU-AA" + "~" * 58, "fo1_" + "~" * 43, "AGE-SECRET-KEY-1" + "$" * 58, "pul-" + "^" * 40),
    *("sbp_" + "^" * 40, "sb_secret_" + "~" * 31, "NRAK-" + "$" * 27, "AccountKey=" + "#" * 86 + "=="),
    *("pk.eyJ" + "~" * 60 + "." + "~" * 22, "sk.eyJ" + "~" * 60 + "." + "~" * 22, "CFPAT-" + "~" * 43),
    *("dt0c01." + "$" * 24 + "." + "$" * 64, "LTAI" + "#" * 20, "napi_" + "#" * 64, "rnd_" + "#" * 32),
    "tskey-auth-" + "#" * 12 + "CNTRL-" + "#" * 32,
    *("#" * 52 + "JQQJ99" + "#" * 26, "ops_eyJ" + "#" * 250, "ABIA" + "$" * 16),
]

_SETS = {
    "#": string.ascii_letters + string.digits,
    "~": string.ascii_letters + string.digits + "-_",
    "^": "0123456789abcdef",
    "$": string.ascii_uppercase + string.digits,
}


def made(form: str, seed: int) -> str:
    chance = random.Random(f"{form}{seed}")
    letters = [chance.choice(_SETS[sign]) if sign in _SETS else sign for sign in form]
    # Like a real key, it ends in a letter and has a digit early on.
    places = [at for at, sign in enumerate(form) if sign in _SETS]
    for at in (*places[:1], *places[-1:]):
        letters[at] = "7"
    return "".join(letters)


# A test for each key and each context would be a thousand, which take longer to collect than to run. Each of these
# names all the keys that are wrong.


@pytest.mark.parametrize("around", ["{}", "My key: {}.", "a\n{}\nb", '"{}"', "key={}&", "é{}é", "Bearer {}"])
def test_the_key_of_a_vendor_is_cut_out_though_nobody_told_of_it(around: str) -> None:
    stored = {(form, seed): stored_text(around.format(made(form, seed))) for form in FORMATS for seed in range(3)}

    assert {key: text for key, text in stored.items() if text != around.format(REDACTED)} == {}


@pytest.mark.parametrize("before", ["x-", "key_", "1", "\x1b[32m", "%20", "%3D"])
def test_the_key_of_a_vendor_is_known_behind_whatever_stands_there(before: str) -> None:
    keys = {form: made(form, 1) for form in FORMATS if not form.startswith(("#", "1"))}

    assert [form for form, key in keys.items() if key[8:] in Redactor([]).text(f"a {before}{key} b")] == []


def test_the_key_of_a_vendor_is_known_in_base64() -> None:
    encoded = {form: base64.b64encode(f"user:{made(form, 2)}".encode()).decode() for form in FORMATS}
    stored = {form: Redactor([]).text(f"Basic {text}") for form, text in encoded.items()}
    cut = (f"Basic dXNlcj{REDACTED}", f"Basic {REDACTED}", f"Basic dXNlcjo{REDACTED}")

    assert {form: text for form, text in stored.items() if text not in cut} == {}


@pytest.mark.parametrize(
    "text",
    [
        *("xai-compatible-endpoints-and-servers-of-all-kinds", "pplx-api and pplx-7b-online", "r8_ is a register"),
        *(
            "nvapi-compatible-with-all-the-clients-of-the-house",
            "task-0123456789abcdef0123456789abcdef0123456789abcdef",
        ),
        *(
            "npm_config_registry_of_the_whole_organization_here",
            "secret_sauce_of_the_house",
            "key-value-stores-and-more",
        ),
        *(
            "SG.11 and hvs.something",
            "the dapi of a dose",
            "glpat-",
            "https://hooks.slack.com/services/",
            "fc-barcelona",
        ),
        *("sk_live_", "whsec_", "re_compile_the_whole_program_again", "1//0 is no number", "pul-monary", "ls__main__"),
        *(
            "as-is-and-break-things",
            "was-AbstractBeanFactory2",
            "DISK and TASK",
            "SKabcdef",
            "app.python.module_of_names",
        ),
        *("www.sample.an-address-of-some-length-here", "pk.eyJ", "short-lived", "ico-libraries-of-the-house"),
        *("figd_", "secret_key_base_of_the_application_is_not_here", "AccountKey=", "e2b_tests_of_the_house_and_more"),
        *(
            "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
            "resp_68b0c5e1f4c8819c8b6e7a0f2d3c4b5a",
            "call_abc123DEF456ghi789JKL0",
        ),
        *("asst_abc123abc123abc123abc123", "file-7QzXw7KvJ9pYhWgTqZ3mN8bV", "org-7QzXw7KvJ9pYhWgTqZ3mN8bV"),
        *(
            "msg_01XFDUDYJgAACzvnptvVoYEL",
            "toolu_01A09q90qw90lq917835lq9",
            "fp_44709d6fcb",
            "req_011CSHoEeqs5C35K2UUqR7Fy",
        ),
    ],
)
def test_what_only_looks_like_the_key_of_a_vendor_stays(text: str) -> None:
    assert stored_text(f"see {text}, or not") == f"see {text}, or not"


def test_long_base64_with_the_letters_of_a_vendor_in_it_stays() -> None:
    chance = random.Random(3)
    text = "".join(chance.choices(_SETS["~"], k=30_000))
    for letters in ("hf_", "fw_", "r8_", "fc-", "csk-", "gsk_", "sk-", "AKIA", "re_", "npm_"):
        at = chance.randrange(1000, 20_000)
        text = f"{text[:at]}{letters}{text[at + len(letters) :]}"

    assert Redactor([]).text(f"encrypted: {text}") == f"encrypted: {text}"


def test_all_that_matches_a_shape_holds_a_trace_of_it() -> None:
    for form in FORMATS:
        key = made(form, 0).encode()
        assert any(shape.may_be_in(key) and shape.pattern.search(key) for shape in SHAPES), form


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("postgres://app:S3cr3t@db:5432/x", f"postgres://app:{REDACTED}@db:5432/x"),
        ("see https://me:hunter2@h/x?y=1 now", f"see https://me:{REDACTED}@h/x?y=1 now"),
        ("redis://:p%40ss-w0rd@h:6379/0", f"redis://:{REDACTED}@h:6379/0"),
        ("mongodb+srv://u:swordfish@c.example.net", f"mongodb+srv://u:{REDACTED}@c.example.net"),
        ("amqp://u:p@ss-w0rd@h", f"amqp://u:{REDACTED}@h"),
        ('curl "https://u:S3cr3t@h" -v', f'curl "https://u:{REDACTED}@h" -v'),
        ("(git+https://oauth2:S3cr3tS3cr3t@h/x.git)", f"(git+https://oauth2:{REDACTED}@h/x.git)"),
    ],
)
def test_the_password_in_any_url_of_any_text_is_cut_out(text: str, kept: str) -> None:
    assert stored_text(text) == kept
    assert Redactor([]).text(text.replace("/", "\\/")) == kept.replace("/", "\\/")


@pytest.mark.parametrize(
    "text",
    [
        *("postgres://user:password@host/db", "https://user:pass@h", "https://user:PASSWORD@h", "ftp://u:xxx@h"),
        *("https://u:$PASSWORD@h", "https://${USER}:${PASSWORD}@h", "https://<user>:<password>@h", "https://u:***@h"),
        *("https://h:8080/a@b", "http://localhost:11434 and me@example.com", "https://user@h/x", "mailto:a:b@c"),
        *(
            "https://h/x?y=a:b@c",
            "https://u:[REDACTED]@h",
            "http://localhost:8080\nme@example.com",
            "https://u:your_key@h",
        ),
    ],
)
def test_what_is_no_password_in_a_url_stays(text: str) -> None:
    assert stored_text(text) == text
