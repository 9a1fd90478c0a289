"""Central's key and its database belong together: enrolled terminals believe answers of this key alone.

KeyExchanged  the key file is another one than the database knows: it was lost, or an old backup was half restored
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from ekanban_central import ledger
from ekanban_central.keys import CentralKey
from ekanban_central.ledger import META, SITE, SYSTEM, Entry
from ekanban_core.errors import EkanbanError
from ekanban_core.texts import gettext as _

KEY = "central_key"


class KeyExchanged(EkanbanError):
    """This is not the key that the plant's terminals trust."""


def check(connection: Connection, key: CentralKey, now_ms: int, *, accept: bool = False) -> None:
    """Remember the key at the first start, refuse another one later unless `accept`. Raises KeyExchanged."""
    known = connection.execute(select(META.c.value).where(META.c.key == KEY)).scalar_one_or_none()
    if known == key.id:
        return
    if known is None:
        connection.execute(insert(META), [{"key": KEY, "value": key.id}])
        return
    if not accept:
        raise KeyExchanged(
            _(
                "This is not the key that the plant's terminals trust. Put central-key.pem back from its backup. If it"
                " is lost for good, start once with --new-key and enrol every terminal anew: until then terminals"
                " believe no answer; they keep their scans."
            )
        )
    connection.execute(update(META).where(META.c.key == KEY).values(value=key.id))
    for site_id in connection.execute(select(SITE.c.id).order_by(SITE.c.id)).scalars().all():
        ledger.append(connection, site_id, [Entry("central_key_exchanged", SYSTEM, data={"key": key.id})], now_ms)
