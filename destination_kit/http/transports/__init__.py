"""HTTP transports: how bytes reach a partner, over httpx or aiohttp."""
