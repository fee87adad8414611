"""Checks tokens that zonemint minted with pymacaroons, another implementation of the format.

Reads one JSON object a line from standard input: {"secret_hex": ..., "token": ..., "caveats": [...]}, as examples/emit.rs
prints them. Names the first disagreement and exits with 1, or says how many tokens agree.
"""

import json
import sys

from pymacaroons import Macaroon, Verifier
from pymacaroons.exceptions import MacaroonException


def main():
    count = 0
    for count, line in enumerate(sys.stdin, start=1):
        case = json.loads(line)
        try:
            disagreement = disagreement_about(bytes.fromhex(case["secret_hex"]), case["token"], case["caveats"])
        except Exception as error:  # whatever pymacaroons raises on a token of ours is a disagreement
            disagreement = f"pymacaroons raises {error!r}"
        if disagreement:
            sys.exit(f"line {count}: {disagreement}\n{line}")
    if count == 0:
        sys.exit("no tokens on standard input")
    print(f"pymacaroons agrees about {count} tokens")


def disagreement_about(secret, token, caveats):
    """Says what pymacaroons sees differently; None when it agrees."""
    macaroon = Macaroon.deserialize(token)
    read = [caveat.caveat_id for caveat in macaroon.caveats]
    if read != caveats:
        return f"the caveats are read as {read}"
    minted = mint(secret, macaroon.location, macaroon.identifier, caveats)
    if minted.signature != macaroon.signature:
        return "the same fields give another signature"
    # pymacaroons writes a packet's length in characters instead of bytes, so its text is right for ASCII only.
    if all(text.isascii() for text in [macaroon.location, *caveats]) and minted.serialize().rstrip("=") != token:
        return "the same fields give another text"
    if not verifies(macaroon, secret, exact(caveats)):
        return "it does not verify with its caveats satisfied exactly"
    if not verifies(macaroon, secret, general(lambda caveat: caveat in caveats)):
        return "it does not verify with its caveats satisfied by a predicate"
    if verifies(macaroon, secret + b"x", exact(caveats)):
        return "it verifies with another secret"
    for missing in caveats:
        if verifies(macaroon, secret, exact([caveat for caveat in caveats if caveat != missing])):
            return f"it verifies without {missing!r} being satisfied"
    return None


def mint(secret, location, identifier, caveats):
    macaroon = Macaroon(location=location, identifier=identifier, key=secret)
    for caveat in caveats:
        macaroon.add_first_party_caveat(caveat)
    return macaroon


def exact(caveats):
    verifier = Verifier()
    for caveat in caveats:
        verifier.satisfy_exact(caveat)
    return verifier


def general(predicate):
    verifier = Verifier()
    verifier.satisfy_general(predicate)
    return verifier


def verifies(macaroon, secret, verifier):
    try:
        return verifier.verify(macaroon, secret)
    except MacaroonException:
        return False


if __name__ == "__main__":
    main()
