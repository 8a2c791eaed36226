"""A hall against its model: whatever is done in whatever order, the hall answers and stores what the model says."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from hall.database import Database
from tests.torture.machine import HallMachine
from tests.torture.model_stage import Stage
from tests.torture.tally import Tally, size


def play(db: Database, tally: Tally, histories: int, steps: int) -> None:
    """So many histories, each a hall of its own in one database; other ones in every run.

    One that fails is printed as it was, with what to write above :class:`HallMachine` to have it again. It is not made
    smaller first: that takes thousands of histories more, and a run that is stopped meanwhile would say nothing at all.
    With ``Phase.shrink`` added below it is.
    """
    stage = Stage(db.url.render_as_string(hide_password=False), tally)
    played = type("Played", (HallMachine,), {"stage": stage})
    how = settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        print_blob=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        # a busy machine makes slow examples, and a hall with a day behind it is a large one: neither is a fault
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
    )
    try:
        run_state_machine_as_test(played, settings=how)
    finally:
        stage.close()


@pytest.mark.timeout(1200)
def test_a_hall_does_what_its_model_does_on_sqlite(db: Database, tally: Tally) -> None:
    play(db, tally, size(20, 600), 40)


@pytest.mark.timeout(1200)
def test_a_hall_does_what_its_model_does_on_postgresql(postgres: Database, tally: Tally) -> None:
    play(postgres, tally, size(8, 150), 30)
