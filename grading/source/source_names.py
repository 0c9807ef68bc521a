"""What the source notebook defines: the reference solution, and the names that are not a learner's.

A statement of the source is run only when something needs it, so that its figures and long
computations cost the grader nothing.
"""

import ast
import functools
import symtable

from grading.source.assignment import python_only

REFERENCE = "reference"  # the module's name of what the source notebook defines

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_SCOPES += (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class SourceNames:
    """The names that an assignment defines outside its test cells, evaluated when asked for."""

    def __init__(self, assignment):
        nodes = [
            (cell.role in ("solution", "hand"), node)
            for cell in assignment.cells
            if cell.kind == "code" and cell.role != "test"
            for node in ast.parse(python_only(cell.source)).body
        ]
        self.imports = [n for _, n in nodes if isinstance(n, ast.Import | ast.ImportFrom)]
        modules = set().union(*map(bound_names, self.imports))
        self.statements, self._solved = [], set()
        for solution, node in nodes:
            # A call such as plt.plot() changes nothing that a value depends on.
            bound = bound_names(node) if node in self.imports else bound_names(node) - modules
            self.statements.append((node, bound, used_names(node)))
            if solution and node not in self.imports:
                self._solved |= bound
        self.defined = set().union(*(bound for _, bound, _ in self.statements))
        self._done = set()
        self._values = {"__name__": REFERENCE}

    @functools.cache  # noqa: B019 - one object a process
    def is_trusted(self, name):
        """Tell whether a name has nothing to do with a solution, so that a test may rely on it."""
        if name not in self.defined:
            return False
        needed = self._needed(name)
        return not any(self.statements[i][1] & self._solved for i in needed)

    def __getitem__(self, name):
        """Return a name's value in the source notebook; `KeyError` if there is none."""
        if name not in self.defined:
            raise KeyError(name)
        for i in sorted(self._needed(name) - self._done):
            self._done.add(i)
            module = ast.Module([self.statements[i][0]], [])
            exec(compile(module, "<source notebook>", "exec"), self._values)
        return self._values[name]

    def _needed(self, name):
        """Return the numbers of the statements on which a name's value depends."""
        needed, todo, seen = set(), [name], set()
        while todo:
            wanted = todo.pop()
            if wanted in seen:
                continue
            seen.add(wanted)
            for i, (_, bound, used) in enumerate(self.statements):
                if wanted in bound and i not in needed:
                    needed.add(i)
                    todo += bound | used
        return needed


def bound_names(node):
    """Return the names that a statement defines or changes at the level of the notebook."""
    symbols = _scope(node).get_symbols()
    found = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    for inner in _same_level(node):
        if isinstance(inner, ast.Subscript | ast.Attribute) and isinstance(inner.ctx, ast.Store):
            found |= _root(inner)
    # runs.append(x), table.sort_values(inplace=True): a call for its effect on a name.
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        found |= _root(node.value.func) if isinstance(node.value.func, ast.Attribute) else set()
    return found


def used_names(node):
    """Return the names of the notebook that a statement reads, or that its functions will read."""
    used, inner = set(), [_scope(node)]
    while inner:
        scope = inner.pop()
        inner += scope.get_children()
        used |= {symbol.get_name() for symbol in scope.get_symbols() if symbol.is_global()}
    return used


def _scope(node):
    """Return the compiler's own table of the names in a statement."""
    return symtable.symtable(ast.unparse(node), "", "exec")


def _root(node):
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _same_level(node):
    """Walk a statement, not into functions, classes and comprehensions: their names are theirs."""
    yield node
    if isinstance(node, _SCOPES):
        return
    for child in ast.iter_child_nodes(node):
        yield from _same_level(child)
