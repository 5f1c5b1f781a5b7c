"""What a Python says about itself: text for ``python -I -c``; runs on any Python 3.

Nothing of the project is imported: only finders are asked, after all modules needed here
are loaded. User site and PYTHONPATH are looked into as pytest itself would see them.
"""

SCRIPT = r"""
import json, os, site, sys
try:
    import importlib.metadata as metadata, importlib.util as util
except ImportError:
    metadata = util = None
if not os.environ.get("PYTHONNOUSERSITE") and sys.prefix == getattr(sys, "base_prefix", sys.prefix):
    sys.path.append(site.getusersitepackages())
sys.path += [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
def version(module, name):
    try:
        if util is None or util.find_spec(module) is None:
            return None
    except Exception:
        return None
    try:
        return metadata.version(name)
    except Exception:
        return ""
holders = ("site-packages", "dist-packages")
folders = [entry for entry in sys.path if os.path.basename(entry) in holders]
print(json.dumps({
    "executable": sys.executable, "version": list(sys.version_info[:3]), "prefix": sys.prefix,
    "implementation": sys.implementation.name, "pytest": version("pytest", "pytest"),
    "coverage": version("coverage", "coverage"), "pytest_cov": version("pytest_cov", "pytest-cov"),
    "xdist": version("xdist", "pytest-xdist"), "pip": version("pip", "pip"), "folders": folders,
}))
"""
