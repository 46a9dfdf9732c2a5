"""What the gateway sees to by itself: nobody stays signed in who has gone or must not be there."""

import logging

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.gateway.keys import APP
from bot.gateway.staff_access import wake
from bot.services import demo_accounts, sessions

log = logging.getLogger(__name__)
SWEEP_SECONDS = 30.0


async def end_expired(web_app: web.Application) -> None:
    """Sign out whoever has gone, so that no patient waits for them."""
    app = web_app[APP]
    try:
        changed = await sessions.end_expired(app.database, app.sign_in_rules, app.now(), app.let_go)
    except (SQLAlchemyError, OSError) as error:
        log.error("sessions cannot be looked through: %s", type(error).__name__)
        return
    except Exception as error:
        # Whatever it is, it must not end the rounds: the next one tries again.
        log.exception("sessions could not be ended: %s", type(error).__name__)
        return
    wake(web_app, changed)


async def refuse_demo_accounts(web_app: web.Application) -> None:
    """Outside the demonstration, disable its accounts at the start."""
    app = web_app[APP]
    if app.settings.demo:
        return
    try:
        retired = await demo_accounts.retire(app.database, app.now(), app.let_go)
    except (SQLAlchemyError, OSError) as error:
        # Signing in refuses them all the same.
        log.error("demonstration accounts cannot be looked for: %s", type(error).__name__)
        return
    if retired.accounts:
        log.warning("%s", retired.sentence())
    wake(web_app, retired.conversations)
