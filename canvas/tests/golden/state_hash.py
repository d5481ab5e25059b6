"""The state hash of contract section 3, written from the contract alone, without our code or any JCS library.

`python3 state_hash.py < state_hash.json` recomputes every case and says which differ. A client may start from here.
"""

import hashlib
import json
import re
import sys


def number(value):
    """An ECMAScript number: repr() has the same shortest digits, in another layout."""
    if value == 0:
        return "0"
    sign, value = ("-", -value) if value < 0 else ("", value)
    whole, fraction, exponent = re.fullmatch(r"(\d+)(?:\.(\d+))?(?:e([+-]\d+))?", repr(float(value))).groups()
    digits = whole + (fraction or "")
    point = len(whole) + int(exponent or 0)
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.strip("0")
    if 0 < point <= 21:
        digits = digits.ljust(point, "0")
        return sign + digits[:point] + ("." + digits[point:] if digits[point:] else "")
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    mantissa = digits[0] + ("." + digits[1:] if digits[1:] else "")
    return f"{sign}{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def text(value):
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(short.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in value) + '"'


def jcs(value):
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return "[" + ",".join(map(jcs, value)) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(text(key) + ":" + jcs(value[key]) for key in keys) + "}"
    return number(value)


def node_hash(node, atoms):
    own = {key: node[key] for key in ("atom_id", "kind", "tokens")}
    children = [atom for atom in atoms if atom["parent_id"] == (node["atom_id"] or None)]
    children.sort(key=lambda atom: atom["index"])
    below = b"".join(node_hash(child, atoms) for child in children)
    return hashlib.sha256(jcs(own).encode() + below).digest()


def state_hash(atoms):
    return node_hash({"atom_id": "", "kind": "root", "tokens": {}}, atoms).hex()


if __name__ == "__main__":
    differing = [case["name"] for case in json.load(sys.stdin) if state_hash(case["atoms"]) != case["state_hash"]]
    sys.exit(f"differing: {differing}" if differing else 0)
