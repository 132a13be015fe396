"""A basket of things with prices."""


class Basket:
    """Names and prices, in the order they came."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, float]] = []
        self.archived = False

    def put(self, name: str, price: float) -> None:
        """Put something into the basket."""
        self.lines.append((name, price))

    def archive(self) -> None:
        """Close the basket."""
        self.archived = True

    def cheapest(self) -> str:
        """Return the name of what costs least."""
        return min(self.lines, key=lambda line: line[1])[0]

    def discount(self, share: float) -> None:
        """Take a share off all prices."""
        self.lines = [(name, price * (1 - share)) for name, price in self.lines]

    def total(self) -> float:
        """Return the sum of all prices."""
        return sum(price for _, price in self.lines)
