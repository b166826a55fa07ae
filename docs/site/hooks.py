"""Hooks of the documentation's site (``mkdocs.yml``).

README, CONTRIBUTING, CHANGELOG and the READMEs of projects and weights become
pages. A link from a page to a file outside ``docs/``, such as a config or a
result, takes that file into the site, so that one text serves the repository
and the site. Formulas become MathML, which browsers show without a script.
"""
from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r'(!?)\[([^\]]*)\]\((?!\w+:|#)([^)\s#]+)(#[^)\s]*)?\)')
FENCE = re.compile(r'^```.*?^```$', re.MULTILINE | re.DOTALL)
MATH = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>',
                  re.DOTALL)


def outside_pages() -> dict[str, str]:
    """Return the pages from outside ``docs/``: repository path -> site path."""
    pages = {'README.md': 'index.md', 'CONTRIBUTING.md': 'contributing.md',
             'CHANGELOG.md': 'changelog.md'}
    for folder in 'projects', 'weights':
        for path in sorted((ROOT / folder).glob('*/README.md')):
            pages[path.relative_to(ROOT).as_posix()] = (
                f'{folder}/{path.parent.name}.md')
    return pages


def repository_path(site_path: str) -> str:
    """Return where in the repository a page of the site comes from."""
    origins = {site: origin for origin, site in outside_pages().items()}
    return origins.get(site_path, f'docs/{site_path}')


def site_path(target: str) -> str | None:
    """Return where a path of the repository stands in the site.

    Args:
        target (str): Path relative to the root of the repository.

    Returns:
        str | None: None for a folder without a page: nothing shows it.
    """
    pages = outside_pages()
    if (ROOT / target).is_dir():
        return pages.get(f'{target}/README.md')
    return pages.get(target, target.removeprefix('docs/'))


def resolve(link: str, origin: str) -> str:
    """Return a link's target relative to the root of the repository."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), link))


def move_links(markdown: str, origin: str) -> str:
    """Let the links of a page of the repository serve in the site.

    Args:
        markdown (str): The page.
        origin (str): Its path in the repository.

    Returns:
        str: The page; of a link to a folder without a page the text is left.
    """
    start = posixpath.dirname(site_path(origin))

    def move(match: re.Match) -> str:
        image, text, link, anchor = match.groups()
        target = site_path(resolve(link, origin))
        if target is None:
            return text
        return (f'{image}[{text}]({posixpath.relpath(target, start or ".")}'
                f'{anchor or ""})')

    parts, end = [], 0
    for fence in FENCE.finditer(markdown):
        parts += [LINK.sub(move, markdown[end:fence.start()]), fence[0]]
        end = fence.end()
    return ''.join(parts) + LINK.sub(move, markdown[end:])


def linked_files(markdown: str, origin: str) -> Iterator[str]:
    """Yield the files outside ``docs/`` that a page links to."""
    for match in LINK.finditer(FENCE.sub('', markdown)):
        target = resolve(match[3], origin)
        if (not target.startswith('docs/') and target not in outside_pages()
                and (ROOT / target).is_file()):
            yield target


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and files from outside ``docs/``."""
    from mkdocs.structure.files import File
    for origin, target in outside_pages().items():
        files.append(
            File.generated(config, target, abs_src_path=str(ROOT / origin)))
    for page in files.documentation_pages():
        origin = repository_path(page.src_uri)
        for target in linked_files(page.content_string, origin):
            if files.get_file_from_path(target) is None:
                files.append(File.generated(
                    config, target, abs_src_path=str(ROOT / target)))
    return files


def on_page_markdown(markdown: str, page: Page, **kwargs) -> str:
    """Move the links of a page."""
    return move_links(markdown, repository_path(page.file.src_uri))


def on_page_content(content: str, **kwargs) -> str:
    """Turn formulas into MathML."""
    from latex2mathml.converter import convert

    def to_mathml(match: re.Match) -> str:
        display = 'block' if match[1] == 'div' else 'inline'
        return convert(html.unescape(match[2]).strip(), display=display)

    return MATH.sub(to_mathml, content)
