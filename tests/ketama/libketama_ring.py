"""Prints libketama_ring.json: which server libketama chooses, by the definition in its ketama.c and Python's hashlib.

    python3 tests/ketama/libketama_ring.py > tests/ketama/libketama_ring.json

ketama.c (Last.fm): a server of `memory` out of `total` has floorf(memory / total * 40 * servers) digests of
"ADDRESS-N", each of four points, little endian; a key goes to the first point that is not below the first four bytes
of its digest, or to the very first one.
"""

import bisect
import hashlib
import json
import math
import struct


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def ring(servers):
    total = sum(weight for _, weight in servers)
    points = []
    for place, (address, weight) in enumerate(servers):
        share = single(single(weight) / single(total))
        for n in range(math.floor(single(share * 40.0 * len(servers)))):
            digest = hashlib.md5(f"{address}-{n}".encode()).digest()
            points += [(point, place) for point in struct.unpack("<4I", digest)]
    return sorted(points)


def choose(points, servers, key):
    (point,) = struct.unpack("<I", hashlib.md5(key.encode()).digest()[:4])
    at = bisect.bisect_left(points, (point, 0))
    return servers[points[at % len(points)][1]][0]


LISTS = {
    "equal": [("10.0.1.1:11211", 1), ("10.0.1.2:11211", 1), ("10.0.1.3:11211", 1)],
    # The list in libketama's own example file.
    "weighted": [
        ("10.0.1.1:11211", 600),
        ("10.0.1.2:11211", 300),
        ("10.0.1.3:11211", 200),
        ("10.0.1.4:11211", 350),
        ("10.0.1.5:11211", 1000),
        ("10.0.1.6:11211", 800),
        ("10.0.1.7:11211", 950),
        ("10.0.1.8:11211", 100),
    ],
    "one": [("unix:/run/memcached.sock", 7)],
    # A share that single precision rounds up or down: those of weight 4 have 31 digests in ketama.c, and 32 in doubles.
    "rounded": [(f"10.0.2.{n}:11211", weight) for n, weight in enumerate([5, 9, 5, 6, 3, 5, 4, 6, 2, 4, 6])],
    "many": [(f"cache{n}.example:11211", 1) for n in range(1, 50)],
}
KEYS = [f"key{n}" for n in range(300)] + ["", "a", "é", "鍵", "😀", "x" * 55, "y" * 56, "z" * 64, "w" * 300]

print(json.dumps(
    {
        name: {
            "servers": [{"address": address, "weight": weight} for address, weight in servers],
            "points": len(ring(servers)),
            "keys": (lambda points: {key: choose(points, servers, key) for key in KEYS})(ring(servers)),
        }
        for name, servers in LISTS.items()
    },
    indent=0,
))
