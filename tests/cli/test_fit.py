"`entable fit`: what it writes, says and refuses."

import gc
import json
import os
import signal
import subprocess
import time

import pytest

import entable
from entable.data.read import read_raw

from .conftest import PROGRAM, csv, rows
