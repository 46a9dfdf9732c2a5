"""What the gateway's views find in the aiohttp application."""

from weakref import WeakSet

from aiohttp import web

from bot.bootstrap import Application
from bot.gateway.desk_feed import DeskFeed
from bot.gateway.hub import Hub
from bot.gateway.limits import RateLimit
from bot.gateway.metrics import Metrics
from bot.gateway.metrics_state import State
from bot.gateway.model_swap import ModelSwap
from bot.gateway.rasa_pool import RasaPool
from bot.gateway.teaching_jobs import TeachingJobs
from bot.gateway.turns import TurnRunner

APP = web.AppKey("application", Application)
HUB = web.AppKey("hub", Hub)
RASA = web.AppKey("rasa", RasaPool)
RUNNER = web.AppKey("turn_runner", TurnRunner)
MESSAGES = web.AppKey("message_limit", RateLimit)
SOCKETS = web.AppKey("sockets", WeakSet[web.WebSocketResponse])
SIGN_INS = web.AppKey("sign_in_limit", RateLimit)
DESK = web.AppKey("desk_feed", DeskFeed)
OPENINGS = web.AppKey("opening_limit", RateLimit)
SWAP = web.AppKey("model_swap", ModelSwap)
JOBS = web.AppKey("teaching_jobs", TeachingJobs)
METRICS = web.AppKey("metrics", Metrics)
STATE = web.AppKey("metrics_state", State)
