"""How long a synthesis of the shipped example takes and how much memory: `python benchmarks/synth.py [--pattern]`.

Each run is the app in a process of its own, as under the CDK CLI: with templates that are validated, with the same
ones again, and without validation; and an app with one empty stack, as the least that there is in Python. With
`--pattern` the JupyterHub pattern of AWS's EKS Blueprints runs in turn with them: its packages are fetched with npm
into a temporary folder (half a gigabyte). It runs as its users run it, with ts-node, and without the compiler, as
JavaScript that was made of it before. Seconds depend on who else uses the machine; CPU and the ratios do less. Memory
is that of the largest process.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.arguments import count  # noqa: E402
from blueprint.config import ConfigError, read_context  # noqa: E402

SCRIPTS = Path(sysconfig.get_path("scripts"))
PACKAGES = {
    "@aws-quickstart/eks-blueprints": "1.19.0",
    "@types/node": "22.7.9",
    "aws-cdk-lib": "2.261.0",
    "constructs": "10.6.0",
    "ts-node": "10.9.2",
    "typescript": "5.3.3",
}
COMPILER = {
    "compilerOptions": {"target": "ES2022", "module": "commonjs", "strict": True, "outDir": "compiled"},
    "files": ["pattern.ts"],
}
"""What of the pattern's own `tsconfig.json` changes how long the compiler takes."""
PATTERN = """\
import { App, RemovalPolicy } from "aws-cdk-lib";
import { EksBlueprint, JupyterHubServiceType, addons } from "@aws-quickstart/eks-blueprints";
const app = new App();
const at = (path: string) => `https://login.example.com/${path}`;
EksBlueprint.builder().account("111122223333").region("eu-central-1").version("auto").addOns(
  new addons.EfsCsiDriverAddOn(), new addons.VpcCniAddOn(), new addons.KubeProxyAddOn(),
  new addons.ClusterAutoScalerAddOn(),
  new addons.JupyterHubAddOn({
    efsConfig: { pvcName: "homes", capacity: "100Gi", removalPolicy: RemovalPolicy.DESTROY },
    oidcConfig: {
      callbackUrl: "https://jupyter.dev.example.com/hub/oauth_callback", clientId: "hub", clientSecret: "none",
      authUrl: at("authorize"), tokenUrl: at("token"), userDataUrl: at("userinfo"),
    },
    serviceType: JupyterHubServiceType.CLUSTERIP,
  }),
).build(app, "Pattern");
"""
PROGRAMS = {
    "the pattern, compiled": ["compiled/pattern.js"],
    "the pattern, by ts-node": ["node_modules/ts-node/dist/bin.js", "pattern.ts"],
}
EMPTY = """\
from blueprint import node
node.use()
from aws_cdk import App, Stack
app = App()
Stack(app, "Empty")
app.synth()
"""
"""What no app in Python does without: its half of the library, jsii, and the library itself in Node."""


class Run(NamedTuple):
    """What one process took, with those that it started."""

    seconds: float
    cpu: float
    mebibytes: float


def main(runs: int, *, pattern: bool) -> None:
    """Print the median of each figure, and what they are of those without validation."""
    found: defaultdict[str, list[Run]] = defaultdict(list)
    ours = shlex.split(json.loads((ROOT / "cdk.json").read_text())["app"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if pattern:
            _fetch(folder)
        for _ in range(runs):
            output = folder / "cdk.out"
            found["new templates, validated"].append(_run(ours, ROOT, output, "true"))
            found["the same ones again"].append(_run(ours, ROOT, output, "true"))
            shutil.rmtree(output)
            found["without validation"].append(_run(ours, ROOT, output, "false"))
            shutil.rmtree(output)
            found["an empty app in Python"].append(_run([sys.executable, "-E", "-c", EMPTY], ROOT, output, "false"))
            shutil.rmtree(output)
            for name, program in PROGRAMS.items() if pattern else ():
                theirs = [str(SCRIPTS / "node"), *program]
                found[name].append(_run(theirs, folder, output, "false"))
                shutil.rmtree(output)
    _report(found)


def _report(found: Mapping[str, Sequence[Run]]) -> None:
    medians = {name: Run(*map(median, zip(*of, strict=True))) for name, of in found.items()}
    print(f"{'':<26}{'wall':>8}{'CPU':>9}{'memory':>12}")
    for name, each in medians.items():
        print(f"{name:<26}{each.seconds:>6.2f} s{each.cpu:>7.2f} s{each.mebibytes:>8.0f} MiB")
    programs = [name for name in PROGRAMS if name in medians]
    for program, name in product(programs, ("without validation", "an empty app in Python")):
        theirs, each = medians[program], medians[name]
        print(f"=> {name}: {each.seconds / theirs.seconds:.2f} times the seconds of {program}, ", end="")
        print(f"{each.cpu / theirs.cpu:.2f} its CPU")


def _run(command: Sequence[str], folder: Path, output: Path, validation: str) -> Run:
    context = json.dumps(read_context(ROOT))
    own = {"CDK_VALIDATION": validation, "CDK_OUTDIR": str(output), "CDK_CONTEXT_JSON": context}
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, **own}, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if code := os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command)} ended with {code}")
    return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _fetch(folder: Path) -> None:
    (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": PACKAGES}))
    (folder / "tsconfig.json").write_text(json.dumps(COMPILER))
    (folder / "pattern.ts").write_text(PATTERN)
    npm = [str(SCRIPTS / "npm"), "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(npm, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([SCRIPTS / "node", "node_modules/typescript/bin/tsc"], cwd=folder, check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How long a synthesis of the shipped example takes.")
    parser.add_argument("--runs", type=count, default=5, metavar="NUMBER", help="how often each runs (5)")
    parser.add_argument("--pattern", action="store_true", help="compare with EKS Blueprints' pattern, fetched with npm")
    given = parser.parse_args()
    try:
        main(given.runs, pattern=given.pattern)
    except ConfigError as error:
        sys.exit(str(error))
