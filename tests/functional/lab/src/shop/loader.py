import importlib


def load(name):
    return importlib.import_module(f"shop.plugins.{name}")


def use_lazy(x):
    from shop.lazy import late

    return late(x)


def optional():
    try:
        import shop_extra
    except ImportError:
        return "none"
    return shop_extra.NAME
