"""A client of a Coldpress server, on the standard library alone."""

from .client import Client
from .errors import ColdpressError, JobFailed, Problem, Unreachable
from .job import Job

__all__ = ["Client", "ColdpressError", "Job", "JobFailed", "Problem", "Unreachable"]
