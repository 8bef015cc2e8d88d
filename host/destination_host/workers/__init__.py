"""Workers: they take deliveries from the queue, send them through the kit, and settle each."""

from destination_host.workers.dispatcher import Dispatcher as Dispatcher
