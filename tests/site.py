"""The links of the built documentation: each leads somewhere, and nothing is loaded from elsewhere.

``python -m tests.site build/site`` prints what is wrong, and how much was checked.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

LOADING = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch", "manifest"}
"""The relations of `link` elements that make a browser ask for a file."""


class Page(HTMLParser):
    """The places of a page by their ids, the addresses that it links to, and those that it loads."""

    def __init__(self, html):
        super().__init__()
        self.ids, self.links, self.loads = set(), [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        self.ids |= {attributes[name] for name in ("id", "name") if name in attributes}
        is_loaded = tag == "link" and LOADING & set(attributes.get("rel", "").split())
        if "href" in attributes:
            (self.loads if is_loaded else self.links).append(attributes["href"])
        self.loads += [attributes[name] for name in ("src", "data", "poster", "xlink:href") if name in attributes]
        self.loads += addresses(attributes.get("style", ""))

    def handle_data(self, data):
        if self.cdata_elem == "style":
            self.loads += addresses(data)


def addresses(style):
    """The addresses that a style sheet loads."""
    return re.findall(r"""(?:url\(|@import\s)\s*["']?([^"')\s]+)""", style)


def problems(root):
    """Describe each broken link of the site in a folder, and each address that a page loads from elsewhere."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in root.rglob("*.html")}
    styles = {path: addresses(path.read_text(encoding="utf-8")) for path in root.rglob("*.css")}
    loads = [(path, address) for path, page in pages.items() for address in page.loads]
    loads += [(path, address) for path, found in styles.items() for address in found]
    links = [(path, address) for path, page in pages.items() for address in page.links]
    for path, address in links + loads:
        target = urlsplit(urljoin(path.as_uri(), address))
        if target.netloc and (path, address) in loads:
            yield f"{path.name} loads {address}"
        if target.netloc or target.scheme != "file":
            continue
        file, place = Path(unquote(target.path)), unquote(target.fragment)
        if not file.is_file():
            yield f"{path.name}: there is no {address}"
        elif place and file in pages and place not in pages[file].ids:
            yield f"{path.name}: there is no place {address}"


def main(folder):
    """Print the problems and the number of pages, and return the exit status."""
    root = Path(folder).resolve()
    found = sorted(problems(root))
    print(*found, f"{len(list(root.rglob('*.html')))} pages, {len(found)} problems", sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
