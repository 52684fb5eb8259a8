"""What Hypothesis draws in the unit tests: valid by construction; what may be invalid stands apart and says so.

Each new field of a spec joins here, so that the laws (a plan after apply is empty, a spec survives YAML) cover it, too.
"""

from __future__ import annotations

from hypothesis import strategies as st

_QUALIFIED = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_BINARY = ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")

dns_labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
dns_subdomains = st.lists(dns_labels, min_size=1, max_size=3).map(".".join)
hosts = st.lists(dns_labels, min_size=2, max_size=3).map(".".join).filter(lambda host: not host[-1].isdigit())

label_values = st.just("") | st.from_regex(_QUALIFIED, fullmatch=True)
label_keys = st.from_regex(_QUALIFIED, fullmatch=True) | st.builds(
    "{}/{}".format, dns_subdomains, st.from_regex(_QUALIFIED, fullmatch=True)
)
labels = st.dictionaries(label_keys, label_values, max_size=4)

http_paths = st.lists(st.from_regex(r"[a-z0-9][-a-z0-9._~]{0,9}", fullmatch=True), max_size=4).map(
    lambda segments: "/" + "/".join(segments)
)
ports = st.integers(1, 65535) | st.from_regex(r"[a-z]{1,7}(-[a-z0-9]{1,7})?", fullmatch=True)

signs = st.sampled_from(("", "+", "-"))
numbers = st.from_regex(r"[0-9]{1,12}(\.[0-9]{0,12})?|\.[0-9]{1,12}", fullmatch=True)
exponents = st.from_regex(r"[eE][+-]?[0-9]{1,2}", fullmatch=True).filter(lambda text: abs(int(text[1:])) < 80)
suffixes = st.sampled_from(_BINARY + _DECIMAL) | exponents
quantities = st.builds("{}{}".format, numbers, suffixes)
signed_quantities = st.builds("{}{}".format, signs, quantities)

# Close to valid, so that a reader that is too lenient gives itself away; many are valid, too.
quantity_like = st.text("0123456789+-.eEinumkKMGTP _", max_size=8)
name_like = st.text("aZ0-._/: é\n", max_size=70)
any_text = st.text(max_size=300)
