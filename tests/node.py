"""JavaScript run by Node, with floats passed bit for bit; tests that need it are skipped where there is no Node."""

import json
import math
import shutil
import struct
import subprocess

import pytest

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="needs Node (the program node), to run the page's JavaScript")

_PRELUDE = """
const view = new DataView(new ArrayBuffer(8));
const unpack = bits => { view.setBigUint64(0, BigInt('0x' + bits)); return view.getFloat64(0); };
const pack = x => { view.setFloat64(0, Number(x)); return view.getBigUint64(0).toString(16).padStart(16, '0'); };
"""


def run_node(code, data, timeout=100):
    """The JSON that the code returns for `data`, its ``input``; ``pack`` and ``unpack`` convert floats."""
    given = f"const input = JSON.parse({json.dumps(json.dumps(data))});"
    program = f"{_PRELUDE}{given}\nconst main = () => {{ {code} }};\nprocess.stdout.write(JSON.stringify(main()));"
    child = subprocess.run(
        [NODE, "-"], check=False, input=program, capture_output=True, encoding="utf8", timeout=timeout
    )
    assert child.returncode == 0, child.stderr[-2000:]
    return json.loads(child.stdout)


def pack(x):
    return struct.pack(">d", x).hex()


def unpack(bits):
    return struct.unpack(">d", bytes.fromhex(bits))[0]


def ulps(x, y):
    """The distance of two floats in units in the last place; 0 for two nans, infinite if only one is one."""
    if math.isnan(x) or math.isnan(y):
        return 0 if math.isnan(x) and math.isnan(y) else math.inf
    a, b = (struct.unpack(">q", struct.pack(">d", z))[0] for z in (x, y))
    a, b = (-(z & 0x7FFFFFFFFFFFFFFF) if z < 0 else z for z in (a, b))
    return abs(a - b)
