"""HTTP transports: they carry bytes to a partner, over httpx or aiohttp."""
