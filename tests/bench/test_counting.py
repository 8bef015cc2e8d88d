import subprocess
import sys

COUNTING = """
from tests.bench.hot_paths import PATHS
print(PATHS["send"].opcodes().total, PATHS["trigger-5"].opcodes().total)
"""


def test_two_processes_count_the_same():
    # In other processes, because the measurement of test coverage uses the trace function too.
    command = (sys.executable, "-c", COUNTING)
    runs = [
        subprocess.run(
            command, env={"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=True
        )
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    assert min(map(int, runs[0].stdout.split())) > 0
