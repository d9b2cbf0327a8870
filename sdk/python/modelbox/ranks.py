"""Which process of a distributed training this one is.

Must not know: any framework.
"""

import os
import sys
from typing import Final

_VARIABLES: Final = (
    ("RANK", "WORLD_SIZE"),
    ("SLURM_PROCID", "SLURM_NTASKS"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("LOCAL_RANK", "LOCAL_WORLD_SIZE"),
    # Lightning starts its processes with these two.
    ("LOCAL_RANK", "WORLD_SIZE"),
)
"""The variables that hold a process's rank and the number of processes, the surest first."""


def is_rank_zero() -> bool:
    """Tell whether this process is the first of its distributed training, or the only one.

    What all processes would report alike is reported by the first. Asked are torch.distributed where it is in use, then
    the environment that torchrun, Slurm and MPI set.
    """
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        rank: int = distributed.get_rank()
        return rank == 0
    for rank_name, size_name in _VARIABLES:
        own, size = os.environ.get(rank_name, ""), os.environ.get(size_name, "")
        if own.isdecimal() and size.isdecimal() and int(size) > 1:
            return int(own) == 0
    return True
