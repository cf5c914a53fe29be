"""register"""

from fastapi import APIRouter

router = APIRouter()
