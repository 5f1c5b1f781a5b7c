class Service:
    def __init__(self, url):
        self.url = url
        self.open = True

    def ask(self):
        return f"asked {self.url}"

    def close(self):
        self.open = False


def connect(url):
    return Service(url)


def wide(url):
    return connect(url + "/wide")
