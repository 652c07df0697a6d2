"""Puts a table into a page, between the markers <!-- NAME:begin --> and <!-- NAME:end -->."""


def replace_table(path, name, table):
    """Change the page in place; the markers must be there once each."""
    page = path.read_text()
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    if page.count(begin) != 1 or page.count(end) != 1:
        raise SystemExit(f"{path}: expected {begin} and {end} once each")
    head, rest = page.split(begin)
    _, tail = rest.split(end)
    path.write_text(f"{head}{begin}\n{table}{end}{tail}")
