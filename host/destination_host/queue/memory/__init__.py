"""The queue in memory, for tests and benchmarks."""

from destination_host.queue.memory.engine import MemoryQueue as MemoryQueue
