"""How does a result reach someone who has no Python? As one page that needs nothing else.

`report` gives the page as text, `write_report` writes it to a file. A page opens from the disk, asks for nothing from
anywhere, works by keyboard, on paper and without scripts, and holds every text of a user as text.

A new result type gets its page by a file with a function ``(result, ...) -> Page``, a template that extends
``base.html``, and a line in `psephos.reports.writing.PAGES`; until then it has the plain page of any result.
"""

from psephos.reports.stylesheet import stylesheet
from psephos.reports.writing import report, write_report

__all__ = ["report", "stylesheet", "write_report"]
