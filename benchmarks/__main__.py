"""`python -m benchmarks` lists the benchmarks; `python -m benchmarks NAME` runs one."""

import ast
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def benchmarks() -> dict[str, str]:
    "The name of every benchmark and the first sentence of its docstring."
    files = [path for path in sorted(HERE.glob("*.py")) if not path.stem.startswith("_")]
    docs = {path.stem: ast.get_docstring(ast.parse(path.read_text("utf-8"))) for path in files}
    return {name: (doc or "").partition("\n")[0] for name, doc in docs.items()}


def main() -> None:
    "Run what was named, or say what there is."
    known = benchmarks()
    if len(sys.argv) < 2:
        width = max(map(len, known))
        print("\n".join(f"{name:{width}}  {about}" for name, about in known.items()))
        return
    name = sys.argv[1]
    if name not in known:
        sys.exit(f"there is no benchmark {name!r}; there are {', '.join(known)}")
    del sys.argv[1]
    runpy.run_path(str(HERE / f"{name}.py"), run_name="__main__")


main()
