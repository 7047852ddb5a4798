"""Who is signed in: access tokens, website cookies and both kinds of anti-CSRF token."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Session:
    """One set of website cookies. `at` is the value of the `at-*` cookie, `csrf` that of the csrf cookie."""

    domain: str
    at: str
    csrf: str
    expires: int


@dataclass
class Sessions:
    """Everything given out. All times are ms UTC and arguments.

    `epoch` is part of each anti-CSRF token: raising it makes all older ones worthless.
    """

    secret: bytes
    epoch: int = 0
    access: dict[str, int] = field(default_factory=dict)
    cookies: dict[str, Session] = field(default_factory=dict)
    _count: int = 0

    def grant_access(self, expires: int) -> str:
        """A new access token."""
        token = "Atna|" + self.draw("access", 48)
        self.access[token] = expires
        return token

    def open(self, domain: str, expires: int) -> Session:
        """A new website session of one retail domain."""
        number = int.from_bytes(
            hashlib.sha256(self.draw("csrf", 8).encode()).digest()[:4], "big", signed=True
        )
        session = Session(domain, "Atza|" + self.draw("cookie", 48), str(number), expires)
        self.cookies[session.at] = session
        return session

    def session(self, at: str, now: int) -> Session | None:
        """The live session of that `at-*` cookie, with or without wrapping quotes."""
        found = self.cookies.get(at.strip('"'))
        return found if found is not None and now < found.expires else None

    def bearer(self, header: str, now: int) -> bool:
        """Whether an Authorization header carries a live access token."""
        scheme, _, token = header.partition(" ")
        return scheme.lower() == "bearer" and now < self.access.get(token, 0)

    def close_all(self) -> None:
        """Ends every session and access token."""
        self.cookies.clear()
        self.access.clear()

    def anti_csrf(self, session: Session, now: int) -> str:
        """A token for the privacy pages of this session, made at `now`."""
        body = f"{self.epoch}.{now}"
        return base64.b64encode(f"{body}.{self._tag(session, body)}".encode()).decode()

    def anti_csrf_holds(self, token: str, session: Session, now: int, life_ms: int) -> bool:
        """Whether such a token was made for this session, in this epoch, within its life."""
        try:
            epoch, made, tag = base64.b64decode(token, validate=True).decode().split(".")
        except ValueError:
            return False
        right = hmac.compare_digest(tag.encode(), self._tag(session, f"{epoch}.{made}").encode())
        return right and int(epoch) == self.epoch and now < int(made) + life_ms

    def _tag(self, session: Session, body: str) -> str:
        return hmac.new(self.secret, f"{session.at} {body}".encode(), hashlib.sha256).hexdigest()[:32]

    def draw(self, what: str, count: int) -> str:
        """A text of `count` characters that was not given out before."""
        self._count += 1
        seed = f"{what} {self._count}".encode()
        return base64.urlsafe_b64encode(hmac.new(self.secret, seed, hashlib.sha512).digest()).decode()[:count]
