"""The text of pictures in other fonts: gaps between the runs of a line, text across a border, lines off centre.

``python -m tests.benchmarks.pictures [FOLDER]`` measures each SVG picture of a folder (by default, the pictures of the
documentation) in Chromium, once per font.  The natural distance between two runs of a line is 0.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FONTS = ("Liberation Sans", "DejaVu Sans")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"

MEASURE = """
const runs = [...document.querySelectorAll("text")].flatMap(text =>
  text.children.length ? [...text.children] : [text]).filter(run => run.textContent.trim());
const box = run => {
  const last = run.getNumberOfChars() - 1, a = run.getExtentOfChar(0), b = run.getExtentOfChar(last);
  return {group: run.closest("g[class]"), y: run.getStartPositionOfChar(0).y, left: a.x, right: b.x + b.width,
          words: run.textContent};
};
const lines = [];
let gap = 0, overflow = 0, offCentre = 0, where = {};
const worst = (name, value, old, line) => { if (value > old) where[name] = line.words; return Math.max(value, old); };
for (const run of runs.map(box)) {
  const line = lines.at(-1);
  const joined = line && line.group === run.group && line.y === run.y &&
                 (/[ \\u00a0]$/.test(line.words) || /^[ \\u00a0]/.test(run.words));
  if (!joined) { lines.push(run); continue; }
  gap = worst("gap", Math.abs(run.left - line.right), gap, {words: line.words + run.words});
  line.right = run.right; line.words += run.words;
}
for (const line of lines) {
  if (!line.group || !line.group.classList.contains("node")) continue;
  const shape = line.group.querySelector("path, polygon, ellipse");
  if (!shape) continue;
  const {x, width} = shape.getBBox();
  overflow = worst("overflow", Math.max(x - line.left, line.right - x - width), overflow, line);
  const alone = lines.filter(other => other.group === line.group && Math.abs(other.y - line.y) < 5).length === 1;
  if (alone) offCentre = worst("offCentre", Math.abs((line.left + line.right) / 2 - x - width / 2), offCentre, line);
}
document.title = JSON.stringify({gap, overflow, offCentre, where});
"""


def measured(svg, font):
    """The largest gap, overflow and distance from the centre in a picture, in its points."""
    style = f"<style>svg, svg text, svg tspan {{ font-family: '{font}' !important }}</style>"
    inline = re.sub(r"^<\?xml.*?(?=<svg)", "", svg, flags=re.DOTALL)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        page.write_text(
            f"<!doctype html><meta charset=utf-8>{style}{inline}<script>{MEASURE}</script>", encoding="utf-8"
        )
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={folder}/user"]
        command = [CHROMIUM, *options, "--disable-background-networking", "--dump-dom", page.as_uri()]
        shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    title = re.search(r"<title>(\{.*?\})</title>", shown.split("<body>")[0])
    return json.loads(title[1])


def main(folder):
    """Print a row per picture and font."""
    print(f"{'picture':24}{'font':18}{'gap':>8}{'overflow':>10}{'off centre':>12}")
    for path in sorted(folder.glob("*.svg")):
        for font in FONTS:
            result = measured(path.read_text(encoding="utf-8"), font)
            numbers = f"{result['gap']:8.2f}{result['overflow']:10.2f}{result['offCentre']:12.2f}"
            print(f"{path.stem:24}{font:18}{numbers}  {result['where']}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parents[2] / "docs" / "pictures")
